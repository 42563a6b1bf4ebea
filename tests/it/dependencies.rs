//! What the binary is made of: every dependency's licence fits, as `deny.toml` lists them.

use std::process::Command;

use crate::support::programs::FAKED_CLOCK;

use serde_json::Value;

/// The licences that `deny.toml` allows.
fn allowed() -> Vec<String> {
    let rules = include_str!("../../deny.toml");
    let list = rules
        .split("allow = [")
        .nth(1)
        .unwrap()
        .split(']')
        .next()
        .unwrap();
    list.split('"')
        .skip(1)
        .step_by(2)
        .map(str::to_owned)
        .collect()
}

/// Whether an SPDX expression can be met; `WITH` exceptions only widen a licence.
fn fits(expression: &str, allowed: &[String]) -> bool {
    expression
        .replace(['(', ')'], " ")
        .replace('/', " OR ")
        .split(" AND ")
        .all(|part| {
            part.split(" OR ").any(|licence| {
                let name = licence.split(" WITH ").next().unwrap_or_default().trim();
                allowed.iter().any(|one| one == name)
            })
        })
}

/// What rustc calls this machine. A new machine has fetched the dependencies of its own platform and no others; `cargo deny`
/// looks at all (`make lint`).
fn platform() -> String {
    let rustc = Command::new("rustc")
        .arg("-vV")
        .env_remove(FAKED_CLOCK)
        .output()
        .unwrap();
    let text = String::from_utf8(rustc.stdout).unwrap();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.unwrap().to_owned()
}

#[test]
fn every_dependency_has_a_licence_that_fits() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--locked", "--offline", "--format-version", "1"])
        .args(["--filter-platform", &platform()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove(FAKED_CLOCK)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    assert!(
        packages.len() > 50,
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let allowed = allowed();
    let misfits: Vec<_> = packages
        .iter()
        .filter(|package| !fits(package["license"].as_str().unwrap_or("none"), &allowed))
        .map(|package| (&package["name"], &package["license"]))
        .collect();
    assert!(misfits.is_empty(), "{misfits:?}");
}

#[test]
fn expressions_are_read_as_spdx_writes_them() {
    let allowed = ["MIT".to_owned(), "Apache-2.0".to_owned()];
    assert!(fits("MIT OR GPL-3.0", &allowed));
    assert!(fits(
        "(MIT OR GPL-3.0) AND Apache-2.0 WITH LLVM-exception",
        &allowed
    ));
    assert!(fits("GPL-3.0/MIT", &allowed));
    assert!(!fits("MIT AND GPL-3.0", &allowed));
    assert!(!fits("none", &allowed));
}
