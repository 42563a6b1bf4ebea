//! Secrets that are known by what they look like, whatever they are called.

use super::is_secret_key;
use crate::conf::settings;

/// The shortest login without a password that is taken for a token.
const TOKEN: usize = 16;

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

/// A URL as anybody may see it: without user, password, query and fragment, where tokens stand.
#[must_use]
pub fn plain_url(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    // A password may have anything in it but a slash.
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host = host.rsplit('@').next().unwrap_or(host);
    let whole = format!("{host}{path}");
    let plain = whole.split(['?', '#']).next().unwrap_or_default();
    format!("{scheme}://{plain}")
}

/// The secrets inside a text: passwords in URLs, private keys, tokens that say what they are, and what a configuration calls so
/// (`git_pass`, `sdk.aws.s3.secret`, `Password=…;`).
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
    let called_so = called_so.map(|setting| setting.value);
    called_so
        .filter(|secret| !secret.is_empty())
        .chain(by_look(text))
        .collect()
}

/// Those among them that are known by what they look like alone.
#[must_use]
pub fn by_look(text: &str) -> Vec<&str> {
    in_urls(text)
        .chain(private_keys(text))
        .chain(tokens(text))
        .chain(connection_strings(text))
        .filter(|secret| !secret.is_empty())
        .collect()
}

/// The lines of private keys in PEM (RFC 7468, 10 and 11; OpenSSL's older forms).
fn private_keys(text: &str) -> impl Iterator<Item = &str> {
    let mut is_inside = false;
    text.lines().map(str::trim).filter(move |line| {
        let is_border = line.contains("PRIVATE KEY-----");
        if is_border {
            is_inside = line.contains("-----BEGIN ");
        }
        is_inside && !is_border
    })
}

/// How tokens begin that say whose they are (GitHub, GitLab, Slack, npm, Python, AWS, Google, Hugging Face).
const PREFIXES: [&str; 16] = [
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "npm_",
    "pypi-",
    "AKIA",
    "ASIA",
    "AIza",
    "hf_",
    "eyJ",
];

/// Tokens that say what they are, and what follows `Bearer` and `Basic` in an `Authorization`.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.+/~".contains(c);
    let words = text.split(move |c: char| !is_part(c));
    let mut is_after_scheme = false;
    words.filter(|word| !word.is_empty()).filter(move |word| {
        let follows = is_after_scheme;
        is_after_scheme = ["Bearer", "Basic"].contains(word);
        let says_so = PREFIXES.iter().any(|prefix| word.starts_with(prefix));
        word.len() >= TOKEN && (says_so || follows)
    })
}

/// `Server=…;Password=…;`, as databases and clouds have it.
fn connection_strings(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.lines().filter(|line| line.contains(';'));
    let parts = parts.flat_map(|line| line.split(';'));
    parts.filter_map(|part| {
        let (key, value) = part.split_once('=')?;
        is_secret_key(key).then(|| value.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::within;

    #[test]
    fn secrets_inside_texts_are_found() {
        assert_eq!(
            within("https://user:hunter2@pypi.acme.example/simple"),
            ["hunter2"]
        );
        assert!(
            within("https://ghp_0123456789abcdef@git.acme.example/x.git")
                .contains(&"ghp_0123456789abcdef")
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
    fn what_says_what_it_is_is_found_whatever_it_is_called() {
        for (text, secret) in [
            (
                "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nabc=\n-----END EC PRIVATE KEY-----\n",
                "MHcCAQEE",
            ),
            ("use AKIAIOSFODNN7EXAMPLE here", "AKIAIOSFODNN7EXAMPLE"),
            (
                "curl -H 'Authorization: Bearer abcdefghijklmnopqrstuvwx'",
                "abcdefghijklmnopqrstuvwx",
            ),
            (
                "Server=db;User Id=me;Password=hunter2;Encrypt=true",
                "hunter2",
            ),
            (
                "jwt=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            ),
        ] {
            let found = within(text);
            assert!(
                found.iter().any(|one| one.contains(secret)),
                "{text}: {found:?}"
            );
        }
        for text in [
            "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "update-ca-certificates; echo done",
            "Basic usage of the chart",
        ] {
            assert!(within(text).is_empty(), "{text}");
        }
    }
}
