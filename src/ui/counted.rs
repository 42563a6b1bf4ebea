//! Numbers of things.

/// `1 release`, `2 releases`: of a word whose plural ends in an s.
#[must_use]
pub fn counted(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        several => format!("{several} {what}s"),
    }
}
