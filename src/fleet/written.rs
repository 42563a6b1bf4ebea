//! A `clearml-certs.yaml` of what is deployed.

use std::fmt::Write as _;

use crate::overrides::Mode;
use crate::overrides::task_pods::Strategy;
use crate::vendor::Component;

/// A release as the file is to list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployed {
    /// Its context; `None` for the current one.
    pub context: Option<String>,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub release: String,
    /// Whose chart it is of.
    pub component: Component,
    /// Its chart, where that is not the one that is taken anyway.
    pub chart: Option<String>,
    /// The chart's version, where it is known.
    pub version: Option<String>,
    /// Where the values of the component's own chart stand, where that is inside the chart.
    pub values_path: Option<String>,
    /// Added to the bundle or replacing it.
    pub mode: Mode,
    /// How certificates get into task pods; `None` where it starts none.
    pub task_pods: Option<Strategy>,
    /// The names of its certificates.
    pub certificates: Vec<String>,
    /// The path of its values file, as the file writes it.
    pub values: String,
}

impl Deployed {
    /// Whether the two differ in their namespaces alone.
    fn is_alike(&self, other: &Self) -> bool {
        let mut same = other.clone();
        same.namespace.clone_from(&self.namespace);
        self == &same
    }
}

/// A certificate as the file is to list it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Its name.
    pub name: String,
    /// Where it is read from.
    pub path: String,
    /// Which one it is, in one line: whoever reviews the file sees no PEM.
    pub says: String,
}

/// The text; `made` says how it was made.
#[must_use]
pub fn text(certificates: &[Source], releases: &[Deployed], made: &str) -> String {
    let mut text = format!(
        "# yaml-language-server: $schema={SCHEMA}\n\
         # The ClearML releases, and which certificates each is to trust: {made}\n\
         # helm clearml-certs install --dry-run says what differs; help: docs/fleet.md\n"
    );
    if !certificates.is_empty() {
        text += "\ncertificates:\n";
        for Source { name, path, says } in certificates {
            let _ = writeln!(text, "  # {says}\n  {}: {}", scalar(name), scalar(path));
        }
    }
    text += "\ntargets:\n";
    let mut left: Vec<&Deployed> = releases.iter().collect();
    while let Some(first) = left.first().copied() {
        let (alike, others): (Vec<&Deployed>, Vec<&Deployed>) =
            left.into_iter().partition(|one| first.is_alike(one));
        left = others;
        let all_names: Vec<&String> = certificates.iter().map(|one| &one.name).collect();
        text += &target(first, &alike, &all_names);
    }
    text
}

const SCHEMA: &str = "https://raw.githubusercontent.com/clearml-certs/helm-clearml-certs/main/docs/schema/clearml-certs.schema.json";

fn target(first: &Deployed, alike: &[&Deployed], all: &[&String]) -> String {
    let list = |words: &[String]| {
        let words: Vec<String> = words.iter().map(|word| scalar(word)).collect();
        format!("[{}]", words.join(", "))
    };
    let namespaces: Vec<String> = alike.iter().map(|one| one.namespace.clone()).collect();
    let mut lines = vec![format!("  - component: {}", first.component)];
    let mut say = |key: &str, value: String| lines.push(format!("    {key}: {value}"));
    if let Some(context) = &first.context {
        say("context", scalar(context));
    }
    match namespaces.as_slice() {
        [only] => say("namespace", scalar(only)),
        several => say("namespaces", list(several)),
    }
    say("release", scalar(&first.release));
    if let Some(chart) = &first.chart {
        say("chart", scalar(chart));
    }
    if let Some(version) = &first.version {
        say("version", scalar(version));
    }
    say("values", scalar(&first.values));
    if let Some(path) = &first.values_path {
        say("valuesPath", scalar(path));
    }
    if first.mode == Mode::Replace {
        say(
            "mode",
            "replace # in the place of the public roots".to_owned(),
        );
    }
    match first.task_pods {
        None => {}
        Some(Strategy::Propagate) => say("taskPods", "propagate".to_owned()),
        Some(Strategy::Template) => {
            say("taskPods", "template # by its pod template".to_owned());
            // What the template has not stays as it is.
            say("taskVariables", "documented".to_owned());
        }
        // YAML 1.1 reads the bare word as false.
        Some(Strategy::Off) => say("taskPods", "\"off\" # they get none of them".to_owned()),
    }
    let is_all = first.certificates.len() == all.len()
        && first.certificates.iter().all(|name| all.contains(&name));
    if !is_all {
        say("certificates", list(&first.certificates));
    }
    lines.join("\n") + "\n"
}

/// A text as YAML writes it, in quotes where it has to be.
fn scalar(text: &str) -> String {
    let plain = !text.is_empty()
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '/')
        && text
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c))
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    if plain {
        text.to_owned()
    } else {
        // JSON's strings are YAML's, too.
        serde_json::Value::String(text.to_owned()).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agent(namespace: &str) -> Deployed {
        Deployed {
            context: Some("prod-eu".into()),
            namespace: namespace.into(),
            release: "clearml-agent".into(),
            component: Component::Agent,
            chart: None,
            version: Some("6.14.6".into()),
            values_path: None,
            mode: Mode::Append,
            task_pods: Some(Strategy::Off),
            certificates: vec!["acme".into()],
            values: "values/{context}/{namespace}/{release}.yaml".into(),
        }
    }

    #[test]
    fn releases_that_differ_in_their_namespaces_alone_are_one_item() {
        let certificates = [Source {
            name: "acme".into(),
            path: "certificates/acme.pem".into(),
            says: "CN=Acme Root".into(),
        }];
        let gateway = Deployed {
            component: Component::Gateway,
            release: "door".into(),
            values_path: Some("platform.door".into()),
            task_pods: None,
            certificates: Vec::new(),
            mode: Mode::Replace,
            ..agent("a")
        };
        let text = text(
            &certificates,
            &[agent("a"), gateway, agent("7")],
            "made here",
        );
        let (_, body) = text.split_once("\n\n").unwrap();
        assert_eq!(
            body,
            "certificates:\n  # CN=Acme Root\n  acme: certificates/acme.pem\n\ntargets:\n  - component: agent\n    context: prod-eu\n    namespaces: [a, \"7\"]\n    release: clearml-agent\n    version: \"6.14.6\"\n    values: \"values/{context}/{namespace}/{release}.yaml\"\n    taskPods: \"off\" # they get none of them\n  - component: gateway\n    context: prod-eu\n    namespace: a\n    release: door\n    version: \"6.14.6\"\n    values: \"values/{context}/{namespace}/{release}.yaml\"\n    valuesPath: platform.door\n    mode: replace # in the place of the public roots\n    certificates: []\n"
        );
    }
}
