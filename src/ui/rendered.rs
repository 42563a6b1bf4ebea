//! Overrides as results: YAML on stdout, or a file that was written.

use std::path::Path;

use console::style;

use super::{Detail, Screen, diff};
use crate::export::Exported;
use crate::plan::{Plan, Target};

impl Screen {
    /// Prints the overrides of each target as YAML that can be redirected into a file, credentials included where the user
    /// asked for the whole file.
    pub fn rendered(&self, plan: &Plan, full: bool) {
        let several = plan.targets.len() > 1;
        let stream = |target: &Target| {
            let file = format!("# {}\n", target.file.path.display());
            let label = "# Names of ConfigMaps are assumed: the chart was not rendered.\n";
            let file = if several { file.as_str() } else { "" };
            let label = if target.is_assumed { label } else { "" };
            [file, label, target.content(full)].concat()
        };
        let streams: Vec<String> = plan.targets.iter().map(stream).collect();
        self.plain(&streams.join("---\n"));
    }

    /// Says what would change in an override file.
    pub fn would_write(&self, target: &Target) {
        if target.file.is_edited() {
            self.result(&diff::of(&target.file, Detail::default()));
        } else {
            self.as_it_should_be(&target.file.path);
        }
    }

    /// Prints what is for an engine, file by file, as it is: no value is in it.
    pub fn exported(&self, files: &[Exported]) {
        let several = files.len() > 1;
        let stream = |file: &Exported| {
            let name = format!("# {}\n", file.path);
            let name = if several { name.as_str() } else { "" };
            [name, &file.text].concat()
        };
        let streams: Vec<String> = files.iter().map(stream).collect();
        self.plain(&streams.join("---\n"));
    }

    /// Says that an override file was written, or that it was right already.
    pub fn written(&self, target: &Target, backup: Option<&Path>) {
        if target.file.changes() {
            self.is_written(&target.file.path, backup);
        } else {
            self.as_it_should_be(&target.file.path);
        }
    }

    /// Says that a file was right already.
    pub fn as_it_should_be(&self, file: &Path) {
        let (tick, file) = (style("✓").green(), file.display());
        self.result(&format!("{tick} {file} is as it should be"));
    }

    /// Says that a file was written, and where its former content is.
    pub fn is_written(&self, file: &Path, backup: Option<&Path>) {
        let (tick, file) = (style("✓").green(), file.display());
        self.result(&format!("{tick} {file} is written"));
        if let Some(backup) = backup {
            self.result(&format!("  its former content: {}", backup.display()));
        }
    }
}
