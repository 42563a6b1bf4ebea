//! The pods that an upgrade brings, as the API server's admission judges them: a namespace's rules, its quotas, and policies of
//! whatever kind. Nobody can know them all, so it is asked, in a dry run.

use serde_json::{Value as Json, json};

use crate::finding::Severity;
use crate::plan::{Action, Observed, Target};
use crate::proof::{Object, PodPlace, PodTemplate, started};
use crate::release::Snapshot;

/// A pod that is not there yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Newcomer {
    /// What it comes of.
    pub place: PodPlace,
    /// The pod, to be sent under some name.
    pub pod: Json,
    /// The pod of the deployed release that it follows.
    pub before: Option<Json>,
    /// Whether it has to find room beside all that runs: what it replaces goes when it is ready.
    needs_room: bool,
}

/// What was said of an upgrade's pods.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AdmissionAnswers {
    /// Where the pods stand that would be taken.
    pub taken: Vec<PodPlace>,
    /// Those that would not.
    pub refused: Vec<Refusal>,
    /// Why nothing is known of others.
    pub unknown: Option<String>,
}

/// A pod that the API server rejects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// Where it stands.
    pub place: PodPlace,
    /// Why, in the API server's words.
    pub words: String,
    /// How much that matters.
    pub severity: Severity,
    /// What softens it.
    pub but: &'static str,
}

/// What a pod names that has to be there, by its kind.
const NAMED: [(&str, &str); 4] = [
    ("serviceAccountName", "ServiceAccount"),
    ("serviceAccount", "ServiceAccount"),
    ("priorityClassName", "PriorityClass"),
    ("runtimeClassName", "RuntimeClass"),
];

/// The pods of `target` that are new, or other than the deployed release's. None where the namespace is not there yet.
#[must_use]
pub fn newcomers(target: &Target) -> Vec<Newcomer> {
    let unknown = matches!(target.observed, Observed::Unknown(_));
    if unknown || target.action == Action::Nothing || target.namespace_is_new {
        return Vec::new();
    }
    let release = target.observed.release();
    let manifest = release.map(|release| &release.manifest);
    let deployed = release.map(Snapshot::objects).unwrap_or_default();
    let before = started(deployed);
    let to_come = |kind: &str, name: &str| {
        let has = |objects: &[Object]| {
            let mut objects = objects.iter();
            objects.any(|one| one.kind == kind && one.name == name)
        };
        has(&target.rendered.objects) && !has(deployed)
    };
    let pods = started(&target.rendered.objects);
    let image = pods.iter().find_map(|(_, pod)| images(pod).next());
    let sent = |pod: &PodTemplate| as_sent(pod, image, &to_come);
    let new = pods.iter().filter_map(|(place, pod)| {
        let object = workload(&target.rendered.objects, place);
        if object.is_some_and(|one| !one.is_in(&target.coordinates.id.namespace) || is_asleep(one))
        {
            return None;
        }
        let old = before.iter().find(|(known, _)| known == place);
        if old.is_some_and(|(_, old)| old == pod) {
            return None;
        }
        Some(Newcomer {
            place: place.clone(),
            pod: sent(pod)?,
            before: old.and_then(|(_, old)| sent(old)),
            needs_room: object.is_some_and(|object| {
                let is_new = old.is_none() && !manifest.is_some_and(|one| one.may_hide(object));
                needs_room(object, is_new)
            }),
        })
    });
    new.collect()
}

fn workload<'a>(objects: &'a [Object], place: &PodPlace) -> Option<&'a Object> {
    let PodPlace::Workload { kind, name } = place else {
        return None;
    };
    let mut objects = objects.iter();
    objects.find(|one| one.kind == *kind && one.name == *name)
}

/// Whether it has no pods.
fn is_asleep(object: &Object) -> bool {
    let replicas = object.get(&["spec", "replicas"]);
    replicas.and_then(serde_yaml::Value::as_u64) == Some(0)
}

/// Whether a workload's first new pod comes beside all old ones, which it does where none of them may be missing meanwhile
/// (<https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#rolling-update-deployment>). Those of a `CronJob` come
/// later.
fn needs_room(object: &Object, is_new: bool) -> bool {
    let text = |path: &[&str]| object.get(path).and_then(serde_yaml::Value::as_str);
    if is_new || object.kind != "Deployment" {
        return is_new && object.kind != "CronJob";
    }
    let replicas = object.get(&["spec", "replicas"]);
    let replicas = replicas.and_then(serde_yaml::Value::as_u64).unwrap_or(1);
    let part = |field: &str, rounds_up: bool| {
        let path = ["spec", "strategy", "rollingUpdate", field];
        match object.get(&path).and_then(serde_yaml::Value::as_u64) {
            Some(number) => number,
            None => {
                let percent = text(&path).unwrap_or("25%").trim_end_matches('%');
                let hundredths = percent
                    .parse::<u64>()
                    .unwrap_or(25)
                    .saturating_mul(replicas);
                let up = if rounds_up { 99 } else { 0 };
                hundredths.saturating_add(up) / 100
            }
        }
    };
    let is_recreated = text(&["spec", "strategy", "type"]) == Some("Recreate");
    // Where neither one more nor one less is allowed, it is one less.
    !is_recreated && part("maxUnavailable", false) == 0 && part("maxSurge", true) > 0
}

/// The images that a pod's containers name.
fn images(pod: &PodTemplate) -> impl Iterator<Item = &str> {
    let lists = ["containers", "initContainers"].into_iter();
    let containers = lists.filter_map(|field| pod.spec.get(field)?.as_sequence());
    containers
        .flatten()
        .filter_map(|one| one.get("image")?.as_str())
}

/// A pod as it is started: what the agent says of a task's container is made up, and what this upgrade makes first is left out,
/// as it is no obstacle then.
fn as_sent(
    pod: &PodTemplate,
    image: Option<&str>,
    to_come: &dyn Fn(&str, &str) -> bool,
) -> Option<Json> {
    let mut spec = serde_json::to_value(&pod.spec).ok()?;
    let fields = spec.as_object_mut()?;
    for (field, kind) in NAMED {
        let named = fields.get(field).and_then(Json::as_str);
        if named.is_some_and(|name| to_come(kind, name)) {
            fields.remove(field);
        }
    }
    let own = images(pod).next().or(image).unwrap_or("ubuntu");
    let containers = fields.get_mut("containers")?.as_array_mut()?;
    for (index, container) in containers.iter_mut().enumerate() {
        let container = container.as_object_mut()?;
        container
            .entry("name")
            .or_insert_with(|| task_name(index).into());
        container.entry("image").or_insert_with(|| own.into());
    }
    let metadata = serde_json::to_value(&pod.metadata).ok()?;
    let of = |field: &str| metadata.get(field).cloned().unwrap_or_default();
    Some(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "labels": of("labels"),
            "annotations": of("annotations"),
        },
        "spec": spec,
    }))
}

/// What a task's container is called here; further ones are seldom without a name.
fn task_name(index: usize) -> String {
    match index {
        0 => "task".to_owned(),
        _ => format!("task-{index}"),
    }
}

/// What kubectl said of a pod: `None` where the API server would take it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// Of the pod.
    pub now: Option<String>,
    /// Of the one that it follows, where it was asked about.
    pub before: Option<String>,
}

/// Judges what kubectl said of each.
#[must_use]
pub fn answers<'a>(newcomers: impl Iterator<Item = (&'a Newcomer, Said)>) -> AdmissionAnswers {
    let mut answers = AdmissionAnswers::default();
    for (newcomer, Said { now, before }) in newcomers {
        let Some(said) = now else {
            answers.taken.push(newcomer.place.clone());
            continue;
        };
        let Some(words) = refusal(&said) else {
            let why = said.lines().next().unwrap_or_default().to_owned();
            answers.unknown.get_or_insert(why);
            continue;
        };
        let was_rejected = || before.as_deref().and_then(refusal).is_some();
        let (severity, but) = if words.contains("exceeded quota") {
            if newcomer.needs_room {
                (Severity::Error, "")
            } else {
                // What it replaces goes first, or nobody knows what will run by then.
                (
                    Severity::Warning,
                    ", as long as so much of the quota is used",
                )
            }
        } else if was_rejected() {
            (
                Severity::Warning,
                ", as it does those of the deployed release",
            )
        } else {
            (Severity::Error, "")
        };
        let place = newcomer.place.clone();
        answers.refused.push(Refusal {
            place,
            words,
            severity,
            but,
        });
    }
    answers
}

/// Why the API server rejects an object, as far as it is about the object: not about who asks, nor a policy that cannot be asked in
/// a dry run, nor a server that does not answer.
fn refusal(said: &str) -> Option<String> {
    let about_us = ["is forbidden: User ", "does not support dry run"];
    let about_it = [
        "(Forbidden)",
        "(BadRequest)",
        " is invalid: ",
        "denied the request",
        "denied request",
    ];
    let has = |signs: &[&str]| signs.iter().any(|sign| said.contains(sign));
    if has(&about_us) || !has(&about_it) {
        return None;
    }
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("Warning:")).collect();
    let all = lines.join("; ");
    // kubectl's own words, and the name that the pod got here.
    let begins = [
        "when creating \"STDIN\": ",
        " is forbidden: ",
        " is invalid: ",
    ];
    let words = begins.iter().fold(all.as_str(), |rest, begin| {
        rest.split_once(begin).map_or(rest, |(_, rest)| rest)
    });
    Some(words.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preflight::tests::{deployed_manifest, target_of};
    use crate::proof::parse;
    use crate::vendor::Component;

    fn deployment(image: &str, more: &str) -> String {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: d}}\nspec: {{template: {{spec: {{serviceAccountName: sa, priorityClassName: high, containers: [{{name: c, image: {image}}}]}}}}{more}}}\n---\n"
        )
    }

    const TASKS: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: pt}\ndata: {t.yaml: 'metadata: {labels: {a: b}}\n\n    spec: {containers: [{env: []}]}'}\n---\n";
    const ACCOUNT: &str = "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: sa}\n---\n";

    fn of(before: Option<&str>, after: &str) -> Vec<Newcomer> {
        let observed = before.map_or(Observed::Absent, deployed_manifest);
        let mut target = target_of(Component::Agent, observed);
        target.rendered.objects = parse(after).unwrap();
        newcomers(&target)
    }

    #[test]
    fn pods_that_change_are_sent_and_no_others() {
        let old = format!("{}{TASKS}", deployment("old", ""));
        let new = format!("{}{TASKS}", deployment("new", ""));
        assert!(of(Some(&old), &old).is_empty());
        let found = of(Some(&old), &new);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].place.to_string(), "Deployment d");
        let image = |pod: &Json| pod.pointer("/spec/containers/0/image").cloned();
        assert_eq!(image(&found[0].pod), Some("new".into()));
        assert_eq!(image(found[0].before.as_ref().unwrap()), Some("old".into()));
        assert_eq!(of(None, &new).len(), 2);
        assert!(of(None, &deployment("x", ", replicas: 0")).is_empty());
        let mut target = target_of(Component::Agent, Observed::Absent);
        target.rendered.objects = parse(&new).unwrap();
        target.namespace_is_new = true;
        assert!(newcomers(&target).is_empty());
    }

    #[test]
    fn a_tasks_pod_is_sent_as_the_agent_starts_it() {
        let found = of(None, &format!("{}{TASKS}", deployment("ours", "")));
        let [_, task] = found.as_slice() else {
            panic!("{found:?}");
        };
        let expected = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"labels": {"a": "b"}, "annotations": null},
            "spec": {"containers": [{"name": "task", "image": "ours", "env": []}]},
        });
        assert_eq!((&task.pod, task.needs_room), (&expected, false));
    }

    #[test]
    fn what_the_upgrade_makes_first_is_no_obstacle() {
        let named = |before: Option<&str>, more: &str| {
            let found = of(before, &format!("{}{more}", deployment("x", "")));
            let spec = found[0].pod.pointer("/spec").cloned().unwrap();
            let name = |field: &str| spec.get(field).and_then(Json::as_str).map(str::to_owned);
            ["serviceAccountName", "priorityClassName"].map(name)
        };
        let [sa, high] = ["sa", "high"].map(|name| Some(name.to_owned()));
        assert_eq!(named(None, ""), [sa.clone(), high.clone()]);
        assert_eq!(named(None, ACCOUNT), [None, high.clone()]);
        assert_eq!(named(Some(ACCOUNT), ACCOUNT), [sa, high]);
    }

    #[test]
    fn a_pod_needs_room_where_what_it_replaces_stays_until_it_is_ready() {
        for (more, expected) in [
            ("", true),
            (", replicas: 3", true),
            (", replicas: 4", false),
            (", strategy: {type: Recreate}", false),
            (", strategy: {rollingUpdate: {maxUnavailable: 1}}", false),
            (", strategy: {rollingUpdate: {maxUnavailable: 100%}}", false),
            (
                ", replicas: 4, strategy: {rollingUpdate: {maxUnavailable: 0}}",
                true,
            ),
            (", strategy: {rollingUpdate: {maxSurge: 0}}", false),
        ] {
            let old = deployment("old", more);
            let found = of(Some(&old), &deployment("new", more));
            assert_eq!(found[0].needs_room, expected, "{more}");
            assert!(of(None, &old)[0].needs_room, "{more}");
        }
    }

    #[test]
    fn a_refusal_is_told_from_what_is_about_us() {
        for (said, expected) in [
            (
                "Error from server (Forbidden): error when creating \"STDIN\": pods \"helm-clearml-certs-0\" is forbidden: violates PodSecurity \"restricted:latest\": x\n",
                Some("violates PodSecurity \"restricted:latest\": x"),
            ),
            (
                "Warning: something\nThe Pod \"a\" is invalid: spec.containers[0].name: Required value\n",
                Some("spec.containers[0].name: Required value"),
            ),
            (
                "Error from server (Forbidden): error when creating \"STDIN\": admission webhook \"w\" denied the request: [a] no\n[b] never\n",
                Some("admission webhook \"w\" denied the request: [a] no; [b] never"),
            ),
            (
                "Error from server (Forbidden): error when creating \"STDIN\": pods is forbidden: User \"u\" cannot create resource \"pods\" in API group \"\" in the namespace \"n\"",
                None,
            ),
            (
                "Error from server (BadRequest): error when creating \"STDIN\": admission webhook \"w\" does not support dry run",
                None,
            ),
            ("Unable to connect to the server: EOF", None),
        ] {
            assert_eq!(refusal(said).as_deref(), expected, "{said}");
        }
    }

    fn of_one(newcomers: &[Newcomer], said: Said) -> AdmissionAnswers {
        answers(newcomers.iter().zip([said]))
    }

    #[test]
    fn how_much_a_refusal_matters_depends_on_what_runs() {
        let [old, new] = ["old", "new"].map(|image| deployment(image, ", replicas: 4"));
        let found = of(Some(&old), &new);
        let judged = |said: &str, before: Option<&str>| {
            let [now, before] = [Some(said), before].map(|said| said.map(str::to_owned));
            let judged = of_one(&found, Said { now, before });
            judged.refused.first().map(|one| one.severity)
        };
        let refused = "(Forbidden): pods \"a\" is forbidden: violates";
        assert_eq!(judged(refused, None), Some(Severity::Error));
        assert_eq!(judged(refused, Some(refused)), Some(Severity::Warning));
        assert_eq!(judged(refused, Some("EOF")), Some(Severity::Error));
        let quota = "(Forbidden): pods \"a\" is forbidden: exceeded quota: q";
        assert_eq!(judged(quota, None), Some(Severity::Warning));
        let found = of(Some(&deployment("old", "")), &deployment("new", ""));
        // That the old one would not be let in a second time says nothing.
        let full = || Some(quota.to_owned());
        let both = Said {
            now: full(),
            before: full(),
        };
        assert_eq!(of_one(&found, both).refused[0].severity, Severity::Error);
        let silent = Said {
            now: Some("EOF".to_owned()),
            before: None,
        };
        let unknown = of_one(&found, silent);
        assert_eq!(unknown.unknown.as_deref(), Some("EOF"));
        assert_eq!(of_one(&found, Said::default()).taken.len(), 1);
    }
}
