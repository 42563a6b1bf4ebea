//! A values file whose secrets are masked by their position.

use serde_yaml::Value;

use super::{MASK, is_secret_below, is_secret_key};
use crate::yaml::{Document, Path, Step};

/// A values file with every secret masked where it stands, line for line. What cannot be parsed is masked line by line.
#[must_use]
pub fn masked_file(text: &str) -> String {
    let masked = match Document::parse(text) {
        Ok(document) => mask_scalars(&document),
        Err(_) => text.to_owned(),
    };
    masked
        .lines()
        .map(mask_comment)
        .collect::<Vec<_>>()
        .join("\n")
        + "\n"
}

fn mask_scalars(document: &Document) -> String {
    let mut secrets = Vec::new();
    for scalar in document.scalars() {
        if scalar_is_secret(document, &scalar.path) {
            secrets.push(scalar.span);
        }
    }
    let mut masked = document.text().to_owned();
    for span in secrets.into_iter().rev() {
        let Some(written) = masked.get(span.clone()) else {
            continue;
        };
        // Lines stay lines, so that a diff of two masked files is the diff of the files.
        let lines = written.trim_end_matches(['\n', '\r']);
        let tail = written.get(lines.len()..).unwrap_or_default().to_owned();
        let mask = vec![MASK; lines.lines().count().max(1)].join("\n") + &tail;
        masked.replace_range(span, &mask);
    }
    masked
}

/// A key and value that were commented out, such as `# apiSecret: …`.
fn mask_comment(line: &str) -> String {
    let Some((before, comment)) = line.split_once('#') else {
        return line.to_owned();
    };
    match comment.split_once(':') {
        Some((key, value)) if !value.trim().is_empty() && is_secret_key(key.trim()) => {
            format!("{before}#{key}: {MASK}")
        }
        _ => line.to_owned(),
    }
}

/// Whether any key on the way is a secret's, or the name beside an environment variable's value is.
fn scalar_is_secret(document: &Document, path: &Path) -> bool {
    let mut at = document.value();
    let mut secret = false;
    for step in path.steps() {
        let inner = match step {
            Step::Index(index) => at.get(index),
            Step::Key(key) => {
                let named = at.get("name").and_then(Value::as_str);
                secret = is_secret_below(secret, key)
                    || key == "value" && named.is_some_and(is_secret_key);
                at.get(key.as_str())
            }
        };
        match inner {
            Some(inner) => at = inner,
            // Below a null, or an alias: the keys alone decide.
            None => return secret,
        }
    }
    // A switch tells nothing.
    secret && !at.is_bool()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line as it is written, and as it is shown.
    #[test]
    fn each_secret_is_masked_where_it_stands() {
        for (written, shown) in [
            ("password: hunter2", "password: ***"),
            ("pin: 12345", "pin: ***"),
            ("auth: c29tZW9uZTpwd2Q=", "auth: ***"),
            (
                "env: [{name: GIT_TOKEN, value: hunter2}]",
                "env: [{name: GIT_TOKEN, value: ***}]",
            ),
            (
                "env: [{name: HOME, value: /root}]",
                "env: [{name: HOME, value: /root}]",
            ),
            (
                "credentials: {user: me, any: {deep: hunter2}}",
                "credentials: {user: me, any: {deep: ***}}",
            ),
            // A key that is no text is found in no mapping.
            ("credentials: {1: hunter2}", "credentials: {1: ***}"),
            ("# password: hunter2", "# password: ***"),
            ("a: 1 # apiSecret: hunter2", "a: 1 # apiSecret: ***"),
            ("# see the password page", "# see the password page"),
            ("enabled: true", "enabled: true"),
            ("tokens: true", "tokens: true"),
        ] {
            assert_eq!(masked_file(written), format!("{shown}\n"));
        }
    }

    #[test]
    fn what_an_alias_repeats_below_a_secrets_key_is_masked_where_it_stands() {
        let text = "any: &a {deep: hunter2}\npassword: *a\n";
        assert!(
            !masked_file(text).contains("hunter2"),
            "{}",
            masked_file(text)
        );
    }
}
