//! A release as helm tells of it, without a cluster: what a chart renders is what the cluster has.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::World;

/// When everything was deployed, and when the pods started.
pub const DEPLOYED: &str = "2026-01-01T10:00:00Z";
pub const STARTED: &str = "2026-01-01T10:00:05Z";

/// What helm tells of a release.
#[derive(Clone)]
pub struct Release {
    pub name: String,
    pub values: Value,
    pub manifest: String,
    /// The live objects, each with the moment of its last change, and a list of pods for each Deployment.
    pub live: Vec<Value>,
}

impl Release {
    /// What a values file makes of a chart.
    pub fn of(world: &World, name: &str, chart: &str, file: &str) -> Self {
        let chart = super::chart(chart);
        let template = ["template", name, &chart, "-n", "team-a", "-f", file];
        let manifest = world.helm(template).exits(0).stdout.clone();
        // Paths in it may have been made stable, and nobody reads those.
        let mut live: Vec<Value> = serde_yaml::Deserializer::from_str(&manifest)
            .map(|document| Value::deserialize(document).unwrap())
            .filter(|document| !document.is_null())
            .collect();
        for object in &mut live {
            object["metadata"]["managedFields"] = json!([{"manager": "helm", "time": DEPLOYED}]);
        }
        let deployments = live.iter().filter(|one| one["kind"] == "Deployment");
        let pods: Vec<Value> = deployments.map(pods_of).collect();
        live.extend(pods);
        Self {
            name: name.to_owned(),
            values: serde_yaml::from_str(&world.read(file)).unwrap(),
            manifest,
            live,
        }
    }

    /// What `helm status -o json --show-resources` prints.
    pub fn status(&self) -> String {
        let status = json!({
            "name": self.name,
            "version": 3,
            "info": {"status": "deployed", "resources": {"all": self.live}},
            "config": self.values,
            "manifest": self.manifest,
        });
        status.to_string()
    }

    pub fn object(&mut self, kind: &str, name: &str) -> &mut Value {
        let mut live = self.live.iter_mut();
        live.find(|one| one["kind"] == kind && one["metadata"]["name"] == name)
            .unwrap()
    }

    /// The first pod.
    pub fn pod(&mut self) -> &mut Value {
        let mut live = self.live.iter_mut();
        &mut live.find(|one| one["kind"] == "PodList").unwrap()["items"][0]
    }
}

/// The pods of a Deployment as the API lists them: what stands in a list does not say what it is.
fn pods_of(deployment: &Value) -> Value {
    let name = deployment["metadata"]["name"].as_str().unwrap();
    json!({"kind": "PodList", "items": [{
        "metadata": {
            "name": format!("{name}-77f-x1"),
            "labels": {"pod-template-hash": "77f"},
            "creationTimestamp": STARTED,
            "ownerReferences": [{"controller": true, "kind": "ReplicaSet", "name": format!("{name}-77f")}],
        },
        "spec": deployment["spec"]["template"]["spec"],
        "status": {"phase": "Running"},
    }]})
}

/// What `helm list -o json` prints of releases: name, namespace, and chart with its version.
pub fn list(releases: &[(&str, &str, &str)]) -> String {
    let all: Vec<Value> = releases
        .iter()
        .map(|(name, namespace, chart)| {
            json!({"name": name, "namespace": namespace, "revision": "3", "status": "deployed", "chart": chart})
        })
        .collect();
    json!(all).to_string()
}
