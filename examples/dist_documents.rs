//! Writes what a release archive holds beside the binary: man pages, shell completions, the licences of all
//! dependencies and an SBOM (`CycloneDX` 1.5). `scripts/dist` runs it.
//!
//! `cargo run --example dist_documents -- FOLDER < METADATA`, with the output of `cargo metadata --locked` on stdin.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Command, CommandFactory as _};
use helm_clearml_certs::cli::Cli;
use helm_clearml_certs::completion::{Shell, script};
use serde_json::{Value, json};

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .context("usage: dist_documents FOLDER < METADATA")?
        .into();
    let metadata: Value = serde_json::from_reader(std::io::stdin())?;
    let command = Cli::command().bin_name("helm-clearml-certs");
    man_pages(&command, &folder.join("man"))?;
    completions(&folder.join("completions"))?;
    let packages = dependencies(&metadata)?;
    save(&folder.join("LICENSES.txt"), licences(&packages)?)?;
    let bom = serde_json::to_string_pretty(&bill_of_materials(&packages))?;
    save(&folder.join("sbom.cdx.json"), bom + "\n")
}

fn man_pages(command: &Command, folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let root = command.clone().name("helm-clearml-certs");
    clap_mangen::generate_to(root, folder)?;
    Ok(())
}

fn completions(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    for (shell, name) in [
        (Shell::Bash, "helm-clearml-certs.bash"),
        (Shell::Zsh, "_helm-clearml-certs"),
        (Shell::Fish, "helm-clearml-certs.fish"),
        (Shell::PowerShell, "_helm-clearml-certs.ps1"),
    ] {
        save(&folder.join(name), script(shell).to_owned())?;
    }
    Ok(())
}

/// OpenSSL's sources: a build dependency that is linked all the same.
const OPENSSL: &str = "openssl-src";

/// What is linked into the binary, by name and version: the packages that are reached from ours by normal edges, and
/// OpenSSL.
fn dependencies(metadata: &Value) -> anyhow::Result<BTreeMap<(String, String), &Value>> {
    let resolve = &metadata["resolve"];
    let nodes: BTreeMap<&str, &Value> = list(&resolve["nodes"])
        .filter_map(|node| Some((node["id"].as_str()?, node)))
        .collect();
    let root = resolve["root"].as_str().context("metadata has no root")?;
    let mut reached = BTreeSet::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            let node = nodes.get(id).context("metadata names an unknown package")?;
            open.extend(
                list(&node["deps"])
                    .filter(|edge| {
                        text(edge, "name") == OPENSSL.replace('-', "_")
                            || list(&edge["dep_kinds"]).any(|kind| kind["kind"].is_null())
                    })
                    .filter_map(|edge| edge["pkg"].as_str()),
            );
        }
    }
    Ok(list(&metadata["packages"])
        .filter(|package| {
            package["id"]
                .as_str()
                .is_some_and(|id| id != root && reached.contains(id))
        })
        .map(|package| ((text(package, "name"), text(package, "version")), package))
        .collect())
}

fn licences(packages: &BTreeMap<(String, String), &Value>) -> anyhow::Result<String> {
    let mut all =
        String::from("The licences of the libraries that are linked into helm-clearml-certs.\n");
    for ((name, version), package) in packages {
        let licence = text(package, "license");
        writeln!(all, "\n==== {name} {version}: {licence}")?;
        let manifest = text(package, "manifest_path");
        let folder = Path::new(&manifest)
            .parent()
            .context("a package without folder")?;
        let mut entries: Vec<_> = fs::read_dir(folder)?.collect();
        if name == OPENSSL {
            entries.extend(fs::read_dir(folder.join("openssl"))?);
        }
        let mut files: Vec<PathBuf> = entries
            .into_iter()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.is_file() && is_licence(path))
            .collect();
        files.sort();
        for file in files {
            let bytes = fs::read(&file)?;
            writeln!(
                all,
                "
{}",
                String::from_utf8_lossy(&bytes).trim_end()
            )?;
        }
    }
    Ok(all)
}

fn is_licence(path: &Path) -> bool {
    let name = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .to_uppercase();
    ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"]
        .iter()
        .any(|start| name.starts_with(start))
}

fn bill_of_materials(packages: &BTreeMap<(String, String), &Value>) -> Value {
    let components: Vec<Value> = packages
        .iter()
        .map(|((name, version), package)| {
            json!({
                "type": "library",
                "name": name,
                "version": version,
                "purl": format!("pkg:cargo/{name}@{version}"),
                "licenses": [{ "expression": text(package, "license").replace('/', " OR ") }],
            })
        })
        .collect();
    json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": { "component": {
            "type": "application",
            "name": env!("CARGO_PKG_NAME"),
            "version": env!("CARGO_PKG_VERSION"),
            "licenses": [{ "license": { "id": env!("CARGO_PKG_LICENSE") } }],
        }},
        "components": components,
    })
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(package: &Value, field: &str) -> String {
    package[field].as_str().unwrap_or_default().to_owned()
}

#[expect(
    clippy::disallowed_methods,
    reason = "a new file in a build folder; nobody's to lose"
)]
fn save(path: &Path, text: String) -> anyhow::Result<()> {
    fs::write(path, text).with_context(|| path.display().to_string())
}
