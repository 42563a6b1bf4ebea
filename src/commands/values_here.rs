//! Values files that lie below a folder, and which of them says what is deployed.

use std::path::{Path, PathBuf};

use serde_yaml::Value;

use crate::files;
use crate::values;
use crate::yaml;

/// So many files are looked through for values that are deployed.
const LOOKED_THROUGH: usize = 500;

/// So deep below the folder.
const DEPTH: usize = 2;

/// The files and what they say; their paths are seen from the folder.
pub(super) struct ValuesHere(Vec<(String, Value)>);

impl ValuesHere {
    /// Those of a folder and of those in it.
    pub(super) fn below(folder: &Path) -> Self {
        let mut found = Vec::new();
        yaml_files(folder, DEPTH, &mut found);
        let here = found.iter().filter_map(|path| {
            let text = files::read(path).ok()??;
            let values = yaml::value_of(&text).ok()?;
            let name = path.strip_prefix(folder).unwrap_or(path);
            values
                .is_mapping()
                .then(|| (name.display().to_string(), values))
        });
        Self(here.collect())
    }

    /// The file that says what is deployed.
    pub(super) fn saying(&self, deployed: &Value) -> Option<&str> {
        let mut here = self.0.iter();
        let found = here.find(|(_, values)| values::equivalent(values, deployed));
        found.map(|(name, _)| name.as_str())
    }
}

/// The YAML files of a folder and of those in it, as deep as that.
fn yaml_files(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    });
    let mut paths: Vec<PathBuf> = entries
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(folder.join(entry.ok()?.file_name())))
        .collect();
    paths.sort();
    for path in paths {
        if found.len() >= LOOKED_THROUGH {
            return;
        }
        let ending = path.extension().and_then(|ending| ending.to_str());
        if path.is_dir() && depth > 0 {
            yaml_files(&path, depth - 1, found);
        } else if path.is_file() && matches!(ending, Some("yaml" | "yml")) {
            found.push(path);
        }
    }
}
