//! What the stand-in charts render from the plans of the built binary: both strategies, both modes, queues, overrides.

use serde::Deserialize as _;
use serde_json::{Value, json};

use super::case::{Case, Home};
use crate::support::real_node::{ALPINE, DEBIAN_12, DEBIAN_13, NO_TRUST, OWN_FILE, RED_HAT};
use crate::support::{GPU_QUEUES, Helm, World, chart};

const AGENT: &str = "clearml-agent-values.override.yaml";
const APPS: &str = "clearml-values.override.yaml";
const OLD: &str = "clearml-enterprise-agent-6.9.3";
const NEW: &str = "clearml-enterprise-agent-6.14.6";

/// A plan: chart, arguments, the file before it, the queue whose pod is looked at (none: the Deployment's), the task's image.
pub(super) type Plan = (
    &'static str,
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
);

/// A queue that has nothing of its own.
pub(super) const ONE_QUEUE: &str = "agentk8sglue:\n  queues:\n    default: {}\n";
const AS_JOB: &str = "agentk8sglue:\n  taskAsJob: true\n  queues:\n    default: {}\n";
const MORE_QUEUES: &str = "agentk8sglue:\n  appsQueue:\n    enabled: true\n    templateOverrides:\n      env: [{name: A, value: b}]\n  serverTasks: {enabled: true}\n  queues: {default: {}}\n";

const PLANS: [Plan; 26] = [
    (
        NEW,
        "agent --task-pods template",
        ONE_QUEUE,
        Some("default"),
        DEBIAN_13,
    ),
    (
        NEW,
        "agent --task-pods propagate",
        ONE_QUEUE,
        Some("default"),
        DEBIAN_13,
    ),
    (
        OLD,
        "agent --task-pods template",
        GPU_QUEUES,
        Some("gpu"),
        DEBIAN_13,
    ),
    (
        NEW,
        "agent --task-pods template --mode replace",
        ONE_QUEUE,
        Some("default"),
        DEBIAN_13,
    ),
    (
        NEW,
        "agent --task-pods propagate --mode replace",
        ONE_QUEUE,
        Some("default"),
        DEBIAN_13,
    ),
    (NEW, "agent", ONE_QUEUE, None, DEBIAN_13),
    (OLD, "agent --mode replace", GPU_QUEUES, None, DEBIAN_13),
    (
        NEW,
        "agent --task-pods template",
        GPU_QUEUES,
        Some("gpu"),
        DEBIAN_12,
    ),
    (
        NEW,
        "agent --task-pods propagate",
        GPU_QUEUES,
        Some("gpu"),
        DEBIAN_12,
    ),
    (
        NEW,
        "agent --task-pods template",
        ONE_QUEUE,
        Some("default"),
        RED_HAT,
    ),
    (
        NEW,
        "agent --task-pods template --mode replace",
        ONE_QUEUE,
        Some("default"),
        RED_HAT,
    ),
    (
        NEW,
        "agent --task-distros any",
        ONE_QUEUE,
        Some("default"),
        RED_HAT,
    ),
    (
        OLD,
        "agent --task-distros any --mode replace",
        GPU_QUEUES,
        Some("gpu"),
        RED_HAT,
    ),
    (
        NEW,
        "agent --task-distros any",
        GPU_QUEUES,
        Some("gpu"),
        ALPINE,
    ),
    (
        "clearml-enterprise-10.8.13",
        "apps --task-distros any",
        "",
        Some("apps_queue"),
        OWN_FILE,
    ),
    (
        NEW,
        "agent --task-pods template",
        ONE_QUEUE,
        Some("default"),
        NO_TRUST,
    ),
    (
        NEW,
        "agent --task-pods template --mode replace",
        ONE_QUEUE,
        Some("default"),
        NO_TRUST,
    ),
    (
        OLD,
        "agent --task-pods template --mode replace",
        GPU_QUEUES,
        Some("gpu"),
        DEBIAN_12,
    ),
    (
        NEW,
        "agent --task-pods propagate",
        AS_JOB,
        Some("default"),
        DEBIAN_13,
    ),
    (
        NEW,
        "agent --task-pods propagate",
        MORE_QUEUES,
        Some("apps_queue"),
        DEBIAN_13,
    ),
    (
        NEW,
        "agent --task-pods off",
        ONE_QUEUE,
        Some("default"),
        DEBIAN_13,
    ),
    (
        "clearml-enterprise-10.11.3",
        "apps --task-pods propagate",
        "",
        Some("apps_queue"),
        DEBIAN_13,
    ),
    (
        "clearml-enterprise-10.8.13",
        "apps --task-pods template",
        "",
        Some("apps_queue"),
        DEBIAN_12,
    ),
    (
        "clearml-enterprise-10.8.13",
        "apps --mode replace",
        "",
        Some("apps_queue"),
        DEBIAN_13,
    ),
    ("odd-agent-1.0.0", "agent", ONE_QUEUE, None, DEBIAN_13),
    (
        "single-template-agent-1.0.0",
        "agent",
        "",
        Some(""),
        DEBIAN_12,
    ),
];

/// How many of the first plans are mutated: each strategy in each mode, and the Deployments.
pub(super) const MUTATED: usize = 7;

/// The pod of each plan as it is rendered. `url` is the server's, which the agent waits for.
pub(super) fn all(server: &str, pem: &str, other: &str) -> Vec<Case> {
    PLANS
        .iter()
        .map(|plan| case(plan, server, pem, other))
        .collect()
}

pub(super) fn case(plan: &Plan, server: &str, pem: &str, other: &str) -> Case {
    let (chart_name, arguments, before, queue, image) = *plan;
    let component = arguments.split(' ').next().unwrap();
    let file = if component == "apps" { APPS } else { AGENT };
    let world = world(pem, other);
    let servers = format!(
        "  apiServerUrlReference: {server}/api\n  fileServerUrlReference: {server}/files\n  webServerUrlReference: {server}/web\n"
    );
    let before = before.replace("agentk8sglue:\n", &format!("agentk8sglue:\n{servers}"));
    world.write(file, &before);
    let chart_path = chart(chart_name);
    let command = format!("{arguments} --ca acme.pem --ca other.pem");
    world
        .plugin(&format!("render {command} --chart {chart_path} --in-place"))
        .exits(0);
    let release = if component == "apps" {
        "clearml-enterprise"
    } else {
        "clearml-agent"
    };
    let run = world.helm([
        "template",
        release,
        &chart_path,
        "--kube-version",
        "1.32.0",
        "-f",
        file,
    ]);
    run.exits(0);
    let objects: Vec<Value> = documents(&run.stdout)
        .into_iter()
        .filter(|one| !one.is_null())
        .collect();
    let (home, spec) = match queue {
        Some(queue) => template(&objects, queue),
        None => workload(&objects),
    };
    let of = queue.map_or_else(|| "Deployment".to_owned(), |queue| format!("queue {queue}"));
    let image_name = image.split(['/', ':']).nth(1).unwrap();
    Case {
        name: format!("{chart_name}, {arguments}, {of}, {image_name}"),
        kind: "as planned",
        command,
        chart: chart_name,
        file: (file, world.read(file)),
        objects,
        home,
        spec,
        image,
        pem: pem.to_owned(),
    }
}

/// A world with the two CAs.
pub(super) fn world(pem: &str, other: &str) -> World {
    let world = World::new(Helm::V4);
    world.write("acme.pem", pem).write("other.pem", other);
    world
}

fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text);
    documents
        .map(|one| Value::deserialize(one).unwrap())
        .collect()
}

/// The pod of a queue, wherever its text stands.
fn template(objects: &[Value], queue: &str) -> (Home, Value) {
    for (index, object) in objects.iter().enumerate() {
        for (key, text) in object["data"].as_object().into_iter().flatten() {
            let text = text.as_str().unwrap_or_default();
            if !text.contains("containers:") {
                continue;
            }
            let value = documents(text).remove(0);
            let pod = if queue.is_empty() {
                &value
            } else {
                &value[queue]
            };
            for spec in [&pod["spec"], &pod["spec"]["template"]["spec"]] {
                if spec["containers"].is_array() {
                    return (Home::Template(index, key.clone()), spec.clone());
                }
            }
        }
    }
    panic!("no pod of queue {queue}");
}

fn workload(objects: &[Value]) -> (Home, Value) {
    let index = objects
        .iter()
        .position(|one| one["kind"] == "Deployment")
        .unwrap();
    let mut spec = objects[index]["spec"]["template"]["spec"].clone();
    // What asks the API server of the cluster has nothing to do with certificates, and its image has no kubectl.
    let inits = super::case::list(&mut spec, "initContainers");
    inits.retain(|one| one["name"] != "init-rbac-preflight");
    (Home::Workload(index), spec)
}

/// The chart whose one template is a manifest: what is rendered from it is that, whatever the values are.
pub(super) fn fixed_chart(world: &World, of: &str, manifest: &str) {
    let folder = world.path("chart");
    std::fs::create_dir_all(folder.join("templates")).unwrap();
    for file in ["Chart.yaml", "values.yaml"] {
        std::fs::copy(format!("{}/{file}", chart(of)), folder.join(file)).unwrap();
    }
    let literal = manifest.replace("{{", "{{ \"{{\" }}");
    std::fs::write(folder.join("templates/all.yaml"), literal).unwrap();
}

/// The pod to create: the case's, with what the agent sets, asking `script`.
pub(super) fn pod(case: &Case, namespace: &str, host: &str, script: &str) -> Value {
    let mut spec = case.spec.clone();
    let main = case.task_index();
    for (index, one) in spec["containers"]
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .enumerate()
    {
        let does = if index == main { script } else { "true" };
        let name = if index == main {
            "task".to_owned()
        } else {
            format!("other-{index}")
        };
        let fields = json!({"name": name, "image": case.image, "command": ["/bin/sh", "-c", does], "args": [], "resources": {}});
        for (field, value) in fields.as_object().unwrap() {
            one[field] = value.clone();
        }
        for field in ["ports", "readinessProbe", "livenessProbe"] {
            one.as_object_mut().unwrap().remove(field);
        }
    }
    let fields = spec.as_object_mut().unwrap();
    for field in [
        "nodeSelector",
        "affinity",
        "tolerations",
        "schedulerName",
        "priorityClassName",
        "imagePullSecrets",
        "serviceAccountName",
    ] {
        fields.remove(field);
    }
    // An agent waits for its servers for ever.
    if matches!(case.home, Home::Workload(_)) {
        spec["activeDeadlineSeconds"] = 90.into();
    }
    crate::support::real_node::pod(namespace, "pod", spec, host)
}
