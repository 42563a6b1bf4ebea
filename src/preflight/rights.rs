//! May this user do what the upgrade does? Asked as `kubectl auth can-i` asks, all questions in one call.
//!
//! Helm itself checks nothing before it writes (`--dry-run=server` neither): it would fail in the midst.

use serde::Deserialize;
use serde_json::{Value as Json, json};

use crate::finding::Finding;
use crate::kube::ClusterAddress;
use crate::plan::{Observed, Target};
use crate::proof::{Manifest, Object, same_objects};

/// One thing that the upgrade does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deed {
    verb: &'static str,
    group: String,
    resource: String,
    /// `None` for what belongs to no namespace.
    namespace: Option<String>,
    /// Where the right to one object is enough.
    name: Option<String>,
}

impl Deed {
    fn on(verb: &'static str, object: &Object, namespace: &str) -> Self {
        let version = object.get(&["apiVersion"]).and_then(|value| value.as_str());
        let group = version.and_then(|version| version.split_once('/'));
        let own = object.get(&["metadata", "namespace"]);
        let own = own.and_then(|value| value.as_str()).unwrap_or(namespace);
        Self {
            verb,
            group: group.map(|(group, _)| group).unwrap_or_default().to_owned(),
            resource: resource_of(&object.kind),
            namespace: (!CLUSTER_WIDE.contains(&object.kind.as_str())).then(|| own.to_owned()),
            // A role may name the objects that it lets change; what is created has no name to it yet.
            name: (verb != "create").then(|| object.name.clone()),
        }
    }

    /// One on whatever there is of a resource, given as verb, group and resource.
    fn any((verb, group, resource): (&'static str, &str, &str), namespace: &str) -> Self {
        Self {
            verb,
            group: group.to_owned(),
            resource: resource.to_owned(),
            namespace: Some(namespace.to_owned()),
            name: None,
        }
    }

    fn shown(&self) -> String {
        match self.group.as_str() {
            "" => format!("{} {}", self.verb, self.resource),
            group => format!("{} {}.{group}", self.verb, self.resource),
        }
    }
}

/// Kinds of charts that belong to no namespace.
const CLUSTER_WIDE: [&str; 6] = [
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "Namespace",
    "PriorityClass",
    "StorageClass",
];

/// The resource of a kind, by the rule that kubectl guesses by.
fn resource_of(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) if !stem.ends_with(['a', 'e', 'i', 'o', 'u']) => format!("{stem}ies"),
        None if kind == "endpoints" => kind,
        None if kind.ends_with('s') => format!("{kind}es"),
        _ => format!("{kind}s"),
    }
}

/// All that carrying out `target` does in the cluster: Helm's own Secret (`in_secrets`, where Helm keeps releases in them),
/// and every object that comes, changes or goes.
#[must_use]
pub fn deeds(target: &Target, helm_major: u64, in_secrets: bool) -> Vec<Deed> {
    let namespace = &target.coordinates.id.namespace;
    let nothing = Manifest::default();
    let release = target.observed.release();
    let before = release.map_or(&nothing, |release| &release.manifest);
    let storage = |verb| Deed::any((verb, "", "secrets"), namespace);
    let mut deeds = Vec::new();
    if in_secrets {
        deeds.extend([storage("create"), storage("update")]);
    }
    deeds.extend(namespace_deed(target, helm_major));
    for object in target
        .rendered
        .objects
        .iter()
        .filter(|object| !object.is_hook())
    {
        let mut known = before.objects.iter();
        let verb = match known.find(|old| old.id() == object.id()) {
            None if before.may_hide(object) => continue,
            None => "create",
            Some(old) if same_objects(std::slice::from_ref(old), std::slice::from_ref(object)) => {
                continue;
            }
            Some(_) => "patch",
        };
        deeds.push(Deed::on(verb, object, namespace));
    }
    let gone = before
        .objects
        .iter()
        .filter(|old| !old.stays_behind() && !target.rendered.may_hide(old))
        .filter(|old| {
            !target
                .rendered
                .objects
                .iter()
                .any(|object| object.id() == old.id())
        });
    deeds.extend(gone.map(|object| Deed::on("delete", object, namespace)));
    deeds.sort_unstable();
    deeds.dedup();
    deeds
}

/// Everything there is to do: who may do that, as administrators may, need not be asked about each deed.
#[must_use]
pub fn everything() -> Deed {
    Deed {
        verb: "*",
        group: "*".to_owned(),
        resource: "*".to_owned(),
        namespace: None,
        name: None,
    }
}

/// What `--create-namespace` needs, even where the namespace is there already. Tried with 3.17.2, which creates, and 4.3.1,
/// which patches; neither does it for a release that exists.
fn namespace_deed(target: &Target, helm_major: u64) -> Option<Deed> {
    let at = &target.coordinates;
    let is_new = matches!(target.observed, Observed::Absent);
    (is_new && target.upgrade.creates_namespace()).then(|| Deed {
        verb: if helm_major >= 4 { "patch" } else { "create" },
        group: String::new(),
        resource: "namespaces".to_owned(),
        namespace: None,
        name: (helm_major >= 4).then(|| at.id.namespace.clone()),
    })
}

/// The questions, for `kubectl create -f - -o json`.
#[must_use]
pub fn reviews(deeds: &[Deed]) -> String {
    let items: Vec<Json> = deeds
        .iter()
        .map(|deed| {
            let (resource, below) = deed
                .resource
                .split_once('/')
                .unwrap_or((&deed.resource, ""));
            json!({
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SelfSubjectAccessReview",
                "spec": {"resourceAttributes": {
                    "verb": deed.verb,
                    "group": deed.group,
                    "resource": resource,
                    "subresource": below,
                    "namespace": deed.namespace.as_deref().unwrap_or_default(),
                    "name": deed.name.as_deref().unwrap_or_default(),
                }},
            })
        })
        .collect();
    json!({"apiVersion": "v1", "kind": "List", "items": items}).to_string()
}

#[derive(Deserialize)]
struct Answer {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    allowed: bool,
}

/// What deploying a chart into `namespace` takes, whatever the chart: Helm's own Secret, and what every component has.
#[must_use]
pub fn usual(namespace: &str) -> Vec<Deed> {
    let deeds = [
        ("create", "", "secrets"),
        ("update", "", "secrets"),
        ("create", "", "configmaps"),
        ("patch", "", "configmaps"),
        ("create", "apps", "deployments"),
        ("patch", "apps", "deployments"),
    ];
    deeds.map(|deed| Deed::any(deed, namespace)).into()
}

/// What it takes to let a short-lived pod ask servers in `namespace`.
#[must_use]
pub fn verifying(namespace: &str) -> Vec<Deed> {
    let deeds = [
        ("create", "batch", "jobs"),
        ("delete", "batch", "jobs"),
        ("list", "", "pods"),
        ("get", "", "pods/log"),
    ];
    deeds.map(|deed| Deed::any(deed, namespace)).into()
}

/// The deeds that the answers, one for each in the same order, forbid; `None` where they cannot be read.
#[must_use]
pub fn denied(deeds: &[Deed], answers: &[u8]) -> Option<Vec<String>> {
    denied_of_each(&[deeds], answers)?.pop()
}

/// The same for the deeds of several, whose questions were asked one after the other.
#[must_use]
pub fn denied_of_each(all: &[&[Deed]], answers: &[u8]) -> Option<Vec<Vec<String>>> {
    let answers: Vec<Answer> = serde_json::Deserializer::from_slice(answers)
        .into_iter()
        .collect::<Result<_, _>>()
        .ok()?;
    if answers.len() != all.iter().map(|deeds| deeds.len()).sum::<usize>() {
        return None;
    }
    let mut answers = answers.into_iter();
    let each = all.iter().map(|deeds| {
        let judged = deeds.iter().zip(answers.by_ref());
        let denied = judged.filter(|(_, answer)| !answer.status.allowed);
        denied.map(|(deed, _)| deed.shown()).collect()
    });
    Some(each.collect())
}

/// What is denied of a target's deeds.
#[must_use]
pub fn forbidden(target: &Target, denied: &[String]) -> Option<Finding> {
    let at = &target.coordinates;
    let what = format!("what upgrading {} needs", at.id.release);
    refused(&at.id.cluster, &at.id.namespace, &what, denied)
}

/// The finding of what is denied in a namespace.
#[must_use]
pub fn refused(
    cluster: &ClusterAddress,
    namespace: &str,
    what: &str,
    denied: &[String],
) -> Option<Finding> {
    if denied.is_empty() {
        return None;
    }
    let finding = Finding::error(
        "no-rights",
        format!(
            "you may not do in namespace {namespace} {what}: {}",
            denied.join(", ")
        ),
    );
    Some(finding.hint(format!(
        "ask for these rights, or use another context (--kube-context); `{}` shows what you may do",
        cluster.kubectl(&["auth", "can-i", "--list", "-n", namespace])
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::tests::{deployed_manifest, target_of};
    use crate::vendor::Component;

    const NEW: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 2}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: same}\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: c}\n";
    const OLD: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: d}\nspec: {replicas: 1}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: same}\n---\napiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: gone}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: gone}\n";

    fn upgrade() -> Target {
        Target {
            rendered: Manifest::read(NEW),
            ..target_of(Component::Agent, deployed_manifest(OLD))
        }
    }

    #[test]
    fn only_what_the_upgrade_does_is_asked_for() {
        let shown: Vec<String> = deeds(&upgrade(), 4, true).iter().map(Deed::shown).collect();
        assert_eq!(
            shown,
            [
                "create configmaps",
                "create secrets",
                "create clusterroles.rbac.authorization.k8s.io",
                "delete ingresses.networking.k8s.io",
                "delete networkpolicies.networking.k8s.io",
                "patch deployments.apps",
                "update secrets",
            ]
        );
    }

    #[test]
    fn what_belongs_to_no_namespace_is_asked_for_without_one() {
        let questions: Json = serde_json::from_str(&reviews(&deeds(&upgrade(), 4, true))).unwrap();
        let namespace = |resource: &str| {
            let items = questions["items"].as_array().unwrap().clone();
            let attributes = items.iter().map(|item| &item["spec"]["resourceAttributes"]);
            let found: Vec<Json> = attributes
                .filter(|attributes| attributes["resource"] == resource)
                .map(|attributes| attributes["namespace"].clone())
                .collect();
            found
        };
        assert_eq!(namespace("clusterroles"), [""]);
        assert_eq!(namespace("deployments"), ["ns"]);
    }

    #[test]
    fn a_first_install_creates_its_namespace_in_its_majors_way() {
        let shown = |component, major| -> Vec<String> {
            let target = target_of(component, Observed::Absent);
            let deeds = deeds(&target, major, true);
            deeds.iter().map(Deed::shown).collect()
        };
        let agent = Component::Agent;
        assert!(shown(agent, 3).contains(&"create namespaces".to_owned()));
        assert!(shown(agent, 4).contains(&"patch namespaces".to_owned()));
        let gateway = shown(Component::Gateway, 4);
        assert_eq!(gateway, ["create secrets", "update secrets"]);
    }

    #[test]
    fn what_is_denied_is_named_once() {
        let target = upgrade();
        let deeds = deeds(&target, 4, true);
        let answers = |allowed: &dyn Fn(usize) -> bool| -> Vec<u8> {
            let answers = (0..deeds.len()).map(|i| json!({"status": {"allowed": allowed(i)}}));
            answers
                .map(|answer| answer.to_string())
                .collect::<Vec<_>>()
                .join("\n")
                .into_bytes()
        };
        assert_eq!(denied(&deeds, &answers(&|_| true)), Some(Vec::new()));
        let forbids = denied(&deeds, &answers(&|i| i > 1)).unwrap();
        let found = forbidden(&target, &forbids).unwrap();
        assert!(
            found
                .message
                .ends_with("needs: create configmaps, create secrets")
        );
        assert_eq!(denied(&deeds, b"{\"status\": {\"allowed\": false}}"), None);
        assert_eq!(denied(&deeds, b"nonsense"), None);
        let (first, second) = deeds.split_at(1);
        let each = denied_of_each(&[first, second], &answers(&|i| i > 1)).unwrap();
        assert_eq!(each, [["create configmaps"], ["create secrets"]]);
    }
}
