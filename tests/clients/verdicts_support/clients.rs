//! The clients themselves, asked by `tests/support/clients.py` about TLS servers on the loopback.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Case;
use crate::support::authority::Issued;
use crate::support::programs::clock;
use crate::support::repository;

/// Every client that is asked, by its name in JSON, and the verifier of OpenSSL's command line, with the flags of Python up to
/// 3.12 and from 3.13 on; and what of it has to be on the machine.
pub(crate) const NAMES: [(&str, &str); 8] = [
    ("python-3.12", "python3 with OpenSSL 3"),
    ("python-3.13", "python3 with OpenSSL 3"),
    ("openssl", "openssl 3"),
    ("openssl-strict", "openssl 3"),
    ("curl", "curl with OpenSSL 3"),
    ("git", "git with GnuTLS"),
    ("uv", "uv; scripts/tools fetches it"),
    ("node", "node"),
];

/// What a client said of a case: nothing if it connected.
pub(crate) type Answers = BTreeMap<String, String>;

/// uv, from `UV`, else from the cache that `scripts/tools` fills.
fn uv() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("UV") {
        return Some(path.into());
    }
    let output = Command::new(repository().join("scripts/tools"))
        .args(["--offline", "uv"])
        .output()
        .ok()?;
    let path = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| path.trim().into())
}

/// A script of `tests/support`, as JSON to JSON.
pub(crate) fn python(script: &str) -> Command {
    let mut python = Command::new("python3");
    python.arg(repository().join("tests/support").join(script));
    // Clients read dozens of variables; they get none of the machine's.
    python
        .env_clear()
        .envs(["PATH", "HOME"].map(|name| (name, std::env::var_os(name).unwrap_or_default())))
        .envs(clock())
        .env("LANG", "C");
    if let Some(uv) = uv() {
        python.env("UV", uv);
    }
    python.stdin(Stdio::piped()).stdout(Stdio::piped());
    python
}

/// The version of each client that is on this machine, by its name in JSON.
pub(crate) fn installed() -> BTreeMap<String, String> {
    let Ok(output) = python("clients.py").arg("--versions").output() else {
        return BTreeMap::new();
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What every client that is installed says of each case, in the order of the cases.
pub(crate) fn ask(cases: &[Case]) -> Vec<Answers> {
    let pem =
        |certificates: &[Issued]| -> String { certificates.iter().map(Issued::pem).collect() };
    let given: Vec<_> = cases
        .iter()
        .map(|case| {
            serde_json::json!({
                "trust": pem(&case.trust),
                "chain": pem(&case.chain),
                "key": case.chain[0].key_pem(),
                "host": case.host,
            })
        })
        .collect();
    let mut python = python("clients.py").spawn().unwrap();
    let given = serde_json::to_vec(&given).unwrap();
    python.stdin.take().unwrap().write_all(&given).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let answers: Vec<Answers> = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answers.len(), cases.len());
    answers
}
