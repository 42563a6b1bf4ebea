//! What counts as a secret in a values file, and how it is shown.

mod file;

use crate::conf::settings;
pub use file::masked_file;

/// Shown in place of a secret.
pub const MASK: &str = "***";

/// Words in a key that mark its value as a credential.
const MARKS: [&str; 6] = [
    "password",
    "passwd",
    "secret",
    "token",
    "credential",
    "dockerconfig",
];

/// Whether the value under `key` is a credential by its name: `password`, `apiSecret`, `agentk8sglueKey`, `GIT_TOKEN`, …
///
/// Names that only point at a Secret object (`existingSecret`, `imagePullSecretName`) hold no credential.
#[must_use]
pub fn is_secret_key(key: &str) -> bool {
    let key: String = key
        .to_ascii_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    if key.ends_with("name") || key.starts_with("existing") || key.starts_with("enable") {
        return false;
    }
    MARKS.iter().any(|mark| key.contains(mark))
        || (key.ends_with("pass") && key != "bypass")
        || (key.ends_with("key") && key != "key" && key != "publickey")
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

/// The passwords and tokens in the URLs of a text.
pub fn in_urls(text: &str) -> impl Iterator<Item = &str> {
    text.split("://").skip(1).filter_map(|rest| {
        let end = rest.find(|c: char| c.is_whitespace() || "/'\",;<>".contains(c));
        let authority = rest.get(..end.unwrap_or(rest.len()))?;
        let (login, _) = authority.rsplit_once('@')?;
        match login.split_once(':') {
            Some((_, password)) => Some(password),
            // A user's name is a word that stands elsewhere too; a token is not.
            None => (login.len() >= TOKEN).then_some(login),
        }
    })
}

/// The shortest login without a password that is taken for a token.
const TOKEN: usize = 16;

/// The secrets inside a text: passwords in URLs, and what a configuration calls so (`git_pass`, `sdk.aws.s3.secret`).
#[must_use]
pub fn within(text: &str) -> Vec<&str> {
    // A value without a brace, an equals sign or a colon has no settings.
    let settings = if text.contains(['{', '=', ':']) {
        settings(text)
    } else {
        Vec::new()
    };
    let called_so = settings.into_iter().filter(|setting| {
        let name = setting.path.rsplit('.').next().unwrap_or_default();
        // Beside a secret, `key` is whose secret it is.
        is_secret_key(name) || name == "key"
    });
    in_urls(text)
        .chain(called_so.map(|setting| setting.value))
        .filter(|secret| !secret.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{is_secret_below, is_secret_key, within};

    #[test]
    fn secrets_inside_texts_are_found() {
        assert_eq!(
            within("https://user:hunter2@pypi.acme.example/simple"),
            ["hunter2"]
        );
        assert_eq!(
            within("https://ghp_0123456789abcdef@git.acme.example/x.git"),
            ["ghp_0123456789abcdef"]
        );
        assert!(within("ssh://clearml@git.acme.example/x.git").is_empty());
        assert_eq!(
            within(
                "sdk.aws.s3 { key: \"AKIA\", secret: \"s3cr3t\", region: eu }\nagent.git_pass = \"p4ss\""
            ),
            ["AKIA", "s3cr3t", "p4ss"]
        );
        assert!(within("https://pypi.acme.example/simple?a=b@c").is_empty());
        assert!(within("me@acme.example").is_empty());
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
        ] {
            assert!(!is_secret_key(key), "{key}");
        }
    }
}
