//! "Did you mean …?"

/// How alike two words must be to be worth a suggestion; clap's own bound for commands and flags is 0.7, and its words are fewer.
const LIKENESS: f64 = 0.8;

/// The candidate that a mistyped word most probably meant.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_understood_and_another_word_is_not() {
        let components = ["agent", "gateway", "apps"];
        assert_eq!(nearest("agnet", components), Some("agent"));
        assert_eq!(nearest("gatway", components), Some("gateway"));
        assert_eq!(nearest("server", components), None);
    }
}
