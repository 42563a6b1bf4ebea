//! Asking the cluster which engine deploys a release.

use std::convert::Infallible;

use serde_json::{Value as Json, json};
use serde_yaml::Value;

use super::side_by_side::{AT_ONCE, side_by_side};
use crate::engine::Engine;
use crate::helm::{Helm, HelmArguments, HelmError, Rendering};
use crate::kube::Kubectl;
use crate::plan::{Action, Observed, Target};
use crate::proof::{Manifest, Object};
use crate::ui::Screen;

/// The kinds whose live objects are asked for their marks: one is enough, and these are few.
const WORKLOADS: [&str; 3] = ["Deployment", "StatefulSet", "DaemonSet"];

/// Who deploys a target's release: as Helm stored its objects, else as they are in the cluster, where they may have come to belong
/// to an engine later, or without Helm.
pub(super) fn of(target: &Target, kubectl: Option<&Kubectl>, screen: &Screen) -> Option<Engine> {
    let stored = target.observed.release();
    let stored = stored.and_then(|release| Engine::of(release.objects()));
    if stored.is_some() || target.action == Action::Nothing || target.namespace_is_new {
        return stored;
    }
    let kubectl = kubectl?;
    let at = &target.coordinates;
    let what = format!("asking who deploys {}", at.release);
    let Ok(engine) = screen.step(&what, || Ok::<_, Infallible>(in_cluster(target, kubectl)));
    engine
}

fn in_cluster(target: &Target, kubectl: &Kubectl) -> Option<Engine> {
    let at = &target.coordinates;
    match target.observed {
        Observed::Unknown(_) => None,
        Observed::Absent => live(&target.objects, &at.namespace, kubectl),
        Observed::Present(_) => {
            let questions: [&(dyn Fn() -> Option<Engine> + Sync); 2] =
                [&|| live(&target.objects, &at.namespace, kubectl), &|| {
                    let charts = get(kubectl, &["helmcharts.helm.cattle.io", "-A"], None)?;
                    Engine::among_helm_charts(&charts, &at.release, &at.namespace)
                }];
            side_by_side(&questions, AT_ONCE, |ask| ask())
                .into_iter()
                .find_map(|one| one)
        }
    }
}

/// Who deploys the workloads among `objects`, where they are in the cluster; nobody where that may not be read.
fn live(objects: &[Object], namespace: &str, kubectl: &Kubectl) -> Option<Engine> {
    let is_workload = |one: &&Object| WORKLOADS.contains(&one.kind.as_str());
    let named = objects.iter().filter(is_workload).map(|one| {
        let place = match one.id().namespace {
            "" => namespace,
            own => own,
        };
        let version = one.get(&["apiVersion"]).and_then(Value::as_str);
        json!({"apiVersion": version, "kind": one.kind, "metadata": {"name": one.name, "namespace": place}})
    });
    let named: Vec<Json> = named.collect();
    if named.is_empty() {
        return None;
    }
    let list = json!({"apiVersion": "v1", "kind": "List", "items": named});
    let words = ["-f", "-", "--ignore-not-found", "--show-managed-fields"];
    Engine::of(&get(kubectl, &words, Some(list.to_string()))?)
}

/// The objects that kubectl gets.
fn get(kubectl: &Kubectl, what: &[&str], input: Option<String>) -> Option<Vec<Object>> {
    let words = [&["get"], what, &["-o", "json", "--request-timeout=5s"]].concat();
    let printed = match input {
        Some(input) => kubectl.run_with(&words, input),
        None => kubectl.run(&words),
    };
    let value: Value = serde_json::from_slice(&printed.ok()?).ok()?;
    Some(match value.get("items") {
        Some(_) => Object::listed(&value),
        None => vec![Object::new(value)],
    })
}

/// Renders as the cluster would. Where helm stumbles over objects that an engine made without a release of Helm's, it is rendered
/// past them, so that there is a plan to show: who looks the plan over finds the engine again, and refuses.
pub(super) fn rendered(
    helm: &Helm,
    rendering: &Rendering<'_>,
    arguments: &HelmArguments,
) -> Result<String, HelmError> {
    let error = match helm.template(rendering, arguments) {
        Err(error) if rendering.asks_cluster && error.is_ownership() => error,
        answer => return answer,
    };
    let past = helm.template(rendering, &arguments.taking_ownership());
    let by_engine = |stream: &String| {
        let kubectl = Kubectl::at(helm.cluster()).ok()?;
        live(
            &Manifest::read(stream).objects,
            rendering.namespace,
            &kubectl,
        )
    };
    match past {
        Ok(stream) if by_engine(&stream).is_some() => Ok(stream),
        _ => Err(error),
    }
}
