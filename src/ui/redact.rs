//! Hiding credentials by their value, wherever they turn up.

use std::sync::{PoisonError, RwLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_yaml::Value;

use crate::proof::Object;
use crate::secrets::{MASK, by_look, forms, in_urls, is_secret_below, is_secret_key, within};

/// A secret shorter than this is hidden by position only: replacing "a" everywhere would leave nothing readable.
const SHORTEST: usize = 5;

/// Words that this program, Helm and the charts use themselves. A password that is one of them is hidden where it stands as one;
/// hiding the word everywhere would leave nothing readable, and tell the password.
const OPEN: &str = "admin agent allegroai append applications apps certificate certificates change changes chart changeme clearml \
    clearml-agent clearml-agent-services clearml-app-gateway clearml-enterprise clearml-enterprise-agent \
    clearml-enterprise-app-gateway cluster command configmap context control-plane credentials default deployment docker \
    docker.io enterprise error example false files gateway helm image install kubernetes klique latest localhost namespace none \
    objects orchestrator override password production public queue registry release replace replicas revision root secret \
    secrets server services staging system task template token true trust ubuntu update upgrade username values warning";

/// Longer than the words that a Secret may hold and other text may need.
const LONGER_THAN_WORDS: usize = 12;

/// Hides known secrets in any text.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    /// Targets are planned side by side, and each teaches its own.
    known: RwLock<Known>,
}

#[derive(Debug, Default)]
struct Known {
    /// Longest first, so that a secret that contains another is hidden whole.
    secrets: Vec<String>,
    /// Names that stand in the open: of releases, charts, files, clusters.
    open: Vec<String>,
}

impl Known {
    /// Whether a secret is a part of what is said openly anyway.
    fn is_open(&self, secret: &str) -> bool {
        OPEN.contains(secret) || self.open.iter().any(|open| open.contains(secret))
    }
}

impl Redactor {
    /// Lets names stand as they are, even where a secret is a part of them.
    pub(super) fn leave_open(&self, names: impl IntoIterator<Item = String>) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.open.extend(names);
        known.open.sort_unstable();
        known.open.dedup();
    }

    /// Learns every secret of a values file.
    pub(super) fn learn(&self, values: &Value) {
        self.add(|secrets| collect(values, false, secrets));
    }

    /// Learns secrets as they are.
    pub(super) fn learn_secrets(&self, texts: &[String]) {
        self.add(|found| texts.iter().for_each(|one| note(one, found)));
    }

    /// Learns what Secrets hold, as it stands in a manifest: helm prints that with --debug, and a chart may have put a
    /// credential into something larger first.
    pub(super) fn learn_objects(&self, objects: &[Object]) {
        self.add(|found| {
            for object in objects {
                collect_urls(&object.value, found);
            }
            for object in objects.iter().filter(|object| object.kind == "Secret") {
                // What is not encoded may be a word that stands elsewhere too, unless it is long.
                for (field, shortest) in [("data", SHORTEST), ("stringData", LONGER_THAN_WORDS)] {
                    let values = object.get(&[field]).and_then(Value::as_mapping);
                    let texts = values.into_iter().flatten().filter_map(|(_, v)| v.as_str());
                    let lines = texts.flat_map(str::lines).map(str::trim);
                    for line in lines.filter(|line| line.len() >= shortest) {
                        found.push(line.to_owned());
                        let decoded = STANDARD.decode(line).ok();
                        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok());
                        let decoded = decoded.filter(|_| field == "data").unwrap_or_default();
                        // What the chart may have put beside it, plainly: a word, and what is secret in a text. The rest of
                        // a configuration is none.
                        let word = decoded.trim();
                        if word.contains(char::is_whitespace) {
                            for one in by_look(&decoded) {
                                note(one, found);
                            }
                        } else if word.len() >= LONGER_THAN_WORDS {
                            note(word, found);
                        }
                    }
                }
            }
        });
    }

    /// Learns what a text holds that cannot be read as YAML: line by line, all values where it is a Secret's, else those under
    /// a secret's key.
    pub(super) fn learn_text(&self, text: &str) {
        let is_secret = text.lines().any(|line| line.trim() == "kind: Secret");
        self.add(|found| {
            in_urls(text).for_each(|one| note(one, found));
            let mut is_content = false;
            for line in text.lines() {
                is_content |= is_secret && matches!(line.trim_end(), "data:" | "stringData:");
                let Some((key, value)) = line.split_once(": ") else {
                    continue;
                };
                let key = key
                    .trim()
                    .trim_start_matches("- ")
                    .trim_matches(['"', '\'']);
                let value = value.trim().trim_matches(['"', '\'']);
                if is_content && value.len() > LONGER_THAN_WORDS || is_secret_key(key) {
                    note(value, found);
                }
            }
        });
    }

    fn add(&self, collect: impl FnOnce(&mut Vec<String>)) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let secrets = &mut known.secrets;
        collect(secrets);
        secrets.sort_unstable_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        secrets.dedup();
    }

    pub(super) fn redact(&self, text: &str) -> String {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let secrets = known.secrets.iter().filter(|secret| !known.is_open(secret));
        secrets.fold(text.to_owned(), |text, secret| text.replace(secret, MASK))
    }
}

fn collect(value: &Value, secret: bool, secrets: &mut Vec<String>) {
    match value {
        Value::Mapping(mapping) => {
            // An environment variable is a secret by the name beside its value.
            let named_secret = mapping
                .get("name")
                .and_then(Value::as_str)
                .is_some_and(is_secret_key);
            for (key, inner) in mapping {
                let key = key.as_str().unwrap_or_default();
                let secret = is_secret_below(secret, key) || (named_secret && key == "value");
                collect(inner, secret, secrets);
            }
        }
        Value::Sequence(items) => {
            for item in items {
                collect(item, secret, secrets);
            }
        }
        Value::String(text) if secret => {
            text.lines().for_each(|line| note(line.trim(), secrets));
            if text.lines().nth(1).is_some() {
                // As a Secret has it, and without the break that a block ends with.
                secrets.extend([text.as_str(), text.trim_end()].map(|text| STANDARD.encode(text)));
            }
        }
        Value::String(text) => within(text).into_iter().for_each(|one| note(one, secrets)),
        Value::Number(number) if secret => note(&number.to_string(), secrets),
        _ => {}
    }
}

/// Passwords in the URLs of a manifest: of scripts and variables, say.
fn collect_urls(value: &Value, secrets: &mut Vec<String>) {
    match value {
        Value::Mapping(mapping) => mapping
            .iter()
            .for_each(|(_, inner)| collect_urls(inner, secrets)),
        Value::Sequence(items) => items.iter().for_each(|item| collect_urls(item, secrets)),
        Value::String(text) => in_urls(text).for_each(|one| note(one, secrets)),
        _ => {}
    }
}

fn note(secret: &str, secrets: &mut Vec<String>) {
    if secret.len() >= SHORTEST {
        secrets.extend(forms(secret));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof;

    fn redacted(values: &str, manifest: &str, text: &str) -> String {
        let redactor = Redactor::default();
        redactor.learn(&serde_yaml::from_str(values).unwrap());
        redactor.learn_objects(&proof::parse(manifest).unwrap());
        redactor.redact(text)
    }

    #[test]
    fn a_secret_is_hidden_as_it_is_and_in_base64() {
        let values = "imageCredentials: {password: hunter2, registry: docker.io}";
        let text = "docker.io hunter2 aHVudGVyMg==";
        assert_eq!(redacted(values, "", text), "docker.io *** ***");
    }

    #[test]
    fn a_password_that_is_a_word_turns_nothing_into_stars() {
        let redactor = Redactor::default();
        let values = "imageCredentials: {password: clearml, token: team-blue-agent}";
        redactor.learn(&serde_yaml::from_str(values).unwrap());
        redactor.leave_open(["team-blue-agent-eu".to_owned()]);
        let command = "helm upgrade -i clearml-agent -n team-blue-agent-eu";
        assert_eq!(redactor.redact(command), command);
        assert_eq!(redactor.redact("Y2xlYXJtbA=="), "***");
    }

    #[test]
    fn a_secret_that_holds_a_template_hides_none_of_its_words() {
        let template = STANDARD
            .encode("spec:\n  env:\n  - valueFrom:\n      secretKeyRef: {key: agentk8sglue_key}\n");
        let manifest =
            format!("kind: Secret\nmetadata: {{name: s}}\ndata: {{template.yaml: {template}}}\n");
        assert_eq!(
            redacted("{}", &manifest, "agentk8sglue_key"),
            "agentk8sglue_key"
        );
    }

    #[test]
    fn what_a_secret_holds_is_hidden_where_it_stands_plainly_beside_it() {
        let manifest =
            "kind: Secret\nmetadata: {name: s}\ndata: {dsn: cG9zdGdyZXMtcGFzc3dvcmQtb2YtdXM=}\n";
        assert_eq!(redacted("{}", manifest, "postgres-password-of-us"), MASK);
    }

    /// Values, and a text of which the secrets in them are hidden.
    #[test]
    fn each_kind_of_secret_in_values_is_learned() {
        for (values, text, shown) in [
            (
                "env: [{name: GIT_TOKEN, value: hunter2}, {name: HOME, value: a-home}]",
                "hunter2 a-home",
                "*** a-home",
            ),
            ("apiKey: 1234567", "1234567", "***"),
            ("auth: hunter2", "hunter2", "***"),
            (
                "credentials: {user: someone, any: {deep: hunter2}}",
                "hunter2 someone",
                "*** someone",
            ),
            (
                "dsn: 'postgres://me:hunter2@db.acme.example/x'",
                "hunter2",
                "***",
            ),
            // Of two of which one holds the other, neither shows.
            (
                "{a: {password: hunter2}, b: {password: hunter2-more}}",
                "hunter2-more hunter2",
                "*** ***",
            ),
            (
                "password: |\n  first-line\n  second-line\n",
                "second-line",
                "***",
            ),
        ] {
            assert_eq!(redacted(values, "", text), shown, "{values}");
        }
    }

    #[test]
    fn a_secret_is_hidden_as_go_quotes_it() {
        let values = r#"password: hunt'er"2\"#;
        let text = r#"'hunt\'er"2\\' is refused, "hunt'er\"2\\" too"#;
        assert_eq!(redacted(values, "", text), "'***' is refused, \"***\" too");
    }

    #[test]
    fn what_cannot_be_read_is_hidden_line_by_line() {
        let redactor = Redactor::default();
        redactor.learn_text(
            "kind: Secret\nkind: Secret\nmetadata:\n  name: s\ndata:\n  config: YS1sb25nLXRleHQ=\n",
        );
        redactor.learn_text("kind: ConfigMap\nkind: ConfigMap\ndata:\n  apiSecret: 'hunter2'\n  plain: a-plain-text\n");
        assert_eq!(
            redactor.redact("YS1sb25nLXRleHQ= hunter2 a-plain-text Secret"),
            "*** *** a-plain-text Secret"
        );
    }

    #[test]
    fn what_a_rendered_secret_holds_is_hidden_whatever_the_chart_made_of_it() {
        let manifest = "kind: Secret\nmetadata: {name: s}\ndata: {.dockerconfigjson: eyJhdXRocyI6e319}\nstringData: {word: default, config: a-long-connection-string}\n---\nkind: ConfigMap\nmetadata: {name: c}\ndata: {plain: a-plain-text}\n";
        let text = "eyJhdXRocyI6e319 default a-long-connection-string a-plain-text";
        assert_eq!(
            redacted("{}", manifest, text),
            "*** default *** a-plain-text"
        );
    }
}
