//! What the environment says: the user's shell, and Helm, which hands its own flags over in it.

/// A variable that is set to something.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
