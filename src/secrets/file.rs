//! A values file whose secrets are masked by their position.

use serde_yaml::Value;

use super::{MASK, is_secret_below, is_secret_key};
use crate::yaml::{self, Document, Path, Step};

/// A values file with every secret masked where it stands, line for line. What cannot be parsed is masked line by line.
#[must_use]
pub fn masked_file(text: &str) -> String {
    let masked = match Document::parse(text) {
        Ok(document) => mask_scalars(&document),
        Err(_) => text.to_owned(),
    };
    let mut is_named = false;
    let lines = masked.lines().map(|line| mask_comment(line, &mut is_named));
    lines.collect::<Vec<_>>().join("\n") + "\n"
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

/// What was commented out: a key and its value (`# apiSecret: …`), an entry of a list of variables, a setting of a `clearml.conf`
/// (`// agent.git_pass = …`). `is_named` says whether the comment before names a secret whose value may follow.
fn mask_comment(line: &str, is_named: &mut bool) -> String {
    let was_named = std::mem::take(is_named);
    let is_slashed = line.trim_start().starts_with("//");
    let sign = if is_slashed { "//" } else { "#" };
    let Some((before, comment)) = line.split_once(sign) else {
        return line.to_owned();
    };
    let mut at = 0;
    let mut named = was_named;
    // Within braces there are several.
    let ends: &[char] = if comment.contains('{') {
        &['{', ',']
    } else {
        &[]
    };
    for part in comment.split_inclusive(ends) {
        let Some((key, value)) = part.split_once([':', '=']) else {
            at += part.len();
            continue;
        };
        let value_at = at + key.len() + 1;
        at += part.len();
        let is_noise = |c: char| c.is_whitespace() || "-{'\"".contains(c);
        let key = key.trim_matches(is_noise);
        let word = key.rsplit(is_noise).next().unwrap_or_default();
        if key == "name" {
            named = is_secret_key(value.trim_matches(|c: char| is_noise(c) || ",}".contains(c)));
        }
        let is_secret = is_secret_key(key) || is_secret_key(word) || key == "value" && named;
        let (shown, rest) = comment.split_at_checked(value_at).unwrap_or_default();
        if is_secret && !rest.trim().is_empty() {
            // All that follows may belong to it.
            return format!("{before}{sign}{shown} {MASK}");
        }
    }
    *is_named = named && !comment.contains("value");
    let comment = super::masked(comment, super::within(comment));
    format!("{before}{sign}{comment}")
}

/// Whether any key on the way is a secret's, or the name beside an environment variable's value is.
fn scalar_is_secret(document: &Document, path: &Path) -> bool {
    let mut at = document.value();
    let mut secret = false;
    for step in path.steps() {
        let inner = match step {
            Step::Index(index) => {
                // What follows a flag is its value.
                let before = index.checked_sub(1).and_then(|before| at.get(before));
                let flag = before.and_then(Value::as_str).unwrap_or_default();
                secret |= flag.starts_with('-') && !flag.contains('=') && is_secret_key(flag);
                at.get(index)
            }
            Step::Key(key) => {
                let named = at.get("name").and_then(Value::as_str);
                secret = is_secret_below(secret, key)
                    || key == "value" && named.is_some_and(is_secret_key);
                at.as_mapping()
                    .and_then(|mapping| yaml::under(mapping, key))
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
            ("credentials: {1: hunter2}", "credentials: {1: ***}"),
            // A key that is nothing is found in no mapping.
            ("credentials: {~: hunter2}", "credentials: {~: ***}"),
            ("# password: hunter2", "# password: ***"),
            ("a: 1 # apiSecret: hunter2", "a: 1 # apiSecret: ***"),
            ("# apiSecret: {deep: hunter2}", "# apiSecret: ***"),
            ("# export GIT_TOKEN=hunter2", "# export GIT_TOKEN= ***"),
            (
                "#  - {name: GIT_TOKEN, value: hunter2}",
                "#  - {name: GIT_TOKEN, value: ***",
            ),
            (
                "#- name: GIT_TOKEN\n#  value: hunter2\n#- name: HOME\n#  value: /root",
                "#- name: GIT_TOKEN\n#  value: ***\n#- name: HOME\n#  value: /root",
            ),
            (
                "conf: |\n  # agent.git_pass = \"hunter2\"\n  // agent.git_pass: \"hunter2\"\n  // see https://acme.example/docs: a page",
                "conf: |\n  # agent.git_pass = ***\n  // agent.git_pass: ***\n  // see https://acme.example/docs: a page",
            ),
            (
                "# https://me:hunter2@acme.example",
                "# https://me:***@acme.example",
            ),
            ("apiKeys: {a: hunter2}", "apiKeys: {a: ***}"),
            ("sshKeys:\n- hunter2", "sshKeys:\n- ***"),
            ("matchLabelKeys: [app]", "matchLabelKeys: [app]"),
            (
                "args: [\"--password\", \"hunter2\", \"--verbose\", \"on\"]",
                "args: [\"--password\", ***, \"--verbose\", \"on\"]",
            ),
            (
                "queues: {1: {env: [{name: GIT_TOKEN, value: abcd}]}}",
                "queues: {1: {env: [{name: GIT_TOKEN, value: ***}]}}",
            ),
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
