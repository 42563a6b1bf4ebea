//! Planted secrets: whatever runs in a [`super::World`], none of them may come out.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use helm_clearml_certs::secrets::is_secret_key;
use serde_yaml::Value;

/// Planted in the environment: in a proxy's address, and in what other tools keep there.
pub const IN_ENVIRONMENT: &str = "canary-of-the-environment-7f3a9";
/// Planted in Helm's repository and registry configuration, and in the kubeconfig.
pub const IN_CONFIGURATION: &str = "canary-of-the-configuration-1c8e2";

/// A value shorter than this would be found by chance.
const SHORTEST: usize = 5;

/// The secrets that a world holds.
#[derive(Debug, Clone)]
pub struct Canaries(Arc<Mutex<Vec<String>>>);

impl Default for Canaries {
    fn default() -> Self {
        let planted = [IN_ENVIRONMENT, IN_CONFIGURATION].map(str::to_owned);
        Self(Arc::new(Mutex::new(planted.into())))
    }
}

impl Canaries {
    /// Remembers the credentials of a values file; what is no YAML holds none.
    pub fn learn(&self, text: &str) {
        if let Ok(values) = serde_yaml::from_str(text) {
            collect(&values, &mut self.0.lock().unwrap());
        }
    }

    /// Fails if one of them stands in `output`, as it is or in base64, wherever that begins.
    #[track_caller]
    pub fn are_silent_in(&self, output: &str) {
        for secret in self.0.lock().unwrap().iter() {
            for form in forms(secret) {
                assert!(
                    !output.contains(&form),
                    "{secret:?} came out as {form:?} in\n{output}"
                );
            }
        }
    }
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Mapping(mapping) => {
            for (key, inner) in mapping {
                let is_secret = key.as_str().is_some_and(is_secret_key);
                match inner
                    .as_str()
                    .filter(|text| is_secret && text.len() >= SHORTEST)
                {
                    Some(secret) => found.push(secret.trim().to_owned()),
                    None => collect(inner, found),
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

/// The secret, and what base64 makes of its inner bytes at each of the three places where a group can begin.
fn forms(secret: &str) -> Vec<String> {
    let bytes = secret.as_bytes();
    let mut forms = vec![secret.to_owned()];
    for skip in 0..3 {
        let inner = bytes.get(skip..).unwrap_or_default();
        let whole_groups = inner.len() / 3 * 3;
        if whole_groups >= 6 {
            forms.push(STANDARD.encode(&inner[..whole_groups]));
        }
    }
    forms
}
