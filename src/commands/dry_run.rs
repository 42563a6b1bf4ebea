//! Asking the API server what it would say to objects that nobody makes yet.

use std::collections::HashSet;
use std::convert::Infallible;

use anyhow::Result;
use serde_json::{Value as Json, json};

use super::side_by_side::{AT_ONCE, side_by_side};
use crate::finding::Finding;
use crate::helm::Helm;
use crate::kube::Kubectl;
use crate::plan::Target;
use crate::preflight::{self, AdmissionAnswers};
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
    let namespace = &target.coordinates.id.namespace;
    let verb = ["apply", "--server-side", "--field-manager=helm"];
    let Ok(said) = screen.step("asking the cluster whose fields the upgrade sets", || {
        Ok::<_, Infallible>(refusals(kubectl, &verb, namespace, &objects))
    });
    let against = objects.iter().zip(said);
    let found = against.filter_map(|(object, said)| preflight::conflict(object, &said?));
    Ok(found.collect())
}

/// What the API server says to the pods that the upgrade brings.
pub(super) fn pods(target: &Target, kubectl: &Kubectl, screen: &Screen) -> AdmissionAnswers {
    let newcomers = preflight::newcomers(target);
    if newcomers.is_empty() {
        return AdmissionAnswers::default();
    }
    let namespace = &target.coordinates.id.namespace;
    let what = format!("asking whether namespace {namespace} lets the new pods in");
    let Ok(answers) = screen.step(&what, || {
        let pods: Vec<Json> = newcomers.iter().map(|one| one.pod.clone()).collect();
        let said = refusals(kubectl, &["create"], namespace, &pods);
        // What is rejected may have been so before.
        let followed = newcomers
            .iter()
            .zip(&said)
            .filter(|(_, said)| said.is_some());
        let followed = followed.filter_map(|(one, _)| one.before.clone());
        let followed: Vec<Json> = followed.collect();
        let mut said_before = refusals(kubectl, &["create"], namespace, &followed).into_iter();
        let before = newcomers.iter().zip(&said);
        let before: Vec<Option<String>> = before
            .map(|(one, said)| match (said, &one.before) {
                (Some(_), Some(_)) => said_before.next().flatten(),
                _ => None,
            })
            .collect();
        Ok::<_, Infallible>(preflight::answers(&newcomers, &said, &before))
    });
    answers
}

/// What the API server has against each of the `objects`, in kubectl's words; `None` where it would take it. All go in one call;
/// where some are refused, each of those is asked about alone, so that it is known whose words they are.
///
/// They are read from stdin: manifests hold secrets. Fields that are not known are left to who makes the object.
pub(super) fn refusals(
    kubectl: &Kubectl,
    verb: &[&str],
    namespace: &str,
    objects: &[Json],
) -> Vec<Option<String>> {
    let ask = |input: &Json| {
        let words = [
            verb,
            &["--dry-run=server", "--validate=false", "-f", "-"],
            &["-n", namespace, "-o", "name"],
        ]
        .concat();
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
