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
];

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
        let mut paths = Vec::new();
        let mut words = self.render.iter();
        while let Some(word) = words.next() {
            let assignments = match word.split_once('=') {
                Some((flag, rest)) if flag.starts_with("--set") => Some(rest),
                None if word.starts_with("--set") => words.next().map(String::as_str),
                _ => None,
            };
            let parts = assignments.into_iter().flat_map(|text| text.split(','));
            paths.extend(parts.filter_map(|part| part.split_once('=').map(|(path, _)| path)));
        }
        paths
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
        sets_json && self.render.iter().any(of_json)
            || (self.set_paths().iter()).any(|set| is_around(set, path) || is_around(path, set))
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
        let is_reuse = |word: &String| word.trim_end_matches("=true") == "--reuse-values";
        self.all.iter().any(is_reuse)
    }

    /// Whether deployed values survive the upgrade without being in any file.
    #[must_use]
    pub fn keep_deployed_values(&self) -> bool {
        self.all
            .iter()
            .any(|word| KEEPS_DEPLOYED.contains(&word.trim_end_matches("=true")))
    }
}

/// `argv` with the values of secret flags masked, for every place that shows a command.
#[must_use]
pub fn masked(argv: &[String]) -> Vec<String> {
    let mut shown = Vec::with_capacity(argv.len());
    let mut previous = "";
    for word in argv {
        shown.push(match (previous, word.split_once('=')) {
            ("--password", _) => secrets::MASK.to_owned(),
            (_, Some(("--password", _))) => format!("--password={}", secrets::MASK),
            (flag, _) if flag.starts_with("--set") => masked_assignments(word),
            (_, Some((flag, rest))) if flag.starts_with("--set") => {
                format!("{flag}={}", masked_assignments(rest))
            }
            _ => word.clone(),
        });
        previous = word;
    }
    shown
}

/// `a.password=x,b=y` with the value of each secret key masked.
fn masked_assignments(text: &str) -> String {
    let mask = |part: &str| match part.split_once('=') {
        Some((path, _)) if secrets::is_secret_key(path.rsplit('.').next().unwrap_or(path)) => {
            format!("{path}={}", secrets::MASK)
        }
        _ => part.to_owned(),
    };
    text.split(',').map(mask).collect::<Vec<_>>().join(",")
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
    fn secrets_in_arguments_are_masked() {
        let line =
            "upgrade --password hunter2 --set a.apiKey=k,b=1 --set=c.password=p --password=x";
        let shown = masked(&words(line)).join(" ");
        assert_eq!(
            shown,
            "upgrade --password *** --set a.apiKey=***,b=1 --set=c.password=*** --password=***"
        );
    }
}
