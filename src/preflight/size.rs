//! Whether the release fits into the Secret that Helm keeps it in, and each ConfigMap and Secret into etcd's limit.
//!
//! Source: Helm's `pkg/storage/driver` (JSON, gzip at the best level, base64; one Secret for each revision) and
//! `MaxSecretSize` of Kubernetes' validation, which counts the bytes of all values of a ConfigMap or Secret.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value as Json, json};
use serde_yaml::Value;

use crate::finding::Finding;
use crate::helm::ChartContent;
use crate::proof::Object;

/// The most that the values of one Secret or ConfigMap may take, in bytes.
const LIMIT: usize = 1_048_576;
/// From here on the next certificates may no longer fit: 80 %.
const NEAR: usize = LIMIT / 5 * 4;

/// What Helm will store of a release.
#[derive(Debug)]
pub struct Stored<'a> {
    /// The release's name.
    pub release: &'a str,
    /// Its namespace.
    pub namespace: &'a str,
    /// The chart's templates, files and default values.
    pub chart: &'a ChartContent,
    /// The values that the release gets, without the chart's defaults.
    pub config: &'a Value,
    /// The rendered manifest.
    pub manifest: &'a str,
}

impl Stored<'_> {
    /// The predicted size of the release's Secret, in bytes. Within a few hundred bytes of the truth: times, the
    /// description and rendered notes are not known before.
    #[must_use]
    pub fn secret_size(&self) -> usize {
        let packed = gzipped(&self.json());
        packed.div_ceil(3) * 4
    }

    /// Whether the Secret cannot come near the limit, told without packing anything: gzip makes nothing larger to speak of.
    fn is_small(&self) -> bool {
        (self.manifest.len() + weight(self.config) + self.chart.size() * 4 / 3) * 4 / 3 < NEAR
    }

    fn json(&self) -> Json {
        let files = |files: &[(String, Vec<u8>)]| -> Json {
            let files = files.iter();
            files
                .map(|(name, data)| json!({"name": name, "data": STANDARD.encode(data)}))
                .collect()
        };
        json!({
            "name": self.release,
            "info": {
                "first_deployed": TIME,
                "last_deployed": TIME,
                "deleted": "",
                "description": "Upgrade complete",
                "status": "deployed",
            },
            "chart": {
                "metadata": json_of(&self.chart.metadata),
                "lock": null,
                "templates": files(&self.chart.templates),
                "values": json_of(&self.chart.values),
                "schema": self.chart.schema.as_ref().map(|schema| STANDARD.encode(schema)),
                "files": files(&self.chart.files),
            },
            "config": json_of(self.config),
            "manifest": self.manifest,
            "version": 1,
            "namespace": self.namespace,
        })
    }
}

/// The bytes that a value takes at most in JSON, to speak of.
fn weight(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + text.matches(['\n', '"']).count() + 3,
        Value::Sequence(items) => items.iter().map(|item| weight(item) + 1).sum::<usize>() + 2,
        Value::Mapping(entries) => {
            let weights = entries
                .iter()
                .map(|(key, one)| weight(key) + weight(one) + 2);
            weights.sum::<usize>() + 2
        }
        Value::Tagged(tagged) => weight(&tagged.value),
        Value::Null | Value::Bool(_) | Value::Number(_) => 24,
    }
}

/// As long as any that Go prints.
const TIME: &str = "2026-01-01T00:00:00.000000000Z";

fn json_of(value: &Value) -> Json {
    serde_json::to_value(value).unwrap_or_default()
}

/// The size of `json` once gzip has done its best.
fn gzipped(json: &Json) -> usize {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory cannot fail.
    let written = encoder.write_all(json.to_string().as_bytes());
    let packed = written.and_then(|()| encoder.finish());
    packed.map_or(0, |bytes| bytes.len())
}

/// What is too large, or nearly.
#[must_use]
pub fn check(stored: &Stored<'_>, objects: &[Object]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = objects.iter().filter_map(too_large).collect();
    if stored.is_small() {
        return findings;
    }
    let size = stored.secret_size();
    let percent = size * 100 / LIMIT;
    let what = format!(
        "Helm keeps release {} in one Secret, which would take {size} of at most {LIMIT} bytes ({percent} %)",
        stored.release
    );
    if size > LIMIT {
        findings.push(
            Finding::error(
                "release-too-large",
                format!("{what}; the upgrade would end with `Too long: may not be more than {LIMIT} bytes`"),
            )
            .hint(FEWER),
        );
    } else if size > NEAR {
        findings.push(Finding::warning("release-nearly-too-large", what).hint(FEWER));
    }
    findings
}

const FEWER: &str = "bring fewer certificates: --mode append needs only your own CAs, since the pods keep the public ones they come with";

fn too_large(object: &Object) -> Option<Finding> {
    let size = content_size(object);
    (size > LIMIT).then(|| {
        Finding::error(
            "object-too-large",
            format!(
                "{} {} would hold {size} bytes, and Kubernetes takes at most {LIMIT}",
                object.kind, object.name
            ),
        )
        .hint(FEWER)
    })
}

/// The bytes of all values of a ConfigMap or Secret; those in base64 count decoded.
fn content_size(object: &Object) -> usize {
    let (plain, encoded) = match object.kind.as_str() {
        "ConfigMap" => ("data", "binaryData"),
        "Secret" => ("stringData", "data"),
        _ => return 0,
    };
    let size = |field: &str| -> usize {
        let values = object.get(&[field]).and_then(Value::as_mapping);
        let texts = values.into_iter().flatten().filter_map(|(_, v)| v.as_str());
        texts.map(str::len).sum()
    };
    size(plain) + size(encoded) / 4 * 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proof;

    /// Text that gzip cannot shrink by more than base64 grew it.
    fn noise(bytes: usize) -> String {
        let mut state = 0x9e37_79b9_u32;
        let raw: Vec<u8> = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            state.to_le_bytes()[0]
        })
        .take(bytes / 4 * 3)
        .collect();
        STANDARD.encode(raw)
    }

    fn codes(bundle: &str, manifest: &str) -> Vec<(&'static str, String)> {
        let config: Value = serde_yaml::from_str(&format!("bundle: {bundle}")).unwrap();
        let chart = ChartContent::default();
        let stored = Stored {
            release: "r",
            namespace: "ns",
            chart: &chart,
            config: &config,
            manifest,
        };
        let findings = check(&stored, &proof::parse(manifest).unwrap());
        findings.into_iter().map(|f| (f.code, f.message)).collect()
    }

    #[test]
    fn a_release_is_refused_above_the_limit_and_warned_of_near_it() {
        assert!(codes(&noise(100_000), "").is_empty());
        assert!(codes(&noise(700_000), "").is_empty());
        let near = codes(&noise(900_000), "");
        assert_eq!(near[0].0, "release-nearly-too-large");
        assert!(near[0].1.contains("(8"), "{}", near[0].1);
        assert_eq!(codes(&noise(1_100_000), "")[0].0, "release-too-large");
    }

    #[test]
    fn a_config_map_has_the_same_limit() {
        let map = |bytes: usize| {
            format!(
                "kind: ConfigMap\nmetadata: {{name: ca}}\ndata: {{ca.crt: {}}}\n",
                "A".repeat(bytes)
            )
        };
        assert!(codes("x", &map(LIMIT)).is_empty());
        let found = codes("x", &map(LIMIT + 1));
        assert_eq!(found[0].0, "object-too-large");
        assert!(found[0].1.contains("ConfigMap ca would hold 1048577 bytes"));
    }
}
