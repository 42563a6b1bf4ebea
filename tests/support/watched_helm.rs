//! The real helm, watched: which calls the plugin makes of it, and what was rendered.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::{Run, World};

/// A script in helm's place that notes each call and runs the real one.
pub struct WatchedHelm<'a> {
    world: &'a World,
}

impl<'a> WatchedHelm<'a> {
    pub fn new(world: &'a World) -> Self {
        let watched = Self { world };
        fs::create_dir_all(watched.folder()).unwrap();
        let real = world.helm.binary().display().to_string();
        let real = shell_words::quote(&real);
        let script = format!(
            "#!/bin/sh\nlog={}\necho \"$*\" >>\"$log/calls\"\nif [ \"$1\" = template ]; then\n  {} \"$@\" >\"$log/rendered\" || exit\n  exec cat \"$log/rendered\"\nfi\nexec {} \"$@\"\n",
            watched.folder().display(),
            real,
            real
        );
        fs::write(watched.script(), script).unwrap();
        fs::set_permissions(watched.script(), fs::Permissions::from_mode(0o755)).unwrap();
        watched
    }

    /// Runs `helm clearml-certs LINE`.
    pub fn plugin(&self, line: &str) -> Run {
        let _ = fs::remove_file(self.folder().join("calls"));
        self.world.plugin_under(&self.script(), line)
    }

    /// The first word of each call of the last run, sorted.
    pub fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.folder().join("calls")).unwrap_or_default();
        let first = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let mut calls: Vec<String> = calls.lines().map(first).collect();
        calls.sort();
        calls
    }

    /// What helm rendered last.
    pub fn rendered(&self) -> String {
        fs::read_to_string(self.folder().join("rendered")).unwrap()
    }

    fn folder(&self) -> PathBuf {
        self.world.home("watched")
    }

    fn script(&self) -> PathBuf {
        self.folder().join("helm")
    }
}
