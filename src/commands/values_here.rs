//! Values files that lie below a folder, and which of them says what is deployed.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::files;
use crate::values;
use crate::yaml;

/// So many files are looked through for values that are deployed.
const LOOKED_THROUGH: usize = 500;

/// So many entries of one folder are looked at.
const ENTRIES: usize = 2000;

/// So deep below the folder.
const DEPTH: usize = 2;

/// A folder of packages, which holds thousands of files and none of the user's.
const PACKAGES: &str = "node_modules";

/// The files and what they say; their paths are seen from the folder.
pub(super) struct ValuesHere(Vec<(String, Value)>);

impl ValuesHere {
    /// Those of a folder and of those in it, the shallowest first.
    pub(super) fn below(folder: &Path) -> Self {
        let found = yaml_files(folder);
        let here = found.iter().filter_map(|path| {
            let text = files::read(path).ok()??;
            let values = yaml::value_of(&text).ok()?;
            let name = path.strip_prefix(folder).unwrap_or(path);
            values
                .is_mapping()
                .then_some((name.to_str()?.to_owned(), values))
        });
        Self(here.collect())
    }

    /// The file that says what is deployed.
    pub(super) fn saying(&self, deployed: &Value) -> Option<&str> {
        self.all_saying(deployed).next()
    }

    /// Every file that does.
    pub(super) fn all_saying<'a>(&'a self, deployed: &Value) -> impl Iterator<Item = &'a str> {
        let here = self.0.iter();
        let found = here.filter(|(_, values)| values::equivalent(values, deployed));
        found.map(|(name, _)| name.as_str())
    }
}

/// The YAML files of a folder, then those of the folders in it, and so on. Hidden folders are left out.
fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut level = vec![folder.to_owned()];
    for _ in 0..=DEPTH {
        let mut below = Vec::new();
        for folder in &level {
            for path in entries(folder) {
                let name = path.file_name().and_then(|name| name.to_str());
                let ending = path.extension().and_then(|ending| ending.to_str());
                if path.is_dir() {
                    if name.is_some_and(|name| !name.starts_with('.') && name != PACKAGES) {
                        below.push(path);
                    }
                } else if matches!(ending, Some("yaml" | "yml")) && path.is_file() {
                    found.push(path);
                    if found.len() >= LOOKED_THROUGH {
                        return found;
                    }
                }
            }
        }
        level = below;
    }
    found
}

/// What a folder holds, by name.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = files::entries(folder).take(ENTRIES);
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| folder.join(entry.file_name()))
        .collect();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn the_shallowest_file_comes_first_and_hidden_folders_and_packages_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for file in [
            "archive/eu.yaml",
            "eu.yaml",
            ".cache/eu.yaml",
            "node_modules/eu.yaml",
            "a/b/eu.yaml",
            "a/b/c/eu.yaml",
        ] {
            let path = folder.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut file = std::fs::OpenOptions::new();
            let mut file = file.write(true).create_new(true).open(path).unwrap();
            file.write_all(b"replicaCount: 1\n").unwrap();
        }
        let here = ValuesHere::below(folder.path());
        let deployed: Value = serde_yaml::from_str("replicaCount: 1").unwrap();
        assert_eq!(here.saying(&deployed), Some("eu.yaml"));
        let all: Vec<PathBuf> = here.all_saying(&deployed).map(PathBuf::from).collect();
        let expected = ["eu.yaml", "archive/eu.yaml", "a/b/eu.yaml"];
        assert_eq!(all, expected.map(PathBuf::from));
    }
}
