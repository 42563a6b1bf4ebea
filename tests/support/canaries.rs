//! Planted secrets: whatever runs in a [`super::World`], none of them may come out.
//!
//! What is secret is said here, key by key, and not asked of the program; and what comes out is decoded, as a reader could.

use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde_yaml::Value;

/// Planted in the environment: in a proxy's address, and in what other tools keep there.
pub const IN_ENVIRONMENT: &str = "canary-of-the-environment-7f3a9";
/// Planted in Helm's repository and registry configuration, and in the kubeconfig.
pub const IN_CONFIGURATION: &str = "canary-of-the-configuration-1c8e2";

/// A value shorter than this would be found by chance.
const SHORTEST: usize = 5;

/// The keys, and the names of variables, under which the tests' files hold secrets.
const SECRET: [&str; 8] = [
    "GIT_TOKEN",
    "agentk8sglueKey",
    "agentk8sglueSecret",
    "apiKey",
    "apiSecret",
    "password",
    "tls.key",
    "token",
];

/// Those that look like it and hold none.
const HARMLESS: [&str; 2] = ["certificate-authority-data", "key"];

/// What a key has in it that looks like a secret's. Each is in one of the lists, or the test that brings it fails.
const LOOKS: [&str; 9] = [
    "pass",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "pwd",
    "dockerconfig",
    "private",
];

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
    #[track_caller]
    pub fn learn(&self, text: &str) {
        if let Ok(values) = serde_yaml::from_str(text) {
            collect(&values, &mut self.0.lock().unwrap());
        }
    }

    /// Remembers secrets as they are.
    pub fn keep(&self, secrets: &[&str]) {
        let secrets = secrets.iter().map(|secret| (*secret).to_owned());
        self.0.lock().unwrap().extend(secrets);
    }

    /// Fails if one of them can be read in `output`.
    #[track_caller]
    pub fn are_silent_in(&self, output: &str) {
        let secret = self.heard_in(output);
        assert!(secret.is_none(), "{secret:?} came out in\n{output}");
    }

    /// One of them that can be read in `output`.
    pub fn heard_in(&self, output: &str) -> Option<String> {
        let readings = readings(output);
        let can_be_read = |secret: &&String| {
            // A reading without quotes and backslashes is compared without them.
            let bare = bare(secret);
            let mut readings = readings.iter();
            readings.any(|reading| reading.contains(*secret) || reading.contains(&bare))
        };
        let secrets = self.0.lock().unwrap();
        secrets.iter().find(can_be_read).cloned()
    }
}

#[track_caller]
fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Mapping(mapping) => {
            let name = mapping.get("name").and_then(Value::as_str);
            for (key, inner) in mapping {
                let key = key.as_str().unwrap_or_default();
                // A variable is called so by the name beside it.
                let called = name.filter(|_| key == "value").unwrap_or(key);
                let text = match inner {
                    Value::String(text) => text.trim().to_owned(),
                    Value::Number(number) => number.to_string(),
                    _ => String::new(),
                };
                if text.len() >= SHORTEST && is_secret(called) {
                    // Line by line: in an output each may have an indentation of its own.
                    let lines = text.lines().map(str::trim);
                    found.extend(
                        lines
                            .filter(|line| line.len() >= SHORTEST)
                            .map(str::to_owned),
                    );
                } else {
                    collect(inner, found);
                }
            }
        }
        Value::Sequence(items) => items.iter().for_each(|item| collect(item, found)),
        _ => {}
    }
}

#[track_caller]
fn is_secret(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    let looks_so = LOOKS.iter().any(|word| lower.contains(word));
    let is_secret = SECRET.contains(&key);
    assert!(
        is_secret || !looks_so || HARMLESS.contains(&key),
        "is {key} the key of a secret? Say so in tests/support/canaries.rs"
    );
    is_secret
}

/// Base64 that was cut out of something longer.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// All that can be read in an output: as it stands, without the quoting of JSON, YAML, Go and shells, out of a URL, and
/// out of base64.
fn readings(output: &str) -> Vec<String> {
    let plain = unescaped(output);
    let mut readings = vec![bare(&plain), out_of_url(&plain)];
    let is_of_base64 = |c: char| c.is_ascii_alphanumeric() || "+/-_".contains(c);
    for run in plain.split(|c| !is_of_base64(c)) {
        // As URLs have it, too.
        let run = run.replace('-', "+").replace('_', "/");
        // Where a word stands right before it, it begins later.
        for begin in 0..4 {
            let groups = run.get(begin..).unwrap_or_default();
            // A rest of one letter is no byte.
            let whole = groups.len() - usize::from(groups.len() % 4 == 1);
            let bytes = LENIENT.decode(&groups[..whole]).unwrap();
            readings.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    readings.push(plain);
    readings
}

/// Without backslashes and quotes.
fn bare(text: &str) -> String {
    text.replace(['\\', '\'', '"'], "")
}

/// With the characters that Go's JSON writes as numbers.
fn unescaped(text: &str) -> String {
    [("\\u0026", "&"), ("\\u003c", "<"), ("\\u003e", ">")]
        .iter()
        .fold(text.to_owned(), |text, (code, c)| text.replace(code, c))
}

fn out_of_url(text: &str) -> String {
    let decoded = percent_decoded(text.as_bytes());
    String::from_utf8_lossy(&decoded).replace('+', " ")
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        let byte = digits.and_then(|two| u8::from_str_radix(two, 16).ok());
        match byte.filter(|_| *first == b'%') {
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}
