//! Which certificates of a file or a release are meant.

use std::fmt;
use std::str::FromStr;

use time::OffsetDateTime;

use crate::certs::{Certificate, Fingerprint};
use crate::pattern;

/// One way to say which certificates are meant; of several, each adds to what the others say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Selector {
    /// The one of this alias, without regard to case; in a bundle, of the name that its subject makes.
    Alias(String),
    /// Those whose SHA-256 begins with these hex digits (small letters, no colons).
    Sha256(String),
    /// Those whose subject, or common name, fits: `*` stands for anything, `?` for one character.
    Subject(String),
    /// Those that have ended.
    Expired,
    /// CAs of which there is a newer one by the same name, which is valid already.
    Superseded,
    /// Every one.
    All,
}

/// The certificates that are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// How they were named.
    pub selectors: Vec<Selector>,
    /// Those that stay, whatever selects them.
    pub except: Vec<Fingerprint>,
    /// When it is, for those that have ended.
    pub now: OffsetDateTime,
    /// What there is, for those that something newer supersedes.
    pub among: Vec<Certificate>,
}

impl Selection {
    /// What the selectors select at a moment.
    #[must_use]
    pub fn at(now: OffsetDateTime, selectors: Vec<Selector>) -> Self {
        Self {
            selectors,
            except: Vec::new(),
            now,
            among: Vec::new(),
        }
    }

    /// The same, where there is this as well.
    #[must_use]
    pub fn among<'a>(&self, there: impl IntoIterator<Item = &'a Certificate>) -> Self {
        let mut selection = self.clone();
        if selection.selectors.contains(&Selector::Superseded) {
            selection.among.extend(there.into_iter().cloned());
        }
        selection
    }

    /// Whether a certificate that goes by `alias` is meant.
    #[must_use]
    pub fn selects(&self, alias: &str, certificate: &Certificate) -> bool {
        let mut selectors = self.selectors.iter();
        !self.except.contains(&certificate.fingerprint)
            && selectors.any(|one| one.selects(alias, certificate, self))
    }

    /// Whether whatever goes by `alias` is meant, be it readable or not.
    #[must_use]
    pub fn selects_alias(&self, alias: &str) -> bool {
        self.selectors.iter().any(|one| one.selects_alias(alias))
    }
}

/// So many hex digits tell one certificate from all others that anybody has.
const LEAST_DIGITS: usize = 8;

impl fmt::Display for Selector {
    /// As on the command line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alias(alias) => write!(f, "--alias {alias}"),
            Self::Sha256(digits) => write!(f, "--sha256 {digits}"),
            Self::Subject(pattern) => write!(f, "--subject {pattern:?}"),
            Self::Expired => f.write_str("--expired"),
            Self::Superseded => f.write_str("--superseded"),
            Self::All => f.write_str("--all"),
        }
    }
}

impl FromStr for Selector {
    type Err = String;

    /// A word that selects: an alias, `sha256:PREFIX`, `subject:GLOB`, `expired:` or `superseded:`.
    fn from_str(word: &str) -> Result<Self, String> {
        match word.split_once(':') {
            Some(("sha256", digits)) => Self::sha256(digits),
            Some(("subject", pattern)) => Ok(Self::Subject(pattern.to_owned())),
            Some(("alias", alias)) => Ok(Self::Alias(alias.to_owned())),
            Some(("expired", "")) => Ok(Self::Expired),
            Some(("superseded", "")) => Ok(Self::Superseded),
            _ => Ok(Self::Alias(word.to_owned())),
        }
    }
}

impl Selector {
    /// The first digits of a SHA-256 fingerprint, with or without colons.
    ///
    /// # Errors
    /// It has other characters, or fewer digits than tell certificates apart.
    pub fn sha256(text: &str) -> Result<Self, String> {
        let digits: String = text.chars().filter(|c| *c != ':').collect();
        let digits = digits.to_ascii_lowercase();
        if digits.len() < LEAST_DIGITS || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(format!(
                "{text:?} is not the beginning of a SHA-256 fingerprint: {LEAST_DIGITS} hex digits or more, as inspect shows them"
            ));
        }
        Ok(Self::Sha256(digits))
    }

    fn selects(&self, alias: &str, certificate: &Certificate, selection: &Selection) -> bool {
        match self {
            Self::Sha256(digits) => {
                let fingerprint = certificate.fingerprint.to_string().replace(':', "");
                fingerprint.to_ascii_lowercase().starts_with(digits)
            }
            Self::Subject(pattern) => {
                let names = [Some(&certificate.subject), certificate.common_name.as_ref()];
                names
                    .into_iter()
                    .flatten()
                    .any(|name| pattern::fits(pattern, name))
            }
            Self::Expired => certificate.not_after < selection.now,
            Self::Superseded => {
                let holds =
                    |one: &Certificate| (one.not_before..=one.not_after).contains(&selection.now);
                let mut there = selection.among.iter();
                there.any(|other| certificate.is_older_generation_of(other) && holds(other))
            }
            Self::Alias(_) | Self::All => self.selects_alias(alias),
        }
    }

    fn selects_alias(&self, alias: &str) -> bool {
        match self {
            Self::Alias(wanted) => wanted.eq_ignore_ascii_case(alias),
            Self::All => true,
            Self::Sha256(_) | Self::Subject(_) | Self::Expired | Self::Superseded => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::self_signed;

    #[test]
    fn a_fingerprint_begins_with_eight_digits_at_least() {
        assert_eq!(
            Selector::sha256("AB:CD:01:23"),
            Ok(Selector::Sha256("abcd0123".into()))
        );
        for wrong in ["", "abcd012", "ghijklmn", "12345678-"] {
            assert!(Selector::sha256(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn each_selector_selects_by_what_it_names() {
        let root = self_signed("Acme Root");
        let now = OffsetDateTime::now_utc();
        let selection = |selector| Selection::at(now, vec![selector]);
        let selects = |one: Selector| selection(one).selects("acme-root", &root);
        let digits = root.fingerprint.short();
        assert!(selects(Selector::sha256(&digits).unwrap()));
        assert!(selects(Selector::Alias("Acme-Root".into())));
        assert!(selects(Selector::Subject("Acme Root".into())));
        assert!(selects(Selector::Subject("CN=*".into())));
        assert!(selects(Selector::All));
        assert!(!selects(Selector::Expired));
        assert!(!selects(Selector::Alias("acme".into())));
        let later = root.not_after + time::Duration::SECOND;
        assert!(Selection::at(later, vec![Selector::Expired]).selects("", &root));
    }

    #[test]
    fn a_ca_is_superseded_by_a_newer_one_of_its_name_once_that_is_valid() {
        let authority = |name| {
            let mut made = self_signed(name);
            made.is_ca = true;
            made
        };
        let old = authority("Acme Root");
        let day = time::Duration::DAY;
        let selects = |newer: Certificate, now: OffsetDateTime| {
            let selection = Selection::at(now, vec![Selector::Superseded]).among([&old, &newer]);
            assert!(!selection.selects("new", &newer));
            selection.selects("old", &old)
        };
        let mut newer = authority("Acme Root");
        newer.not_before = old.not_before + day;
        assert!(selects(newer.clone(), newer.not_before));
        assert!(!selects(newer.clone(), old.not_before), "not valid yet");
        assert!(
            !selects(newer.clone(), newer.not_after + day),
            "ended itself"
        );
        let mut stranger = authority("Acme Other");
        stranger.not_before = newer.not_before;
        assert!(!selects(stranger, newer.not_before));
        newer.is_ca = false;
        let since = newer.not_before;
        assert!(!selects(newer, since), "no CA");
    }
}
