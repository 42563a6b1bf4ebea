//! What counts as a secret in a values file, and how it is shown.

mod content;
mod file;
mod forms;

pub use content::{by_look, in_urls, plain_url, within};
pub use file::masked_file;
pub use forms::forms;

/// Shown in place of a secret.
pub const MASK: &str = "***";

/// A text with a mask in the place of each of the secrets that were found in it.
#[must_use]
pub fn masked<'a>(text: &'a str, found: impl IntoIterator<Item = &'a str>) -> String {
    let found = found.into_iter();
    found.fold(text.to_owned(), |shown, secret| shown.replace(secret, MASK))
}

/// Words in a key that mark its value as a credential.
const MARKS: [&str; 6] = [
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "dockerconfig",
];

/// Words that do so where they stand by themselves: `GITHUB_PAT`, `dbPwd`, and not `path`.
const WORDS: [&str; 4] = ["pat", "pwd", "passphrase", "pin"];

/// How keys end that hold several; not all that ends so does (`matchLabelKeys`).
const PLURAL: [&str; 5] = [
    "apikeys",
    "accesskeys",
    "sshkeys",
    "privatekeys",
    "signingkeys",
];

/// The words of a key: `GITHUB_PAT`, `dbPwd`, `sdk.aws.secret`.
fn words(key: &str) -> impl Iterator<Item = &str> {
    let parts = key.split(|c: char| !c.is_ascii_alphanumeric());
    parts.flat_map(|part| {
        // A capital begins a word behind a small letter.
        let begins = |at: usize| {
            let (before, after) = part.split_at(at);
            before.ends_with(|c: char| c.is_ascii_lowercase())
                && after.starts_with(|c: char| c.is_ascii_uppercase())
        };
        let mut starts: Vec<usize> = (1..part.len()).filter(|at| begins(*at)).collect();
        starts.insert(0, 0);
        let ends = starts.iter().skip(1).copied().chain([part.len()]);
        let ends: Vec<usize> = ends.collect();
        let words = starts.into_iter().zip(ends);
        words.filter_map(move |(start, end)| part.get(start..end))
    })
}

/// Whether the value under `key` is a credential by its name: `password`, `apiSecret`, `agentk8sglueKey`, `GIT_TOKEN`, …
///
/// Names that only point at a Secret object (`existingSecret`, `imagePullSecretName`) hold no credential.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    let is_word = words(key).any(|word| WORDS.iter().any(|mark| word.eq_ignore_ascii_case(mark)));
    let key: String = key
        .to_ascii_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    if key.ends_with("name") || key.starts_with("existing") || key.starts_with("enable") {
        return false;
    }
    is_word
        || MARKS.iter().any(|mark| key.contains(mark))
        || (key.ends_with("pass") && key != "bypass")
        || (key.ends_with("key") && key != "key" && key != "publickey")
        || PLURAL.iter().any(|mark| key.ends_with(mark))
        || key == "auth"
}

/// Keys that say where or as whom to log in, and so are no secret beside a password.
const PLAIN: [&str; 7] = [
    "registry", "server", "url", "host", "username", "user", "email",
];

/// Whether what stands under `key` is secret where the mapping around it is (`outer`): `imageCredentials` hold a password,
/// and the registry that it is for.
#[must_use]
pub fn is_secret_below(outer: bool, key: &str) -> bool {
    let is_plain = PLAIN.iter().any(|plain| plain.eq_ignore_ascii_case(key));
    is_secret_key(key) || outer && !is_plain
}

#[cfg(test)]
mod tests {
    use super::{is_secret_below, is_secret_key};

    #[test]
    fn of_a_url_that_is_shown_no_credential_is_left() {
        for (url, plain) in [
            (
                "https://bob:hunter2@git.example/x.git",
                "https://git.example/x.git",
            ),
            ("https://bob:pa#s?s@git.example/x", "https://git.example/x"),
            (
                "https://git.example/x?token=hunter2#hunter3",
                "https://git.example/x",
            ),
            ("https://git.example?token=hunter2", "https://git.example"),
            ("git@git.example:x.git", "git@git.example:x.git"),
            ("registry.example/charts", "registry.example/charts"),
        ] {
            assert_eq!(super::plain_url(url), plain);
        }
    }

    #[test]
    fn what_a_password_is_for_is_no_secret() {
        assert!(!is_secret_below(true, "registry"));
        assert!(is_secret_below(true, "anything"));
        assert!(is_secret_below(false, "password"));
        assert!(!is_secret_below(false, "replicas"));
    }

    #[test]
    fn credentials_of_the_documented_override_files_are_secret() {
        for key in [
            "password",
            "apiKey",
            "apiSecret",
            "agentk8sglueKey",
            "agentk8sglueSecret",
            "GIT_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "accessKey",
            "CLEARML_AGENT_GIT_PASS",
            "GITHUB_PAT",
            "dbPwd",
            "SSH_KEY_PASSPHRASE",
        ] {
            assert!(is_secret_key(key), "{key}");
        }
    }

    #[test]
    fn names_and_switches_are_not() {
        for key in [
            "existingSecret",
            "secretName",
            "key",
            "alias",
            "registry",
            "enableTokens",
            "path",
            "patch",
            "pinned",
            "compat",
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
