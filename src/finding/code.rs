//! The codes of findings, as people name them with `--ignore`.

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
        let severity = register()
            .find(|(code, _)| *code == word)
            .map(|(_, severity)| severity)
            .ok_or_else(|| unknown(word))?;
        if !severity.contains("error") {
            return Err(format!(
                "{word} stops nothing, so there is nothing to ignore"
            ));
        }
        if severity.contains(FINAL) {
            return Err(format!(
                "{word} cannot be ignored: what was asked for is not possible; docs/findings.md says what to do"
            ));
        }
        Ok(Self(word.to_owned()))
    }
}

/// Each code, and what the page says of its severity.
fn register() -> impl Iterator<Item = (&'static str, &'static str)> {
    PAGE.lines().filter_map(|line| {
        let mut cells = line.split('|').skip(1).map(str::trim);
        let code = cells.next()?.strip_prefix('`')?.strip_suffix('`')?;
        Some((code, cells.next()?))
    })
}

fn unknown(word: &str) -> String {
    let errors = register()
        .filter(|(_, severity)| severity.contains("error"))
        .map(|(code, _)| code);
    match nearest(word, errors) {
        Some(code) => format!("there is no finding {word}; did you mean {code}?"),
        None => format!("there is no finding {word}; docs/findings.md lists them all"),
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
    }
}
