//! All that a chart consists of, as Helm stores it with each release.
//!
//! Source: `pkg/chart/loader` of Helm: what it leaves out of a folder (`.helmignore`) and how it sorts the rest.

use std::fs;
use std::io::Read;
use std::path::Path;

use anyhow::{Context as _, Result};
use serde_yaml::Value;
use sha2::{Digest as _, Sha256};

use super::archive;
use super::dependencies::Tree;

/// The most that is held in memory of a chart; its release would not fit into a Secret by far.
const LARGEST: u64 = 20 * 1024 * 1024;

/// The parts of a chart, without its subcharts, which Helm does not store.
#[derive(Debug, Default)]
pub struct ChartContent {
    /// Chart.yaml.
    pub metadata: Value,
    /// values.yaml.
    pub values: Value,
    /// values.schema.json.
    pub schema: Option<Vec<u8>>,
    /// Path in the chart, and content, of everything under templates/.
    pub templates: Vec<(String, Vec<u8>)>,
    /// The same for everything else.
    pub files: Vec<(String, Vec<u8>)>,
}

impl ChartContent {
    /// Reads a chart that is on disk, a folder or a `.tgz`; its default values are known already. `None` where it is more than
    /// is worth holding in memory.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn read(path: &Path, values: Value) -> Result<Option<Self>> {
        let mut content = Self {
            values,
            ..Self::default()
        };
        let mut size = 0;
        visit(path, |name, reader| {
            if name.starts_with("charts/") || size > LARGEST {
                return Ok(());
            }
            let mut data = Vec::new();
            reader.take(LARGEST + 1).read_to_end(&mut data)?;
            size += data.len() as u64;
            content.sort_in(name, data);
            Ok(())
        })?;
        content.templates.sort_unstable();
        content.files.sort_unstable();
        Ok((size <= LARGEST).then_some(content))
    }

    /// The bytes of all files.
    #[must_use]
    pub fn size(&self) -> usize {
        let files = self.templates.iter().chain(&self.files);
        let schema = self.schema.as_ref().map_or(0, Vec::len);
        files.map(|(_, data)| data.len()).sum::<usize>() + schema
    }

    fn sort_in(&mut self, name: String, data: Vec<u8>) {
        match name.as_str() {
            "Chart.yaml" => self.metadata = serde_yaml::from_slice(&data).unwrap_or_default(),
            "values.yaml" | "Chart.lock" => {}
            "values.schema.json" => self.schema = Some(data),
            _ if name.starts_with("templates/") => self.templates.push((name, data)),
            _ => self.files.push((name, data)),
        }
    }
}

/// The SHA-256 of a chart: every file of it, by its path and content.
pub type Digest = [u8; 32];

/// What a chart on disk, a folder or a `.tgz`, consists of, in one number.
///
/// # Errors
/// A file cannot be read.
pub(super) fn digest(path: &Path) -> Result<Digest> {
    let mut files = Vec::new();
    visit(path, |name, reader| {
        let mut digest = Sha256::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            match reader.read(&mut buffer)? {
                0 => break,
                read => digest.update(buffer.get(..read).unwrap_or_default()),
            }
        }
        files.push((name, digest.finalize()));
        Ok(())
    })?;
    files.sort_unstable();
    let mut digest = Sha256::new();
    for (name, content) in files {
        digest.update(name.len().to_be_bytes());
        digest.update(name);
        digest.update(content);
    }
    Ok(digest.finalize().into())
}

/// What a chart on disk and the charts inside it say of themselves.
///
/// # Errors
/// A file cannot be read.
pub(super) fn tree(path: &Path) -> Result<Tree> {
    let mut tree = Tree::default();
    visit(path, |name, content| tree.take(&name, content))?;
    Ok(tree)
}

/// Goes through every file of a chart, with its path in the chart.
fn visit(path: &Path, mut each: impl FnMut(String, &mut dyn Read) -> Result<()>) -> Result<()> {
    let visited = if path.is_dir() {
        visit_folder(path, &mut each)
    } else {
        archive::visit(path, each)
    };
    visited.with_context(|| format!("cannot read the chart {}", path.display()))
}

/// The files of a chart's folder that Helm takes.
fn visit_folder(
    root: &Path,
    each: &mut impl FnMut(String, &mut dyn Read) -> Result<()>,
) -> Result<()> {
    let ignored = fs::read_to_string(root.join(".helmignore")).unwrap_or_default();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            let name = name_in_chart(path.strip_prefix(root)?);
            if is_ignored(&name, path.is_dir(), &ignored) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                each(name, &mut fs::File::open(&path)?)?;
            }
        }
    }
    Ok(())
}

/// A path as Helm writes it, with slashes on every system.
fn name_in_chart(path: &Path) -> String {
    let parts: Vec<_> = path.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}

/// Whether a line of `.helmignore` names it: `name`, `folder/`, `*.ending`. Rarer forms count as not ignored.
fn is_ignored(name: &str, is_folder: bool, ignored: &str) -> bool {
    let base = name.rsplit('/').next().unwrap_or(name);
    let lines = ignored.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '!']))
        .any(|line| match line.strip_suffix('/') {
            Some(folder) => is_folder && (folder == base || folder == name),
            None => match line.strip_prefix('*') {
                Some(ending) => base.ends_with(ending),
                None => line == base || line.trim_start_matches('/') == name,
            },
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helmignore_leaves_files_and_folders_out() {
        let ignored = "# comment\n.git/\n*.swp\n.DS_Store\n/docs/draft.md\n";
        assert!(is_ignored(".git", true, ignored));
        assert!(is_ignored("templates/x.yaml.swp", false, ignored));
        assert!(is_ignored("files/.DS_Store", false, ignored));
        assert!(is_ignored("docs/draft.md", false, ignored));
        assert!(!is_ignored(".git", false, ignored));
        assert!(!is_ignored("templates/x.yaml", false, ignored));
    }
}
