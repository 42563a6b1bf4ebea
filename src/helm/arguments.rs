//! `-- HELM-ARGS`: which of Helm's own flags go to which helm call.
//!
//! `helm upgrade` takes them all. Fetching and rendering must see those that decide which chart is found and what it
//! renders, or the preview would not be what runs. Source: `helm pull --help`, `helm template --help` and
//! `helm upgrade --help` of 3.17.2, 3.22.0, 4.1.4 and 4.3.1.

use std::path::PathBuf;

use crate::exit::Stop;
use crate::secrets;
use crate::values::is_around;

/// Flags that say where a chart is found; the second field tells whether a value follows.
const LOCATE: &[(&str, bool)] = &[
    ("--ca-file", true),
    ("--cert-file", true),
    ("--devel", false),
    ("--insecure-skip-tls-verify", false),
    ("--key-file", true),
    ("--keyring", true),
    ("--pass-credentials", false),
    ("--password", true),
    ("--plain-http", false),
    ("--repo", true),
    ("--username", true),
    ("--verify", false),
];

/// Flags that change what a chart renders.
const RENDER: &[(&str, bool)] = &[
    ("--dependency-update", false),
    ("--disable-openapi-validation", false),
    ("--enable-dns", false),
    ("--no-hooks", false),
    ("--post-renderer", true),
    ("--post-renderer-args", true),
    ("--set", true),
    ("--set-file", true),
    ("--set-json", true),
    ("--set-literal", true),
    ("--set-string", true),
    ("--skip-crds", false),
    ("--skip-schema-validation", false),
    // Else a rendering refuses what the upgrade takes over.
    (TAKE_OWNERSHIP, false),
];

/// The rest of what `helm upgrade` takes.
const UPGRADE: &[&str] = &[
    "--cleanup-on-fail",
    "--create-namespace",
    "--description",
    "--force",
    "--force-conflicts",
    "--force-replace",
    "--hide-notes",
    "--hide-secret",
    "--history-max",
    "--labels",
    "--render-subchart-notes",
    "--reset-values",
    "--reuse-values",
    "--server-side",
    "--wait-for-jobs",
];

/// Whether it is a flag of `helm upgrade` that stands behind `--`.
#[must_use]
pub fn is_flag(word: &str) -> bool {
    let mut sorted = LOCATE.iter().chain(RENDER).map(|(name, _)| *name);
    UPGRADE.contains(&word) || sorted.any(|name| name == word)
}

/// The flag with which objects of nobody, or of another release, become a release's.
const TAKE_OWNERSHIP: &str = "--take-ownership";

/// Flags of the plan itself: given twice, preview and execution could differ.
const OURS: &[(&str, &str)] = &[
    ("-f", "--<component>-values"),
    ("--values", "--<component>-values"),
    ("--version", "--<component>-version"),
    ("--dry-run", "--dry-run, before the --"),
    ("-i", "nothing: it is always there"),
    ("--install", "nothing: it is always there"),
    ("-o", "nothing: the output is read by people"),
    ("--output", "nothing: the output is read by people"),
];

/// Flags with which a deployed value survives without being in any file.
const KEEPS_DEPLOYED: &[&str] = &["--reuse-values", "--reset-then-reuse-values"];

/// Helm's own flags for this run, sorted by what they matter to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HelmArguments {
    locate: Vec<String>,
    render: Vec<String>,
    all: Vec<String>,
}

impl HelmArguments {
    /// Sorts the words after `--`.
    ///
    /// # Errors
    /// A flag that the plan sets itself.
    pub fn sort(words: &[String]) -> Result<Self, Stop> {
        let mut sorted = Self {
            all: words.to_vec(),
            ..Self::default()
        };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            let flag = word.split_once('=').map_or(word.as_str(), |(flag, _)| flag);
            if let Some((_, instead)) = OURS.iter().find(|(name, _)| *name == flag) {
                return Err(Stop::usage(format!(
                    "{flag} cannot be handed through to helm; use {instead}"
                )));
            }
            let goes_to = [LOCATE, RENDER]
                .iter()
                .position(|table| table.iter().any(|(name, _)| *name == flag));
            let takes_value = LOCATE
                .iter()
                .chain(RENDER)
                .any(|(name, value)| *name == flag && *value);
            let mut taken = vec![word.clone()];
            if takes_value && flag == word {
                taken.extend(words.next().cloned());
            }
            match goes_to {
                Some(0) => sorted.locate.extend(taken),
                Some(_) => sorted.render.extend(taken),
                None => {}
            }
        }
        Ok(sorted)
    }

    /// For `helm pull` and `helm show`.
    #[must_use]
    pub fn locate(&self) -> &[String] {
        &self.locate
    }

    /// For `helm template`; its chart lies on disk by then.
    #[must_use]
    pub fn render(&self) -> &[String] {
        &self.render
    }

    /// For `helm upgrade`: everything, in the order given.
    #[must_use]
    pub fn all(&self) -> &[String] {
        &self.all
    }

    /// Whether values come from elsewhere than the values files.
    #[must_use]
    pub fn set_values(&self) -> bool {
        self.render.iter().any(|word| word.starts_with("--set"))
    }

    /// The value paths that `--set` and its kin name (`a.b`), for flags of the form `a.b=c,d=e`.
    #[must_use]
    pub fn set_paths(&self) -> Vec<&str> {
        self.assignments()
            .into_iter()
            .map(|(_, path)| path)
            .collect()
    }

    /// The flags of that kind, each with a path that it names.
    fn assignments(&self) -> Vec<(&str, &str)> {
        let mut found = Vec::new();
        let mut words = self.render.iter();
        while let Some(word) = words.next() {
            let (flag, assignments) = match word.split_once('=') {
                Some((flag, rest)) if flag.starts_with("--set") => (flag, Some(rest)),
                None if word.starts_with("--set") => {
                    (word.as_str(), words.next().map(String::as_str))
                }
                _ => continue,
            };
            let parts = assignments.into_iter().flat_map(|text| text.split(','));
            let paths = parts.filter_map(|part| part.split_once('=').map(|(path, _)| path));
            found.extend(paths.map(|path| (flag, path)));
        }
        found
    }

    /// `--set` and its kin that name the value at `path`, or something around or within it; without what they set.
    #[must_use]
    pub fn set_at(&self, path: &str) -> Vec<String> {
        let shown = self
            .touching(path)
            .map(|(flag, set)| format!("{flag} {set}=…"));
        let mut found: Vec<String> = shown.collect();
        if found.is_empty() && self.may_set(path) {
            found.push("--set-json".to_owned());
        }
        found
    }

    /// Whether `--set` and its kin may have a say in the value at `path`: they name it, or something around or within it.
    #[must_use]
    pub fn may_set(&self, path: &str) -> bool {
        // --set-json '{"a": 1}' names its paths inside.
        let of_json = |word: &String| word.trim_start_matches("--set-json=").starts_with('{');
        let sets_json = self
            .render
            .iter()
            .any(|word| word.starts_with("--set-json"));
        sets_json && self.render.iter().any(of_json) || self.touching(path).next().is_some()
    }

    /// The flags that set the value at `path`, or something around or within it, each with the path that it names.
    fn touching(&self, path: &str) -> impl Iterator<Item = (&str, &str)> {
        let touches = move |(_, set): &(&str, &str)| is_around(set, path) || is_around(path, set);
        self.assignments().into_iter().filter(touches)
    }

    /// What the flags say that is to be hidden wherever it turns up.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let shown = masked(&self.all);
        let pairs = self.all.iter().zip(&shown);
        pairs
            .flat_map(|(word, shown)| hidden(word, shown))
            .collect()
    }

    /// The files that flags name: the contents of `--set-file`, and a post-renderer.
    #[must_use]
    pub fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        let mut words = self.render.iter();
        while let Some(word) = words.next() {
            let (flag, value) = match word.split_once('=') {
                Some((flag, value)) if flag.starts_with("--") => (flag, Some(value)),
                _ => (word.as_str(), None),
            };
            let mut value = || value.or_else(|| words.next().map(String::as_str));
            match flag {
                "--set-file" => {
                    let parts = value().into_iter().flat_map(|text| text.split(','));
                    files.extend(parts.filter_map(|part| Some(part.split_once('=')?.1.into())));
                }
                "--post-renderer" => files.extend(value().map(PathBuf::from)),
                _ => {}
            }
        }
        files
    }

    /// Whether the defaults of the deployed chart survive with them, in place of the new chart's (`--reuse-values`).
    #[must_use]
    pub fn keep_deployed_defaults(&self) -> bool {
        self.has("--reuse-values")
    }

    /// Whether the API server is to compare objects with what is live, and not Helm; `None` where that is left to Helm 4, which
    /// does as it did before.
    #[must_use]
    pub fn server_side(&self) -> Option<bool> {
        let mut words = self.all.iter().skip_while(|word| {
            let flag = word.split_once('=').map_or(word.as_str(), |(flag, _)| flag);
            flag != "--server-side"
        });
        let word = words.next()?;
        let value = word.split_once('=').map(|(_, value)| value);
        match value.or_else(|| words.next().map(String::as_str))? {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }

    /// Whether fields that others have set since are overwritten.
    #[must_use]
    pub fn force_conflicts(&self) -> bool {
        self.has("--force-conflicts")
    }

    /// Whether objects that belong to no release, or another one, become this one's.
    #[must_use]
    pub fn take_ownership(&self) -> bool {
        self.has(TAKE_OWNERSHIP)
    }

    /// The same, where `helm template` goes past objects that belong to no release, or another one.
    #[must_use]
    pub fn taking_ownership(&self) -> Self {
        let mut taking = self.clone();
        taking.render.push(TAKE_OWNERSHIP.to_owned());
        taking
    }

    /// Whether a flag without a value is given.
    fn has(&self, flag: &str) -> bool {
        self.all
            .iter()
            .any(|word| word.trim_end_matches("=true") == flag)
    }

    /// Whether deployed values survive the upgrade without being in any file.
    #[must_use]
    pub fn keep_deployed_values(&self) -> bool {
        KEEPS_DEPLOYED.iter().any(|flag| self.has(flag))
    }
}

/// Flags whose value is a secret.
const SECRET: [&str; 2] = ["--password", "--kube-token"];

/// `argv` with the values of secret flags masked, for every place that shows a command.
#[must_use]
pub fn masked(argv: &[String]) -> Vec<String> {
    let mut shown = Vec::with_capacity(argv.len());
    let mut previous = "";
    for word in argv {
        let by_flag = |flag: &str, value: &str| match flag {
            _ if SECRET.contains(&flag) => secrets::MASK.to_owned(),
            _ if flag.starts_with("--set") => masked_assignments(flag, value),
            // A chart's address, or `--repo`, may have a password in it.
            _ => secrets::masked(value, secrets::in_urls(value)),
        };
        shown.push(match word.split_once('=') {
            // A value of the flag before may have an equals sign in it.
            Some((flag, value)) if flag.starts_with("--") => {
                format!("{flag}={}", by_flag(flag, value))
            }
            _ => by_flag(previous, word),
        });
        previous = word;
    }
    shown
}

/// What stands in `word` where `shown` has a mask. JSON that was written anew is told apart no further.
fn hidden(word: &str, shown: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = word;
    let mut parts = shown.split(secrets::MASK);
    rest = rest
        .strip_prefix(parts.next().unwrap_or_default())
        .unwrap_or_default();
    for part in parts {
        let end = if part.is_empty() {
            rest.len()
        } else {
            rest.find(part).unwrap_or_default()
        };
        let (secret, after) = rest.split_at(end);
        found.push(secret.to_owned());
        rest = after.get(part.len()..).unwrap_or_default();
    }
    found
}

/// `a.password=x,b=y` with the value of each secret key masked; by the rules of each flag.
fn masked_assignments(flag: &str, text: &str) -> String {
    let is_secret = |path: &str| {
        let mut keys = path.split(['.', '[', ']']);
        // Whose value it is, a list of variables says elsewhere.
        path.ends_with("].value") || keys.by_ref().fold(false, secrets::is_secret_below)
    };
    let mask = |part: &str| match part.split_once('=') {
        Some((path, _)) if is_secret(path) => format!("{path}={}", secrets::MASK),
        Some((path, json)) if flag == "--set-json" => format!("{path}={}", masked_json(json)),
        Some((path, value)) => format!("{path}={}", masked_content(value)),
        None => masked_content(part),
    };
    match flag {
        "--set-json" if text.trim_start().starts_with('{') => masked_json(text),
        // What follows the sign is one value, commas and all.
        "--set-json" | "--set-literal" => mask(text),
        _ => {
            let mut parts: Vec<String> = Vec::new();
            let mut masks = false;
            for part in text.split(',') {
                // After an escaped comma, and in a list, the same value goes on.
                let goes_on =
                    parts.last().is_some_and(|last| last.ends_with('\\')) || !part.contains('=');
                if goes_on && masks {
                    continue;
                }
                masks = part
                    .split_once('=')
                    .is_some_and(|(path, _)| is_secret(path));
                parts.push(mask(part));
            }
            parts.join(",")
        }
    }
}

/// A JSON text with the secrets in it masked; all of it where it cannot be read.
fn masked_json(text: &str) -> String {
    fn mask(value: &mut serde_json::Value, is_secret: bool) {
        match value {
            serde_json::Value::Object(fields) => {
                let named = fields.get("name").and_then(serde_json::Value::as_str);
                let named = named.is_some_and(secrets::is_secret_key);
                for (key, inner) in fields {
                    let is_value = named && key == "value";
                    mask(inner, is_value || secrets::is_secret_below(is_secret, key));
                }
            }
            serde_json::Value::Array(items) => {
                for one in items {
                    mask(one, is_secret);
                }
            }
            serde_json::Value::Bool(_) | serde_json::Value::Null => {}
            _ if is_secret => *value = secrets::MASK.into(),
            serde_json::Value::String(text) => *text = masked_content(text),
            serde_json::Value::Number(_) => {}
        }
    }
    match serde_json::from_str(text) {
        Ok(mut value) => {
            mask(&mut value, false);
            value.to_string()
        }
        Err(_) => secrets::MASK.to_owned(),
    }
}

/// A value with what looks like a secret masked, whatever it is called.
fn masked_content(text: &str) -> String {
    secrets::masked(text, secrets::within(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    fn sort(line: &str) -> HelmArguments {
        HelmArguments::sort(&words(line)).unwrap()
    }

    #[test]
    fn each_helm_call_gets_the_flags_it_knows() {
        let sorted = sort(
            "--plain-http --set a=b --labels team=ml --username bob --no-hooks --set-string=c=d",
        );
        assert_eq!(sorted.locate(), words("--plain-http --username bob"));
        assert_eq!(
            sorted.render(),
            words("--set a=b --no-hooks --set-string=c=d")
        );
        assert_eq!(sorted.all().len(), 9);
        assert!(sorted.set_values());
        assert_eq!(sorted.set_paths(), ["a", "c"]);
        let nested = sort("--set-json a.b={\"c\":1} --set l[0].x=1");
        for (path, is_set) in [
            ("a.b", true),
            ("a.b.c", true),
            ("a", true),
            ("a.bc", false),
            ("l[0]", true),
        ] {
            assert_eq!(nested.may_set(path), is_set, "{path}");
        }
        assert!(sort("--set-json {\"a\":1}").may_set("a"));
    }

    #[test]
    fn the_files_that_flags_name_are_known() {
        let sorted = sort("--set-file a.b=x.pem,c=y --set d=e --set-file=f=z --post-renderer ./p");
        let files = ["x.pem", "y", "z", "./p"].map(PathBuf::from);
        assert_eq!(sorted.files(), files);
    }

    #[test]
    fn flags_of_the_plan_are_refused() {
        for line in [
            "-f x.yaml",
            "--values=x.yaml",
            "--version 1",
            "--dry-run=server",
        ] {
            assert!(HelmArguments::sort(&words(line)).is_err(), "{line}");
        }
    }

    #[test]
    fn a_flag_that_keeps_deployed_values_is_seen() {
        assert!(sort("--reuse-values").keep_deployed_values());
        assert!(sort("--wait --reset-then-reuse-values=true").keep_deployed_values());
        assert!(!sort("--reset-values").keep_deployed_values());
        assert!(sort("--reuse-values").keep_deployed_defaults());
        assert!(!sort("--reset-then-reuse-values").keep_deployed_defaults());
    }

    #[test]
    fn how_objects_are_compared_with_what_is_live_is_told_by_flags() {
        for (line, server_side) in [
            ("--wait", None),
            ("--server-side=auto --wait", None),
            ("--server-side", None),
            ("--wait --server-side false", Some(false)),
            ("--server-side=true", Some(true)),
        ] {
            assert_eq!(sort(line).server_side(), server_side, "{line}");
        }
        assert!(sort("--wait --force-conflicts").force_conflicts());
        assert!(!sort("--force-conflicts=false").force_conflicts());
        assert!(sort("--take-ownership=true").take_ownership());
    }

    #[test]
    fn secrets_in_arguments_are_masked() {
        for (line, shown) in [
            (
                "upgrade --password hunter2 --kube-token=x -n ml",
                "upgrade --password *** --kube-token=*** -n ml",
            ),
            (
                "upgrade http://me:hunter2@acme.example/a.tgz --repo https://me:hunter2@acme.example --username=me",
                "upgrade http://me:***@acme.example/a.tgz --repo https://me:***@acme.example --username=me",
            ),
            (
                "--set a.apiKey=k,b=1 --set=c.password=p --password=x",
                "--set a.apiKey=***,b=1 --set=c.password=*** --password=***",
            ),
            // An escaped comma and a list are one value.
            (r"--set a.password=one\,two,b=1", "--set a.password=***,b=1"),
            ("--set a.tokens={one,two},b=1", "--set a.tokens=***,b=1"),
            ("--set-literal password=a,b=c", "--set-literal password=***"),
            (
                "--set-string env[0].name=X,env[0].value=hunter2",
                "--set-string env[0].name=X,env[0].value=***",
            ),
            (
                "--set credentials.user=me,credentials.extra=x",
                "--set credentials.user=me,credentials.extra=***",
            ),
            (
                "--set url=https://me:hunter2@git.example",
                "--set url=https://me:***@git.example",
            ),
            (
                r#"--set-json {"a":{"password":"x","n":1},"env":[{"name":"GIT_TOKEN","value":"y"}]}"#,
                r#"--set-json {"a":{"n":1,"password":"***"},"env":[{"name":"GIT_TOKEN","value":"***"}]}"#,
            ),
            (
                r#"--set-json a={"token":7,"on":true}"#,
                r#"--set-json a={"on":true,"token":"***"}"#,
            ),
            ("--set-json a={broken", "--set-json a=***"),
        ] {
            assert_eq!(masked(&words(line)).join(" "), shown);
        }
        let sorted = sort(
            "--set a.password=hunter2,b=1 --set url=https://me:pass@git.example --kube-token=abc",
        );
        assert_eq!(sorted.secrets(), ["hunter2", "pass", "abc"]);
    }
}
