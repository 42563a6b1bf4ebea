//! Rules of the namespace that reject a pod for the sake of the container that brings the certificates into its bundle: helm prints
//! a line at most, and of task pods nothing but the agent's log tells.

use serde_json::Value;

use super::{Refusal, Scene};
use crate::finding::{Finding, Severity};
use crate::overrides::task_pods::Strategy;
use crate::proof::{Arrival, ContainerArrival, PodPlace, RESOURCES};

/// What a namespace demands of every pod.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NamespaceRules {
    /// Whether it enforces the Pod Security Standard *restricted*.
    is_restricted: bool,
    /// The resources that each container has to name, in the words of quotas, and the quota that wants it.
    quota: Vec<(&'static str, String)>,
}

/// The label of the Pod Security Admission.
const ENFORCE: &str = "pod-security.kubernetes.io/enforce";

impl NamespaceRules {
    /// Reads the namespace, and the list of its `ResourceQuota` and `LimitRange` objects, as the API gives them.
    #[must_use]
    pub fn read(namespace: &Value, quotas: &Value) -> Self {
        let labels = namespace.pointer("/metadata/labels");
        let enforced = labels.and_then(|labels| labels.get(ENFORCE));
        let items: Vec<&Value> = list(quotas, "/items");
        let of_kind = |kind: &str| {
            let wanted = items.iter().copied();
            let kind = kind.to_owned();
            wanted.filter(move |one| one.get("kind").and_then(Value::as_str) == Some(&kind))
        };
        let quota = RESOURCES.into_iter().filter_map(|resource| {
            // A quota calls requests by either name.
            let short = resource.trim_start_matches("requests.");
            let by = of_kind("ResourceQuota").find(|quota| {
                let hard = quota.pointer("/spec/hard");
                hard.is_some_and(|hard| hard.get(resource).or_else(|| hard.get(short)).is_some())
            })?;
            let has_default = of_kind("LimitRange")
                .flat_map(|range| list(range, "/spec/limits"))
                .any(|limit| gives_default(limit, resource));
            let name = by.pointer("/metadata/name").and_then(Value::as_str);
            (!has_default).then(|| (resource, name.unwrap_or_default().to_owned()))
        });
        Self {
            is_restricted: enforced.and_then(Value::as_str) == Some("restricted"),
            quota: quota.collect(),
        }
    }
}

fn list<'a>(value: &'a Value, pointer: &str) -> Vec<&'a Value> {
    let items = value.pointer(pointer).and_then(Value::as_array);
    items.into_iter().flatten().collect()
}

/// Whether a limit range fills in the resource where a container names none: a default limit counts as the request too.
fn gives_default(limit: &Value, resource: &str) -> bool {
    let (kind, name) = resource.split_once('.').unwrap_or_default();
    let of = |field: &str| limit.pointer(&format!("/{field}/{name}")).is_some();
    let is_container = limit.get("type").and_then(Value::as_str) == Some("Container");
    is_container && (of("default") || kind == "requests" && of("defaultRequest"))
}

/// What the namespace's rules, or the kubelet's own, have against the pods.
pub(super) fn check(scene: &Scene<'_>) -> Vec<Finding> {
    let answers = scene.answers;
    let proof = &scene.target.proof;
    let pods: Vec<&Arrival> = proof.workloads.iter().chain(&proof.task_pods).collect();
    let namespace = &scene.target.coordinates.id.namespace;
    let rules = scene.rules.cloned().unwrap_or_default();
    // What the API server takes in a dry run lacks nothing.
    let judged: Vec<&Arrival> = pods
        .iter()
        .copied()
        .filter(|pod| !answers.taken.contains(&pod.place))
        .collect();
    let mut rest: Vec<&Refusal> = answers.refused.iter().collect();
    let mut findings = Vec::new();
    if rules.is_restricted
        && let Some(lacking) = lacking(&judged, |one| one.admission.against_restricted.clone())
    {
        let severity = lacking.severity(&mut rest, "violates PodSecurity");
        let finding = Finding::new(
            severity,
            "pod-security-refuses",
            format!(
                "the namespace {namespace} enforces the Pod Security Standard restricted, and {} lacks {}: the API server rejects every such pod",
                lacking.shown, lacking.what
            ),
        );
        findings.push(finding.hint(without_root(
            scene,
            "let the chart's security context cover it",
        )));
    }
    let wanted: Vec<&str> = rules.quota.iter().map(|(resource, _)| *resource).collect();
    let unnamed = |one: &ContainerArrival| {
        let unnamed = one.admission.unnamed.iter().copied();
        unnamed
            .filter(|resource| wanted.contains(resource))
            .collect()
    };
    if let Some((_, by)) = rules.quota.first()
        && let Some(lacking) = lacking(&judged, unnamed)
    {
        let severity = lacking.severity(&mut rest, "must specify");
        let finding = Finding::new(
            severity,
            "quota-refuses",
            format!(
                "the quota {by} of namespace {namespace} wants {} of every container, and {} names none: the API server rejects every such pod (\"must specify\")",
                lacking.what, lacking.shown
            ),
        );
        findings.push(finding.hint("a LimitRange with defaults lets such containers in; or --mode replace, which needs none"));
    }
    let user_is_open = |one: &ContainerArrival| {
        let open = one.admission.is_user_open;
        Vec::from_iter(open.then_some("runAsUser"))
    };
    findings.extend(lacking(&pods, user_is_open).map(|lacking| {
        Finding::warning(
            "init-container-as-root",
            format!(
                "{} must not be root (runAsNonRoot) and names no runAsUser: where its image is root's, as the agent's are, the kubelet says \"container has runAsNonRoot and image will run as root\", and the pod never starts",
                lacking.shown
            ),
        )
        .hint(without_root(scene, "name a runAsUser beside runAsNonRoot"))
    }));
    while let Some(first) = rest.first().copied() {
        let is_same = |one: &&Refusal| (&one.words, one.but) == (&first.words, first.but);
        let (same, others): (Vec<_>, Vec<_>) = rest.into_iter().partition(is_same);
        findings.push(told(scene, &pods, &same, first));
        rest = others;
    }
    findings.extend(answers.unknown.as_ref().map(|why| {
        Finding::note(
            "admission-unknown",
            format!("whether namespace {namespace} lets the new pods in could not be asked: {why}"),
        )
    }));
    findings
}

/// What the API server rejects for a reason that nothing above has told: all that it says the same of as of the first.
fn told(scene: &Scene<'_>, pods: &[&Arrival], same: &[&Refusal], first: &Refusal) -> Finding {
    let places: Vec<String> = same.iter().map(|one| one.place.to_string()).collect();
    let finding = Finding::new(
        first.severity,
        "pod-refused",
        format!(
            "the API server rejects the pods of {}{}: {}",
            places.join(", "),
            first.but,
            first.words
        ),
    );
    let at = &scene.target.coordinates;
    let by_values = "have the values say what is missing, or ask those who made the rule";
    let makes_bundle = |pod: &&Arrival| {
        let mut containers = pod.containers.iter();
        let is_refused = same.iter().any(|one| one.place == pod.place);
        is_refused && containers.any(|one| one.admission.is_updater)
    };
    finding.hint(if first.words.contains("exceeded quota") {
        let describe = at
            .id
            .cluster
            .kubectl(&["describe", "quota", "-n", &at.id.namespace]);
        format!("free some of the quota, or ask for more: `{describe}` shows what is used")
    } else if pods.iter().any(makes_bundle) {
        without_root(scene, by_values)
    } else {
        by_values.to_owned()
    })
}

/// What does without a container that makes the bundle, which has to be root in most images, beside another way.
fn without_root(scene: &Scene<'_>, other: &str) -> String {
    let target = scene.target;
    let by_chart = match target.strategy {
        Strategy::Template if target.layout.propagates_since.is_some() => {
            ", or --task-pods propagate, where the chart does it without root"
        }
        _ => "",
    };
    format!("--mode replace needs no such container{by_chart}; or {other}")
}

/// Containers that make the bundle and lack something.
struct Lacking<'a> {
    /// The pods that have them.
    places: Vec<&'a PodPlace>,
    /// The first of them, and how many more there are.
    shown: String,
    /// What the first lacks.
    what: String,
    /// Whether all other containers of its pod have it, so that the certificates alone are why it is rejected.
    alone: bool,
}

impl Lacking<'_> {
    /// How much that matters, by the API server's answers with that sign, which are told with it then.
    fn severity(&self, answers: &mut Vec<&Refusal>, sign: &str) -> Severity {
        let is_told =
            |one: &&Refusal| self.places.contains(&&one.place) && one.words.contains(sign);
        let (told, rest): (Vec<&Refusal>, _) = answers.iter().copied().partition(is_told);
        *answers = rest;
        let own = if self.alone {
            Severity::Error
        } else {
            Severity::Warning
        };
        told.iter().map(|one| one.severity).fold(own, Ord::max)
    }
}

/// The containers that make the bundle and lack something.
fn lacking<'a>(
    pods: &[&'a Arrival],
    lacks: impl Fn(&ContainerArrival) -> Vec<&'static str>,
) -> Option<Lacking<'a>> {
    let found = pods.iter().flat_map(|pod| {
        let updaters = pod.containers.iter().filter(|one| one.admission.is_updater);
        let refused = updaters.filter(|one| !lacks(one).is_empty());
        refused.map(move |one| (*pod, one))
    });
    let found: Vec<(&Arrival, &ContainerArrival)> = found.collect();
    let (pod, container) = found.first()?;
    let more = match found.len() - 1 {
        0 => String::new(),
        n => format!(" (and {n} more such)"),
    };
    let others = pod
        .containers
        .iter()
        .filter(|one| !one.admission.is_updater);
    Some(Lacking {
        places: found.iter().map(|(pod, _)| &pod.place).collect(),
        shown: format!("the container {} of {}{more}", container.name, pod.place),
        what: lacks(container).join(", "),
        alone: others.into_iter().all(|one| lacks(one).is_empty()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::plan::Observed;
    use crate::preflight::AdmissionAnswers;
    use crate::preflight::tests::{scene_of, target_of};
    use crate::vendor::Component;

    fn rules(items: &Value) -> NamespaceRules {
        let namespace = json!({"metadata": {"labels": {ENFORCE: "restricted"}}});
        NamespaceRules::read(&namespace, &json!({"items": items}))
    }

    #[test]
    fn a_limit_range_fills_in_what_a_quota_wants() {
        let quota = json!({"kind": "ResourceQuota", "metadata": {"name": "q"}, "spec": {"hard": {"limits.cpu": "9", "memory": "9Gi", "pods": "9"}}});
        let wanted = |items: &Value| {
            let rules = rules(items).quota.into_iter();
            rules.map(|(resource, _)| resource).collect::<Vec<_>>()
        };
        assert_eq!(wanted(&json!([quota])), ["limits.cpu", "requests.memory"]);
        let range = |kind: &str, limits: Value| {
            let mut limits = limits;
            limits["type"] = kind.into();
            json!({"kind": "LimitRange", "spec": {"limits": [limits]}})
        };
        let defaults = json!({"default": {"cpu": "1", "memory": "1Gi"}});
        assert!(wanted(&json!([quota, range("Container", defaults.clone())])).is_empty());
        assert_eq!(wanted(&json!([quota, range("Pod", defaults)])).len(), 2);
        let requests = json!({"defaultRequest": {"cpu": "1", "memory": "1Gi"}});
        assert_eq!(
            wanted(&json!([quota, range("Container", requests)])),
            ["limits.cpu"]
        );
        assert!(wanted(&json!([])).is_empty());
    }

    const UPDATER: &str = "{name: certs, command: [update-ca-certificates]}";
    const WHOLE: &str = "securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, runAsUser: 7, seccompProfile: {type: RuntimeDefault}}";

    fn place(name: &str) -> PodPlace {
        PodPlace::Values(name.to_owned())
    }

    fn refusal(at: &str, words: &str, severity: Severity) -> Refusal {
        Refusal {
            place: place(at),
            words: words.to_owned(),
            severity,
            but: "",
        }
    }

    /// What is found of two pods with a container that makes the bundle, in a restricted namespace.
    fn found(answers: &AdmissionAnswers) -> Vec<(Severity, &'static str)> {
        let mut target = target_of(Component::Agent, Observed::Absent);
        for (at, own) in [("a", WHOLE), ("b", "image: b")] {
            let spec = format!("{{initContainers: [{UPDATER}], containers: [{{name: c, {own}}}]}}");
            let spec = serde_yaml::from_str(&spec).unwrap();
            target.proof.add_task_pod(place(at), &spec);
        }
        let scene = Scene {
            rules: Some(&rules(&json!([]))),
            answers,
            ..scene_of(&target)
        };
        let all = check(&scene).into_iter();
        all.map(|one| (one.severity, one.code)).collect()
    }

    #[test]
    fn what_the_api_server_says_is_told_once_and_counts() {
        let security = "pod-security-refuses";
        // Not asked.
        let unknown = AdmissionAnswers {
            unknown: Some("EOF".to_owned()),
            ..AdmissionAnswers::default()
        };
        assert_eq!(
            found(&unknown),
            [
                (Severity::Error, security),
                (Severity::Note, "admission-unknown")
            ]
        );
        // Let in, by a policy that adds what is missing, say.
        let taken = AdmissionAnswers {
            taken: vec![place("a"), place("b")],
            ..AdmissionAnswers::default()
        };
        assert_eq!(found(&taken), []);
        let one_of_them = |severity| AdmissionAnswers {
            taken: vec![place("a")],
            refused: vec![
                refusal("b", "violates PodSecurity: x", severity),
                refusal("b", "no PriorityClass", severity),
            ],
            ..AdmissionAnswers::default()
        };
        for severity in [Severity::Warning, Severity::Error] {
            let all = found(&one_of_them(severity));
            assert_eq!(all, [(severity, security), (severity, "pod-refused")]);
        }
        let everywhere = AdmissionAnswers {
            refused: ["a", "b", "c"]
                .map(|at| refusal(at, "no", Severity::Error))
                .into(),
            ..AdmissionAnswers::default()
        };
        assert_eq!(
            found(&everywhere),
            [
                (Severity::Error, security),
                (Severity::Error, "pod-refused")
            ]
        );
    }

    #[test]
    fn what_cannot_be_read_demands_nothing() {
        assert!(rules(&json!([])).is_restricted);
        assert_eq!(
            NamespaceRules::read(&Value::Null, &Value::Null),
            NamespaceRules::default()
        );
    }
}
