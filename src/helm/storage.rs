//! A release as Helm keeps it in a Secret, for each revision one: many of them are read in one call of kubectl, where Helm itself
//! takes a call for each.
//!
//! Source: `pkg/storage` of Helm 3 and 4 (`makeKey`), and `pkg/storage/driver` (`encodeRelease`: JSON, gzip, base64).

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use serde_json::Value as Json;

use super::Deployed;
use super::releases::Status;
use crate::environment::variable;
use crate::kube::Reference;

/// More than etcd takes of a Secret, many times over: what is larger unpacked is no release.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Whether Helm keeps releases in Secrets, as it does unless `HELM_DRIVER` names another place.
#[must_use]
pub fn keeps_releases_in_secrets() -> bool {
    variable("HELM_DRIVER").is_none_or(|driver| matches!(driver.as_str(), "secret" | "secrets"))
}

/// The Secret that keeps a revision of a release.
#[must_use]
pub fn secret_of(release: &str, namespace: &str, revision: u64) -> Reference {
    let name = format!("sh.helm.release.v1.{release}.v{revision}");
    Reference::core("Secret", namespace, &name)
}

/// What such a Secret keeps, as `helm status` tells it, without the objects in the cluster. `None` where it is none, or where it
/// cannot be read.
#[must_use]
pub fn stored_in(secret: &Json) -> Option<Deployed> {
    let data = secret.pointer("/data/release")?.as_str()?;
    let written = STANDARD.decode(data).ok()?;
    let packed = STANDARD.decode(written).ok()?;
    let mut unpacked = Vec::new();
    let mut reader = GzDecoder::new(packed.as_slice()).take(LARGEST);
    reader.read_to_end(&mut unpacked).ok()?;
    let status: Status = serde_json::from_slice(&unpacked).ok()?;
    status.deployed().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::json;

    use super::*;

    fn secret(kept: &str) -> Json {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(kept.as_bytes()).unwrap();
        let written = STANDARD.encode(packed.finish().unwrap());
        json!({"kind": "Secret", "data": {"release": STANDARD.encode(written)}})
    }

    #[test]
    fn a_release_is_read_out_of_its_secret() {
        let kept = json!({
            "name": "r",
            "info": {"status": "deployed", "notes": "hello"},
            "chart": {"metadata": {"name": "c"}},
            "config": {"a": 1},
            "manifest": "kind: ConfigMap\n",
            "version": 7,
            "apply_method": "ssa",
        });
        let deployed = stored_in(&secret(&kept.to_string())).unwrap();
        assert_eq!(
            (deployed.revision, deployed.status.as_str()),
            (7, "deployed")
        );
        assert_eq!(deployed.manifest, "kind: ConfigMap\n");
        assert_eq!(
            deployed.values,
            serde_yaml::from_str::<serde_yaml::Value>("a: 1").unwrap()
        );
        assert!(deployed.is_applied_by_server && deployed.live.is_none());
    }

    #[test]
    fn what_is_no_release_is_none() {
        assert_eq!(stored_in(&secret("{}")), None);
        assert_eq!(stored_in(&secret("[")), None);
        let plain = |data: &str| json!({"kind": "Secret", "data": {"release": data}});
        for data in ["", "%", "aGVsbG8=", "YUdWc2JHOD0="] {
            assert_eq!(stored_in(&plain(data)), None, "{data}");
        }
        assert_eq!(stored_in(&json!({"kind": "Secret"})), None);
    }
}
