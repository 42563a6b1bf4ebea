//! The Job whose pod asks. A Job and no bare pod: it ends its pod after a time that it is told, and removes itself and its
//! pod afterwards, whatever has become of us and of our way to the cluster.

use serde_yaml::{Mapping, Value};

use crate::proof::{PodTemplate, TemplatePlace};
use crate::secrets::is_secret_key;
use crate::tls::Endpoint;

/// The label of the Job and its pod; its value tells one run from another.
pub const LABEL: &str = "clearml-certs/verify";

/// How long the Job is there after its end, in seconds, if nobody removes it: long enough for its log to be read.
const TTL: u64 = 30;

/// What ends the pod's container, in seconds: the shell that is its first process heeds no signal.
const GRACE: u64 = 1;

const SCRIPT: &str = include_str!("ask.sh");
const PYTHON: &str = include_str!("ask.py");
const NODE: &str = include_str!("ask.js");

/// How the script's lines show up in its own errors.
const PROGRAM: &str = "clearml-certs-verify";

/// What a name of Kubernetes may have at most, less what the pod's name has more than the Job's.
const LONGEST_NAME: usize = 57;

/// A pod to be: of which template, where, and what it asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Errand {
    /// Where the template stands.
    pub place: TemplatePlace,
    /// The template.
    pub template: PodTemplate,
    /// The namespace.
    pub namespace: String,
    /// The image of the task's container.
    pub image: String,
    /// The servers to ask.
    pub servers: Vec<Endpoint>,
    /// Tells this pod from all others, and begins the lines of its log: letters and digits that nobody can foresee.
    pub mark: String,
    /// After how many seconds the pod is ended, wherever it is then.
    pub seconds: u64,
}

impl Errand {
    /// The Job's name: the queue's, as far as it may stand in a name, and what makes it the only one.
    #[must_use]
    pub fn name(&self) -> String {
        let queue = self.place.queue.as_deref().unwrap_or_default();
        let plain = |c: char| {
            let c = c.to_ascii_lowercase();
            if c.is_ascii_alphanumeric() { c } else { '-' }
        };
        let queue: String = queue.chars().map(plain).collect();
        let tail = self.mark.get(..6).unwrap_or(&self.mark);
        let room = LONGEST_NAME.saturating_sub(PROGRAM.len() + tail.len() + 2);
        let queue: String = queue.trim_matches('-').chars().take(room).collect();
        match queue.trim_end_matches('-') {
            "" => format!("{PROGRAM}-{tail}"),
            queue => format!("{PROGRAM}-{queue}-{tail}"),
        }
    }

    /// The name of the container that asks.
    #[must_use]
    pub fn container(&self) -> String {
        self.name()
    }

    /// The Job: the template as it is, but for what the agent sets too (name, image and command of the first container), and
    /// for what ends it.
    #[must_use]
    pub fn job(&self) -> Value {
        let mut labels = entries(self.template.metadata.get("labels"));
        let label = [(LABEL.into(), self.mark.as_str().into())];
        labels.extend(label.clone());
        let mut metadata = Mapping::from_iter([("labels".into(), labels.into())]);
        let annotations = entries(self.template.metadata.get("annotations"));
        if !annotations.is_empty() {
            metadata.insert("annotations".into(), annotations.into());
        }
        object([
            ("apiVersion", "batch/v1".into()),
            ("kind", "Job".into()),
            (
                "metadata",
                object([
                    ("name", self.name().into()),
                    ("namespace", self.namespace.as_str().into()),
                    ("labels", Mapping::from_iter(label).into()),
                ]),
            ),
            (
                "spec",
                object([
                    ("backoffLimit", 0.into()),
                    ("activeDeadlineSeconds", self.seconds.into()),
                    ("ttlSecondsAfterFinished", TTL.into()),
                    (
                        "template",
                        object([("metadata", metadata.into()), ("spec", self.spec())]),
                    ),
                ]),
            ),
        ])
    }

    fn spec(&self) -> Value {
        let mut spec = entries(Some(&self.template.spec));
        spec.insert("restartPolicy".into(), "Never".into());
        spec.insert("activeDeadlineSeconds".into(), self.seconds.into());
        spec.insert("terminationGracePeriodSeconds".into(), GRACE.into());
        let containers = spec.get_mut("containers").and_then(Value::as_sequence_mut);
        if let Some(containers) = containers {
            match containers.first_mut() {
                Some(first) => *first = self.asking(first),
                None => containers.push(self.asking(&Value::Null)),
            }
        }
        spec.into()
    }

    fn asking(&self, container: &Value) -> Value {
        let mut container = entries(Some(container));
        container.shift_remove("args");
        container.insert("name".into(), self.container().into());
        container.insert("image".into(), self.image.as_str().into());
        let words = ["/bin/sh", "-c", SCRIPT, PROGRAM, &self.mark, PYTHON, NODE];
        let words = words.into_iter().map(str::to_owned);
        let servers = self.servers.iter().map(ToString::to_string);
        let words: Vec<Value> = words.chain(servers).map(Value::from).collect();
        container.insert("command".into(), words.into());
        container.into()
    }

    /// What is secret among the variables of the template, by their names.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let lists = ["initContainers", "containers"].into_iter();
        let containers = lists.filter_map(|list| self.template.spec.get(list)?.as_sequence());
        let variables = containers
            .flatten()
            .filter_map(|container| container.get("env")?.as_sequence());
        let secret = |one: &Value| {
            let name = one.get("name").and_then(Value::as_str)?;
            let value = one.get("value").and_then(Value::as_str)?;
            is_secret_key(name).then(|| value.to_owned())
        };
        variables.flatten().filter_map(secret).collect()
    }

    /// Whether the template gives a variable to the container that asks, or may: some come from where they cannot be seen.
    #[must_use]
    pub fn sets(&self, variable: &str) -> bool {
        let containers = self.template.spec.get("containers");
        let first = containers.and_then(|all| all.get(0));
        let Some(first) = first else { return false };
        let env = first.get("env").and_then(Value::as_sequence);
        let mut names = env.into_iter().flatten();
        first.get("envFrom").is_some()
            || names.any(|one| one.get("name").and_then(Value::as_str) == Some(variable))
    }
}

fn entries(value: Option<&Value>) -> Mapping {
    value
        .and_then(Value::as_mapping)
        .cloned()
        .unwrap_or_default()
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    let fields = fields.into_iter().map(|(key, value)| (key.into(), value));
    fields.collect::<Mapping>().into()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::proof::{TaskPods, TextPlace, parse};

    pub(in super::super) fn errand(template: &str) -> Errand {
        let text = format!(
            "kind: ConfigMap\nmetadata: {{name: pt}}\ndata:\n  t: |\n    {}\n",
            template.replace('\n', "\n    ")
        );
        let mut pods = TaskPods::among(&parse(&text).unwrap()).pods;
        let (place, template) = pods.remove(0);
        Errand {
            place,
            template,
            namespace: "ml".to_owned(),
            image: "python:3.13".to_owned(),
            servers: vec!["https://api.acme.example".parse().unwrap()],
            mark: "0123456789abcdef".to_owned(),
            seconds: 90,
        }
    }

    const POD: &str = "\
gpu:
  kind: Pod
  metadata: {name: x, labels: {team: a}, annotations: {inject: 'no'}}
  spec:
    restartPolicy: Always
    nodeSelector: {gpu: 'yes'}
    containers:
      - args: [x]
        env: [{name: REQUESTS_CA_BUNDLE, value: /b}]
        volumeMounts: [{name: v, mountPath: /etc/ssl/certs}]
      - {name: side, image: s}
";

    #[test]
    fn the_template_stays_as_it_is_but_for_what_the_agent_sets_too() {
        let errand = errand(POD);
        let job = errand.job();
        assert_eq!(errand.name(), "clearml-certs-verify-gpu-012345");
        let pod = &job["spec"]["template"];
        assert_eq!(pod["metadata"]["labels"]["team"], "a");
        assert_eq!(pod["metadata"]["labels"][LABEL], "0123456789abcdef");
        assert_eq!(pod["metadata"]["annotations"]["inject"], "no");
        assert_eq!(pod["metadata"].get("name"), None);
        let spec = &pod["spec"];
        assert_eq!(spec["nodeSelector"]["gpu"], "yes");
        assert_eq!(spec["restartPolicy"], "Never");
        let first = &spec["containers"][0];
        assert_eq!(first["image"], "python:3.13");
        assert_eq!(first["volumeMounts"][0]["mountPath"], "/etc/ssl/certs");
        assert_eq!(first.get("args"), None);
        let command = first["command"].as_sequence().unwrap();
        assert_eq!(command.last().unwrap(), "https://api.acme.example");
        assert_eq!(spec["containers"][1]["name"], "side");
        assert!(errand.sets("REQUESTS_CA_BUNDLE") && !errand.sets("SSL_CERT_FILE"));
    }

    #[test]
    fn the_pod_ends_and_goes_by_itself() {
        let job = errand(POD).job();
        assert_eq!(job["spec"]["activeDeadlineSeconds"], 90);
        assert_eq!(job["spec"]["backoffLimit"], 0);
        assert_eq!(job["spec"]["ttlSecondsAfterFinished"], 30);
        assert_eq!(job["spec"]["template"]["spec"]["activeDeadlineSeconds"], 90);
    }

    #[test]
    fn every_shape_of_template_becomes_a_pod() {
        let spec = "spec: {containers: [{env: []}]}";
        for template in [
            format!("kind: Pod\n{spec}"),
            format!("metadata: {{labels: {{a: b}}}}\n{spec}"),
            format!(
                "default: {{kind: Job, spec: {{template: {{metadata: {{labels: {{a: b}}}}, {spec}}}}}}}"
            ),
            "spec: {containers: []}".to_owned(),
        ] {
            let job = errand(&template).job();
            let pod = &job["spec"]["template"];
            assert_eq!(
                pod["spec"]["containers"][0]["image"], "python:3.13",
                "{template}"
            );
            if template.contains("a: b") {
                assert_eq!(pod["metadata"]["labels"]["a"], "b", "{template}");
            }
        }
    }

    #[test]
    fn names_are_those_that_kubernetes_takes() {
        let mut errand = errand(POD);
        for (queue, name) in [
            ("GPU Queue/1", "clearml-certs-verify-gpu-queue-1-012345"),
            ("_", "clearml-certs-verify-012345"),
            ("ü", "clearml-certs-verify-012345"),
        ] {
            errand.place.queue = Some(queue.to_owned());
            assert_eq!(errand.name(), name);
        }
        errand.place.queue = Some("q".repeat(300));
        assert!(errand.name().len() <= LONGEST_NAME);
        errand.place = TemplatePlace {
            text: TextPlace {
                kind: "ConfigMap".to_owned(),
                object: "pt".to_owned(),
                key: "t".to_owned(),
            },
            queue: None,
            number: Some(2),
        };
        assert_eq!(errand.name(), "clearml-certs-verify-012345");
    }

    #[test]
    fn kubernetes_finds_no_variable_of_its_own_in_the_script() {
        for text in [SCRIPT, PYTHON, NODE] {
            let code = text
                .lines()
                .filter(|line| !line.trim_start().starts_with('#'));
            for line in code {
                assert!(!line.contains("$$"), "{line}");
                for rest in line.split("$(").skip(1) {
                    let name = rest.split(')').next().unwrap();
                    let is_name = name.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
                    assert!(!is_name, "{line}");
                }
            }
        }
    }
}
