//! The templates of task pods: pods in the YAML texts of ConfigMaps and Secrets.
//!
//! Charts write them in every shape there is: one document, with or without `kind`; several documents; a list; a map from
//! a queue to its Pod or Job. What counts is that a pod with containers stands there, not what it is called.

use serde_yaml::Value;

use super::place::{TemplatePlace, TextPlace};
use super::pods::references;
use super::texts::texts;
use super::{Object, pod_spec::PodTemplate};
use crate::values::scalar_text;
use crate::yaml::AsTaken;

/// Maps in maps deeper than this are no templates by queue.
const MAX_DEPTH: usize = 4;

/// The task pods of a release, as they are deployed.
#[derive(Debug, Default)]
pub struct TaskPods {
    /// Each with its place.
    pub pods: Vec<(TemplatePlace, PodTemplate)>,
    /// Texts in which nothing stands.
    pub blank: Vec<TextPlace>,
    /// Texts that should hold some and cannot be read.
    pub broken: Vec<Broken>,
}

impl TaskPods {
    /// Those in the texts of `objects`, but for files that task pods mount: a pod in such a file is its user's.
    #[must_use]
    pub fn among(objects: &[Object]) -> Self {
        let texts = objects.iter().filter(|object| object.holds_texts());
        let mut all = Self::default();
        for found in texts.map(Templates::of) {
            all.pods.extend(found.pods);
            all.blank.extend(found.blank);
            all.broken.extend(found.broken);
        }
        let pods = all.pods.iter();
        let mounted: Vec<_> = pods.flat_map(|(_, pod)| references(&pod.spec)).collect();
        let is_file = |text: &TextPlace| text.is_among(&mounted);
        all.pods.retain(|(place, _)| !is_file(&place.text));
        all.broken.retain(|broken| !is_file(&broken.place));
        all
    }
}

/// What the texts of an object hold.
#[derive(Debug, Default)]
pub(super) struct Templates {
    /// The pods, each with its place.
    pub(super) pods: Vec<(TemplatePlace, PodTemplate)>,
    /// Texts in which nothing stands.
    pub(super) blank: Vec<TextPlace>,
    /// Texts that should hold pods and cannot be read.
    pub(super) broken: Vec<Broken>,
}

/// A text that should hold a pod template and is not YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// The text.
    pub place: TextPlace,
    /// The line in it, counted from 1, where the reader gave up.
    pub line: usize,
    /// What the reader said.
    pub why: String,
}

impl Templates {
    /// Reads every text of a ConfigMap or Secret.
    pub(super) fn of(object: &Object) -> Self {
        let mut found = Self::default();
        for (key, text) in texts(object) {
            let place = TextPlace {
                kind: object.kind.clone(),
                object: object.name.clone(),
                key,
            };
            if is_blank(&text) {
                found.blank.push(place);
            } else if text.contains("containers") {
                found.read(place, &text);
            }
        }
        found
    }

    fn read(&mut self, place: TextPlace, text: &str) {
        let mut finds = Vec::new();
        match AsTaken::read(text) {
            Ok(taken) => {
                for value in taken.values {
                    search(value, &mut Vec::new(), &mut finds);
                }
            }
            Err(error) => {
                if looks_like_pods(text) {
                    let line = error.location().map_or(1, |at| at.line());
                    let why = error.to_string();
                    self.broken.push(Broken { place, line, why });
                }
                return;
            }
        }
        let several = finds.iter().filter(|find| find.queue.is_none()).count() > 1;
        let mut number = 0;
        for find in finds {
            number += usize::from(find.queue.is_none());
            let place = TemplatePlace {
                text: place.clone(),
                number: (several && find.queue.is_none()).then_some(number),
                queue: find.queue,
            };
            self.pods.push((place, find.pod));
        }
    }
}

struct Find {
    queue: Option<String>,
    pod: PodTemplate,
}

/// Looks for pods in a value: it is one, or a list or a map of them.
fn search(value: Value, names: &mut Vec<String>, finds: &mut Vec<Find>) {
    if let Some(pod) = PodTemplate::of(&value) {
        finds.push(Find {
            queue: (!names.is_empty()).then(|| names.join(".")),
            pod,
        });
        return;
    }
    if names.len() >= MAX_DEPTH {
        return;
    }
    match value {
        Value::Sequence(items) => {
            for item in items.into_iter().filter(Value::is_mapping) {
                search(item, names, finds);
            }
        }
        Value::Mapping(mut mapping) => {
            // An object of Kubernetes holds no queues; a list of them holds objects.
            if mapping.contains_key("kind") {
                if let Some(items) = mapping.remove("items") {
                    search(items, names, finds);
                }
                return;
            }
            for (name, inner) in mapping {
                // A queue may be called `7` or `yes`.
                if let Some(name) = scalar_text(&name) {
                    names.push(name);
                    search(inner, names, finds);
                    names.pop();
                }
            }
        }
        _ => {}
    }
}

fn is_blank(text: &str) -> bool {
    text.lines().all(|line| {
        let line = line.trim();
        line.is_empty() || line.starts_with('#') || line == "---" || line == "{}"
    })
}

/// Whether a text that is no YAML was meant to be a pod: it has the key of a pod's containers, in JSON anywhere, else at the
/// beginning of a line.
fn looks_like_pods(text: &str) -> bool {
    let in_json = text.split("\"containers\"").skip(1);
    let mut in_json = in_json.map(|rest| rest.trim_start().starts_with(':'));
    let mut lines = text.lines();
    in_json.any(|is_key| is_key)
        || lines.any(|line| {
            let line = line.trim().trim_start_matches("- ");
            line.starts_with("containers:")
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn templates(text: &str) -> Templates {
        let indented = text.replace('\n', "\n    ");
        let object = format!(
            "kind: ConfigMap\nmetadata: {{name: pt}}\ndata:\n  t.yaml: |\n    {indented}\n"
        );
        let objects = super::super::parse(&object).unwrap();
        Templates::of(&objects[0])
    }

    fn places(text: &str) -> Vec<String> {
        let found = templates(text);
        assert!(found.broken.is_empty(), "{text}");
        let places = found.pods.iter().map(|(place, _)| place.to_string());
        places.collect()
    }

    const SPEC: &str = "spec: {containers: [{resources: {}, env: []}]}";

    #[test]
    fn a_pod_is_found_in_every_shape_that_charts_write() {
        let one = ["task pods (ConfigMap pt, t.yaml)"];
        let default = ["task pods of queue default (ConfigMap pt, t.yaml)"];
        for (text, expected) in [
            (format!("apiVersion: v1\nkind: Pod\n{SPEC}"), &one),
            (format!("apiVersion: v1\nmetadata: {{}}\n{SPEC}"), &one),
            (format!("# a pod\n---\n{SPEC}\n---\n"), &one),
            (format!("[{{kind: Pod, {SPEC}}}]"), &one),
            (format!("kind: List\nitems: [{{kind: Pod, {SPEC}}}]"), &one),
            (format!("kind: PodTemplate\ntemplate: {{{SPEC}}}"), &one),
            (format!("default: {{kind: Pod, {SPEC}}}"), &default),
            (format!("default: {{{SPEC}}}"), &default),
            (
                format!("default: {{kind: Job, spec: {{template: {{{SPEC}}}}}}}"),
                &default,
            ),
            (format!("default: [{{{SPEC}}}]"), &default),
        ] {
            assert_eq!(places(&text), *expected, "{text}");
        }
        let two = format!("a: {{kind: Pod, {SPEC}}}\n7: {{kind: Pod, {SPEC}}}\n");
        assert_eq!(
            places(&two),
            [
                "task pods of queue a (ConfigMap pt, t.yaml)",
                "task pods of queue 7 (ConfigMap pt, t.yaml)"
            ]
        );
        assert_eq!(
            places(&format!("{SPEC}\n---\n{SPEC}\n")),
            [
                "task pods (ConfigMap pt, t.yaml, pod 1)",
                "task pods (ConfigMap pt, t.yaml, pod 2)"
            ]
        );
        assert_eq!(
            places(&format!("tenants: {{a: {{{SPEC}}}}}")),
            ["task pods of queue tenants.a (ConfigMap pt, t.yaml)"]
        );
    }

    #[test]
    fn what_is_no_pod_is_left_alone() {
        for text in [
            "kind: Service\nspec: {selector: {containers: x}}",
            "default: [fm-containers]\ngpu: []",
            "agent {\n  # containers: many\n  docker_internal_mounts { }\n}",
            "spec: {containers: none}",
            "{}",
        ] {
            let found = templates(text);
            assert!(found.pods.is_empty() && found.broken.is_empty(), "{text}");
        }
    }

    #[test]
    fn a_text_without_queues_is_blank_and_no_error() {
        for text in ["", "# no queue\n\n", "---\n", "{}\n"] {
            assert_eq!(templates(text).blank.len(), 1, "{text:?}");
        }
    }

    #[test]
    fn a_template_that_is_no_yaml_is_named_with_its_line() {
        let text = "default:\n  metadata:\n    labels:\n      a: b\nc: d\n  spec:\n    containers:\n    - env: []\n";
        let found = templates(text);
        assert!(found.pods.is_empty());
        assert_eq!(found.broken[0].line, 6, "{:?}", found.broken);
        let json = r#"{"default": {"spec": {"containers": [{"env": ["#;
        assert_eq!(templates(json).broken.len(), 1);
    }

    #[test]
    fn a_secret_may_hold_them_too() {
        let object =
            "kind: Secret\nmetadata: {name: s}\nstringData:\n  t: 'spec: {containers: [{}]}'\n";
        let objects = super::super::parse(object).unwrap();
        let found = Templates::of(&objects[0]);
        assert_eq!(found.pods[0].0.to_string(), "task pods (Secret s, t)");
    }
}
