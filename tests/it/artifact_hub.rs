//! What Artifact Hub reads of a Helm plugin's repository: <https://artifacthub.io/docs/topics/repositories/helm-plugins>.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_yaml::Value;

use crate::support::repository;

fn yaml(name: &str) -> Value {
    serde_yaml::from_str(&fs::read_to_string(repository().join(name)).unwrap()).unwrap()
}

fn keys(value: &Value) -> BTreeSet<&str> {
    let map = value.as_mapping().unwrap();
    map.keys().map(|key| key.as_str().unwrap()).collect()
}

/// The files of the repository, as it is checked out.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn the_plugin_has_what_a_package_has_to_have() {
    let plugin = yaml("plugin.yaml");
    for key in ["name", "version", "description"] {
        let text = plugin[key].as_str().unwrap();
        assert!(!text.trim().is_empty(), "{key}");
    }
    semver::Version::parse(plugin["version"].as_str().unwrap()).unwrap();
    // The page and the licence lie beside plugin.yaml. The first file that is called so is taken for the licence.
    let all = files();
    let mut top: Vec<_> = all.iter().filter(|file| !file.contains('/')).collect();
    top.sort();
    assert!(top.iter().any(|file| *file == "README.md"));
    let licence = top
        .iter()
        .find(|file| file.to_lowercase().contains("license"));
    assert_eq!(licence.unwrap().as_str(), "LICENSE");
}

#[test]
fn no_other_plugin_is_found_in_the_repository() {
    let all = files();
    let found: Vec<_> = all
        .iter()
        .filter(|file| file.ends_with("plugin.yaml"))
        .collect();
    assert_eq!(found, ["plugin.yaml"]);
}

#[test]
fn the_repositorys_metadata_is_what_artifact_hub_knows() {
    let metadata = yaml("artifacthub-repo.yml");
    let known = BTreeSet::from(["repositoryID", "owners", "ignore"]);
    assert!(keys(&metadata).is_subset(&known), "{metadata:?}");
    for owner in metadata["owners"].as_sequence().unwrap() {
        assert_eq!(keys(owner), BTreeSet::from(["email", "name"]));
    }
    if let Some(id) = metadata["repositoryID"].as_str() {
        let lengths: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id} is no UUID");
    }
}

#[test]
fn the_repositorys_address_is_one_that_artifact_hub_takes_and_the_readme_installs_from() {
    let url = env!("CARGO_PKG_REPOSITORY");
    let host = [
        "https://github.com/",
        "https://gitlab.com/",
        "https://bitbucket.org/",
    ]
    .iter()
    .find_map(|host| url.strip_prefix(host));
    assert_eq!(host.unwrap().split('/').count(), 2, "{url}");
    let readme = fs::read_to_string(repository().join("README.md")).unwrap();
    assert!(readme.contains(&format!("helm plugin install {url}")));
}
