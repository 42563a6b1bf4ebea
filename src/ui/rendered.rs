//! Overrides as results: YAML on stdout, or a file that was written.

use std::path::Path;

use console::style;

use super::{Detail, Screen, diff};
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
            let file = target.file.path.display();
            self.result(&format!("{} {file} is as it should be", style("✓").green()));
        }
    }

    /// Says that an override file was written, or that it was right already.
    pub fn written(&self, target: &Target, backup: Option<&Path>) {
        let file = target.file.path.display();
        if !target.file.changes() {
            return self.result(&format!("{} {file} is as it should be", style("✓").green()));
        }
        self.result(&format!("{} {file} is written", style("✓").green()));
        if let Some(backup) = backup {
            self.result(&format!("  its former content: {}", backup.display()));
        }
    }
}
