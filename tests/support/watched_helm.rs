//! The real helm, watched: which calls the plugin makes of it, and what was rendered.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;

use super::platform::{Signal, make_executable, signal_noted};
use super::{Run, Running, World, words};

/// A script in helm's place that notes each call and runs the real one.
pub struct WatchedHelm<'a> {
    world: &'a World,
}

impl<'a> WatchedHelm<'a> {
    pub fn new(world: &'a World) -> Self {
        world.has_programs(&["cat", "mv", "sh"]);
        let watched = Self { world };
        fs::create_dir_all(watched.folder()).unwrap();
        let real = world.helm.binary().display().to_string();
        let real = shell_words::quote(&real);
        let script = format!(
            "#!/bin/sh\nlog={}\nPLUGIN=$PPID\nCALL=$$\nexport PLUGIN CALL\necho \"$*\" >>\"$log/calls\"\necho \"$$ $1\" >>\"$log/processes\"\nif [ -f \"$log/before-$1\" ]; then\n  mv \"$log/before-$1\" \"$log/now\"\n  sh \"$log/now\" >\"$log/said\" 2>&1\nfi\nif [ \"$1\" = template ]; then\n  {} \"$@\" >\"$log/rendered\" || exit\n  exec cat \"$log/rendered\"\nfi\nexec {} \"$@\"\n",
            watched.folder().display(),
            real,
            real
        );
        fs::write(watched.script(), script).unwrap();
        make_executable(&watched.script());
        watched
    }

    /// Somebody else runs a shell's command right before the next call that begins with this word. `$HELM` is the real one,
    /// `$PLUGIN` the process of the plugin, `$CALL` the one that becomes helm.
    pub fn before(&self, verb: &str, command: &str) {
        self.before_the(1, verb, command);
    }

    /// The same before the call after some others.
    pub fn before_the(&self, nth: usize, verb: &str, command: &str) {
        let real = self.world.helm.binary().display().to_string();
        let folder = self.folder().display().to_string();
        let place = |step: usize| match step {
            1 => self.folder().join(format!("before-{verb}")),
            later => self.folder().join(format!("step-{later}")),
        };
        for step in 1..nth {
            let next = format!("mv {folder}/step-{} {folder}/before-{verb}\n", step + 1);
            fs::write(place(step), next).unwrap();
        }
        let script = format!("HELM={}\n{command}\n", shell_words::quote(&real));
        fs::write(place(nth), script).unwrap();
    }

    /// Runs `helm clearml-certs LINE`.
    pub fn plugin(&self, line: &str) -> Run {
        self.starts(line).ends()
    }

    /// The same, without waiting for its end.
    pub fn starts(&self, line: &str) -> Running<'a> {
        for log in ["calls", "processes"] {
            let _ = fs::remove_file(self.folder().join(log));
        }
        let words = std::iter::once("clearml-certs".to_owned()).chain(words(line));
        // Helm tells the plugin the name by which it was called.
        let mut command = Command::new(self.world.helm.binary());
        command.arg0(self.script());
        self.world.spawn(command, words, &[])
    }

    /// Sends a signal to the one call that begins with this word.
    #[track_caller]
    pub fn signal(&self, verb: &str, signal: Signal) {
        let processes = fs::read_to_string(self.folder().join("processes")).unwrap();
        let calls = processes.lines().filter_map(|line| line.split_once(' '));
        let found: Vec<&str> = calls
            .filter(|(_, word)| *word == verb)
            .map(|(process, _)| process)
            .collect();
        assert_eq!(found.len(), 1, "one helm {verb}: {processes}");
        signal_noted(found[0], signal);
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
