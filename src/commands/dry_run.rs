//! Asking the API server what it would say to objects that nobody makes yet.

use std::collections::{BTreeSet, HashSet};
use std::convert::Infallible;

use anyhow::Result;
use serde_json::{Value as Json, json};

use super::asking;
use crate::finding::Finding;
use crate::helm::Helm;
use crate::kube::Kubectl;
use crate::plan::Target;
use crate::preflight::{self, AdmissionAnswers, Newcomer, Said};
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::ui::Screen;

/// The fields that others than helm have set, and that stand in the upgrade's way.
///
/// # Errors
/// Helm does not tell its version.
pub(super) fn conflicts(
    target: &Target,
    helm: &Helm,
    kubectl: &Result<Kubectl>,
    screen: &Screen,
) -> Result<Vec<Finding>> {
    let objects = preflight::contested(target, helm.major()?);
    if objects.is_empty() {
        return Ok(Vec::new());
    }
    let kubectl = match kubectl {
        Ok(kubectl) => kubectl,
        Err(error) => {
            let said = format!("{error:#}");
            let unknown = |object| preflight::conflict(object, &said);
            return Ok(objects.iter().filter_map(unknown).collect());
        }
    };
    let verb = [
        "apply",
        "-n",
        namespace(target),
        "--server-side",
        "--field-manager=helm",
    ];
    let Ok(said) = screen.step("asking the cluster whose fields the upgrade sets", || {
        Ok::<_, Infallible>(refusals(kubectl, &verb, &objects))
    });
    let against = objects.iter().zip(said);
    let found = against.filter_map(|(object, said)| preflight::conflict(object, &said?));
    Ok(found.collect())
}

/// What the API server says to the pods that each upgrade brings; nothing where there is no kubectl.
pub(super) fn pods(targets: &[Target], at_once: usize, screen: &Screen) -> Vec<AdmissionAnswers> {
    let mut answers = vec![AdmissionAnswers::default(); targets.len()];
    let asked = targets.iter().zip(&mut answers).map(|(target, answers)| {
        let group = (target, preflight::newcomers(target), answers);
        (target.coordinates.id.cluster.clone(), group)
    });
    let asked = asked.filter(|(_, (_, newcomers, _))| !newcomers.is_empty());
    asking::together(asked, at_once, |kubectl, group| {
        let namespaces: BTreeSet<&str> = group.iter().map(|(one, ..)| namespace(one)).collect();
        let what = match namespaces.first() {
            Some(only) if namespaces.len() == 1 => {
                format!("asking whether namespace {only} lets the new pods in")
            }
            _ => "asking whether the namespaces let the new pods in".to_owned(),
        };
        let newcomers = group.iter().flat_map(|(target, newcomers, _)| {
            newcomers.iter().map(|one| (namespace(target), one))
        });
        let Ok(said) = screen.step(&what, || Ok::<_, Infallible>(said_of(kubectl, newcomers)));
        let mut said = said.into_iter();
        for (_, newcomers, answers) in group {
            **answers = preflight::answers(newcomers.iter().zip(said.by_ref()));
        }
    });
    answers
}

fn namespace(target: &Target) -> &str {
    &target.coordinates.id.namespace
}

/// What is said of each pod, and of the one that it follows: what is rejected may have been so before.
fn said_of<'a>(
    kubectl: &Kubectl,
    newcomers: impl Iterator<Item = (&'a str, &'a Newcomer)>,
) -> Vec<Said> {
    let named = |pod: &Json, number: usize, namespace: &str| {
        let mut pod = pod.clone();
        if let Some(metadata) = pod.get_mut("metadata").and_then(Json::as_object_mut) {
            metadata.insert("name".into(), format!("helm-clearml-certs-{number}").into());
            metadata.insert("namespace".into(), namespace.into());
        }
        pod
    };
    let newcomers = newcomers.enumerate();
    let (pods, before): (Vec<Json>, Vec<Option<Json>>) = newcomers
        .map(|(number, (namespace, newcomer))| {
            let named = |pod: &Json| named(pod, number, namespace);
            (named(&newcomer.pod), newcomer.before.as_ref().map(named))
        })
        .unzip();
    let now = refusals(kubectl, &["create"], &pods);
    let followed = before.into_iter().zip(&now);
    let followed = followed.map(|(before, now)| before.filter(|_| now.is_some()));
    let followed: Vec<Option<Json>> = followed.collect();
    let asked: Vec<Json> = followed.iter().flatten().cloned().collect();
    let mut before = refusals(kubectl, &["create"], &asked).into_iter();
    let before = followed
        .iter()
        .map(|pod| pod.as_ref().and_then(|_| before.next().flatten()));
    let said = now.into_iter().zip(before);
    said.map(|(now, before)| Said { now, before }).collect()
}

/// What the API server has against each of the `objects`, in kubectl's words; `None` where it would take it. All go in one call;
/// where some are refused, each of those is asked about alone, so that it is known whose words they are.
///
/// They are read from stdin: manifests hold secrets. Fields that are not known are left to who makes the object.
pub(super) fn refusals(kubectl: &Kubectl, verb: &[&str], objects: &[Json]) -> Vec<Option<String>> {
    let ask = |input: &Json| {
        let how = &[
            "--dry-run=server",
            "--validate=false",
            "-f",
            "-",
            "-o",
            "name",
        ];
        let words = [verb, how].concat();
        match kubectl.attempt(&words, input.to_string()) {
            Ok(output) => {
                let [taken, said] = [output.stdout, output.stderr]
                    .map(|text| String::from_utf8_lossy(&text).into_owned());
                (output.status.success(), taken, said)
            }
            Err(error) => (false, String::new(), format!("{error:#}")),
        }
    };
    if objects.is_empty() {
        return Vec::new();
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    let (all_taken, taken, said) = ask(&list);
    // Who may ask for none of a kind need not ask for each; of other kinds it is not known whose words are whose.
    let kinds: HashSet<Option<&Json>> = objects.iter().map(|one| one.get("kind")).collect();
    let forbids = said.matches("is forbidden: User ").count();
    let forbids_all = kinds.len() == 1 && forbids == objects.len();
    if !all_taken && (objects.len() == 1 || forbids_all) {
        return objects.iter().map(|_| Some(said.clone())).collect();
    }
    side_by_side(objects, AT_ONCE, |object| {
        if all_taken || taken.lines().any(|line| line == name(object)) {
            return None;
        }
        let (is_taken, _, said) = ask(object);
        (!is_taken).then_some(said)
    })
}

/// What kubectl calls an object with `-o name`: `deployment.apps/agent`.
fn name(object: &Json) -> String {
    let text = |pointer: &str| {
        object
            .pointer(pointer)
            .and_then(Json::as_str)
            .unwrap_or_default()
    };
    let group = text("/apiVersion").split_once('/');
    let group = group
        .map(|(group, _)| format!(".{group}"))
        .unwrap_or_default();
    format!(
        "{}{group}/{}",
        text("/kind").to_lowercase(),
        text("/metadata/name")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_called_as_kubectl_calls_it() {
        let named = |version: &str, kind: &str| {
            name(&json!({"apiVersion": version, "kind": kind, "metadata": {"name": "a"}}))
        };
        assert_eq!(named("v1", "ConfigMap"), "configmap/a");
        assert_eq!(named("apps/v1", "Deployment"), "deployment.apps/a");
    }
}
