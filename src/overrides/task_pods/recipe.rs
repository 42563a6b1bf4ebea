//! The vendor's recipe as values, with what experiment showed to be missing in it.

use serde_yaml::Value;

use super::ProjectedSource;
pub(super) use crate::trust_store::{BUNDLE_DIR, BUNDLE_FILE, SOURCES_DIR, UPDATE, runs_update};

pub(super) const BUNDLE_VOLUME: &str = "etc-ssl-certs";
pub(super) const REPLACED_VOLUME: &str = "clearml-ca-bundle";
pub(super) const INIT_CONTAINER: &str = "init-task";

/// What the vendor documents: requests (and with it the ClearML SDK) reads the first; urllib3, httpx, aiohttp and uv the
/// second.
const DOCUMENTED: &[&str] = &["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"];

/// For clients that read neither, or read their own first (each tried alone): curl, git, boto3, node, gRPC, pip, httplib2,
/// cargo. uv needs none: it reads `SSL_CERT_FILE`, and warns of `UV_NATIVE_TLS`, which it is about to drop.
const FURTHER: &[&str] = &[
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "PIP_CERT",
    "HTTPLIB2_CA_CERTS",
    "CARGO_HTTP_CAINFO",
];

/// Which environment variables of task pods point to the bundle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Variables {
    /// Those of Python's clients, and of curl, git, boto3, node, gRPC, pip, httplib2 and cargo.
    #[default]
    All,
    /// Those of Python's clients, as the vendor documents.
    Documented,
}

impl Variables {
    /// Their names, the documented ones first.
    pub(super) fn names(self) -> impl Iterator<Item = &'static str> {
        let further = match self {
            Self::All => FURTHER,
            Self::Documented => &[],
        };
        DOCUMENTED.iter().chain(further).copied()
    }
}

/// Whether Python's clients, and so the ClearML SDK, need the variable.
pub(super) fn is_documented(variable: &str) -> bool {
    DOCUMENTED.contains(&variable)
}

/// The mounts of the init container, and of the task's container. Without the sources, a later
/// `update-ca-certificates` in the task (an `apt-get install` is enough) would drop them from the bundle.
pub(super) fn mounts(sources_volume: &str) -> [Value; 2] {
    let mount =
        |name: &str, path: &str| mapping([("name", name.into()), ("mountPath", path.into())]);
    [
        mount(BUNDLE_VOLUME, BUNDLE_DIR),
        mount(sources_volume, SOURCES_DIR),
    ]
}

/// What the init container runs.
pub(super) fn update_command() -> Vec<Value> {
    ["/bin/sh", "-c", UPDATE].map(Value::from).to_vec()
}

/// The init container. What the namespace demands of the task's container it demands of this one as well, so it takes over
/// what the template says of that: the first with this key counts.
pub(super) fn init_container(image: &str, sources_volume: &str, templates: &[&Value]) -> Value {
    let mut container = mapping([
        ("command", Value::Sequence(update_command())),
        ("image", image.into()),
        ("imagePullPolicy", "IfNotPresent".into()),
        ("name", INIT_CONTAINER.into()),
    ]);
    let of_template = |key: &str| {
        let mut found = templates.iter().filter_map(|template| template.get(key));
        found.find(|value| value.as_mapping().is_some_and(|all| !all.is_empty()))
    };
    if let Some(resources) = of_template("resources").and_then(computed) {
        set_field(&mut container, "resources", resources);
    }
    if let Some(context) = of_template("containerSecurityContext") {
        set_field(&mut container, "securityContext", context.clone());
    }
    let mounts = Value::Sequence(mounts(sources_volume).to_vec());
    set_field(&mut container, "volumeMounts", mounts);
    container
}

/// Of a container's resources, those that any container uses: it needs no GPU to write a file. They cost no quota, since of
/// init containers and the others the larger counts
/// (<https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers>).
fn computed(resources: &Value) -> Option<Value> {
    let mut kept = serde_yaml::Mapping::new();
    for kind in ["limits", "requests"] {
        let all = resources.get(kind).and_then(Value::as_mapping);
        let of_kind: serde_yaml::Mapping = all
            .into_iter()
            .flatten()
            .filter(|(name, _)| matches!(name.as_str(), Some("cpu" | "memory")))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        if !of_kind.is_empty() {
            kept.insert(kind.into(), Value::Mapping(of_kind));
        }
    }
    (!kept.is_empty()).then_some(Value::Mapping(kept))
}

pub(super) fn variable(name: &str) -> Value {
    mapping([("name", name.into()), ("value", BUNDLE_FILE.into())])
}

pub(super) fn bundle_volume() -> Value {
    let empty = Value::Mapping(serde_yaml::Mapping::new());
    mapping([("name", BUNDLE_VOLUME.into()), ("emptyDir", empty)])
}

pub(super) fn sources_volume(name: &str, sources: Vec<Value>) -> Value {
    let projected = mapping([
        ("defaultMode", 420.into()),
        ("sources", Value::Sequence(sources)),
    ]);
    mapping([("name", name.into()), ("projected", projected)])
}

/// A projected volume with other sources.
pub(super) fn with_sources(mut volume: Value, sources: Vec<Value>) -> Value {
    if let Some(mut projected) = volume.get("projected").cloned() {
        set_field(&mut projected, "sources", Value::Sequence(sources));
        set_field(&mut volume, "projected", projected);
    }
    volume
}

pub(super) fn source(source: &ProjectedSource) -> Value {
    let mut config_map = mapping([("name", source.config_map.as_str().into())]);
    if let Some((key, path)) = &source.item {
        let item = mapping([("key", key.as_str().into()), ("path", path.as_str().into())]);
        set_field(&mut config_map, "items", Value::Sequence(vec![item]));
    }
    mapping([("configMap", config_map)])
}

/// Mounts the rendered bundle itself: `subPath` leaves the image's other files in the folder alone.
pub(super) fn replaced_mount(key: &str) -> Value {
    file_mount(REPLACED_VOLUME, BUNDLE_FILE, key)
}

/// The mount of one file of a volume.
pub(super) fn file_mount(volume: &str, path: &str, file: &str) -> Value {
    mapping([
        ("name", volume.into()),
        ("mountPath", path.into()),
        ("subPath", file.into()),
    ])
}

pub(super) fn replaced_volume(config_map: &str) -> Value {
    let config_map = mapping([("name", config_map.into())]);
    mapping([("name", REPLACED_VOLUME.into()), ("configMap", config_map)])
}

pub(super) fn mount_path(mount: &Value) -> &str {
    let path = mount.get("mountPath").and_then(Value::as_str);
    path.unwrap_or_default().trim_end_matches('/')
}

pub(super) fn name_of(value: &Value) -> Option<&str> {
    value.get("name").and_then(Value::as_str)
}

pub(super) fn sequence(value: &Value, field: &str) -> Vec<Value> {
    value
        .get(field)
        .and_then(Value::as_sequence)
        .cloned()
        .unwrap_or_default()
}

pub(super) fn set_field(value: &mut Value, field: &str, inner: Value) {
    if let Value::Mapping(mapping) = value {
        mapping.insert(field.into(), inner);
    }
}

fn mapping<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Mapping(
        fields
            .into_iter()
            .map(|(key, value)| (Value::from(key), value))
            .collect(),
    )
}
