//! The codes of findings: what each means, and as people name them with `--ignore`.

use std::str::FromStr;

use crate::nearest::nearest;

/// Every code with its severity, cause and remedy: the page is the register.
const PAGE: &str = include_str!("../../docs/findings.md");

/// How the page marks errors that no `--ignore` lets pass, since the edit itself is not possible.
const FINAL: &str = "final";

/// The code of an error that may be let pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ignorable(String);

impl Ignorable {
    /// Whether this is the code.
    #[must_use]
    pub fn is(&self, code: &str) -> bool {
        self.0 == code
    }
}

impl FromStr for Ignorable {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let known = register().find(|one| one.code == word);
        let known = known.ok_or_else(|| unknown(word, register().filter(Explained::may_refuse)))?;
        if !known.may_refuse() {
            return Err(format!(
                "{word} stops nothing, so there is nothing to ignore"
            ));
        }
        if !known.is_ignorable() {
            return Err(format!(
                "{word} cannot be ignored: what was asked for is not possible; helm clearml-certs explain {word} says what to do"
            ));
        }
        Ok(Self(word.to_owned()))
    }
}

/// What the page says of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explained {
    /// The code.
    pub code: &'static str,
    /// How much it matters, and when: Markdown.
    pub severity: &'static str,
    /// What it means: Markdown.
    pub meaning: &'static str,
    /// What to do: Markdown.
    pub remedy: &'static str,
}

impl Explained {
    /// Whether it may refuse a run.
    #[must_use]
    pub fn may_refuse(&self) -> bool {
        self.severity.contains("error")
    }

    /// Whether `--ignore` lets it pass where it refuses.
    #[must_use]
    pub fn is_ignorable(&self) -> bool {
        self.may_refuse() && !self.severity.contains(FINAL)
    }
}

/// Every code, in the order of the page.
pub fn register() -> impl Iterator<Item = Explained> {
    PAGE.lines().filter_map(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        Some(Explained {
            code: cells.next()?.strip_prefix('`')?.strip_suffix('`')?,
            severity: cells.next()?,
            meaning: cells.next()?,
            remedy: cells.next()?,
        })
    })
}

/// Whether no `--ignore` lets a code pass.
pub(super) fn is_final(code: &str) -> bool {
    register().any(|one| one.code == code && !one.is_ignorable())
}

/// What the page says of `word`: a code, or what a run has printed of it, such as `error[no-rights]:`.
///
/// # Errors
/// There is no such code; the nearest is named.
pub fn explain(word: &str) -> Result<Explained, String> {
    let inner = word.split_once('[').map_or(word, |(_, rest)| rest);
    let code = inner.trim_end_matches([':', ']']);
    let known = register().find(|one| one.code == code);
    known.ok_or_else(|| unknown(code, register()))
}

fn unknown(word: &str, among: impl Iterator<Item = Explained>) -> String {
    match nearest(word, among.map(|one| one.code)) {
        Some(code) => format!("there is no finding {word}; did you mean {code}?"),
        None => format!("there is no finding {word}; helm clearml-certs explain lists them all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_can_be_ignored_by_its_code() {
        let code: Ignorable = "certificate-expired".parse().unwrap();
        assert!(code.is("certificate-expired"));
        assert!(!code.is("ca-cannot-sign"));
    }

    #[test]
    fn what_cannot_be_ignored_says_why() {
        let refused = |word: &str| word.parse::<Ignorable>().unwrap_err();
        assert!(refused("both-modes").contains("cannot be ignored"));
        assert!(refused("certificate-repeated").contains("stops nothing"));
        assert!(refused("certificate-expird").contains("did you mean certificate-expired?"));
        assert!(refused("xyz").contains("lists them all"));
        // Not one that stops nothing, however near.
        assert!(!refused("certificate-repeatd").contains("certificate-repeated"));
    }

    #[test]
    fn a_code_is_explained_as_it_is_typed_or_as_it_was_printed() {
        for word in ["no-rights", "error[no-rights]", "warning[no-rights]:"] {
            assert_eq!(explain(word).unwrap().code, "no-rights");
        }
        let near = explain("certificate-repeatd").unwrap_err();
        assert!(
            near.contains("did you mean certificate-repeated?"),
            "{near}"
        );
        let far = explain("xyz").unwrap_err();
        assert!(far.contains("helm clearml-certs explain lists"), "{far}");
    }

    #[test]
    fn the_page_is_whole() {
        assert!(register().count() > 140);
        for one in register() {
            assert!(!one.meaning.is_empty() && !one.remedy.is_empty(), "{one:?}");
        }
    }
}
