//! Linux and macOS: links, rights, process groups and signals.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, kill_process, kill_process_group};

pub use rustix::process::Signal;

use crate::support::{Run, Running, World, programs, words};

/// Makes `link` stand for `original`.
pub fn link(original: impl AsRef<Path>, link: impl AsRef<Path>) {
    std::os::unix::fs::symlink(original, link).unwrap();
}

/// Makes a file a program.
pub fn make_executable(path: &Path) {
    set_mode(path, 0o755);
}

/// Whether anybody on the machine may read or write the file.
pub fn is_open_to_all(path: &Path) -> bool {
    fs::metadata(path).unwrap().permissions().mode() & 0o007 != 0
}

/// Sets the rights of a file or folder.
pub fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

/// Starts the program in a process group of its own.
pub fn in_its_own_group(command: &mut Command) -> &mut Command {
    command.process_group(0)
}

/// Sends a signal to the process whose number a script has written.
pub fn signal_noted(process: &str, signal: Signal) {
    let process = Pid::from_raw(process.trim().parse().unwrap()).unwrap();
    kill_process(process, signal).unwrap();
}

impl World {
    /// From now on the plugin notes which process it is, for [`Self::signal_plugin`].
    pub fn notes_the_plugins_process(&self) {
        let plugin = self.plugin_binary();
        let quoted = |path: &Path| shell_words::quote(&path.display().to_string()).into_owned();
        let script = format!(
            "#!/bin/sh\necho $$ >{}\nexec {} \"$@\"\n",
            quoted(&self.home("plugin-process")),
            quoted(Path::new(env!("CARGO_BIN_EXE_helm-clearml-certs")))
        );
        fs::remove_file(&plugin).unwrap();
        fs::write(&plugin, script).unwrap();
        make_executable(&plugin);
    }

    /// Sends a signal to the plugin alone, which helm started.
    pub fn signal_plugin(&self, signal: Signal) {
        let process = fs::read_to_string(self.home("plugin-process")).unwrap();
        signal_noted(&process, signal);
    }
}

impl World {
    /// Runs a program and its words as somebody whom the rights of files hold for, which they do not for root.
    pub fn runs_as_plain_user(&self, program: &Path, line: &str) -> Run {
        let words = words(line);
        if !rustix::process::geteuid().is_root() {
            return self.start(program, words, &[]).ends();
        }
        let setpriv = ["--bounding-set", "-dac_override,-dac_read_search"].map(str::to_owned);
        let program = program.display().to_string();
        let words = setpriv.into_iter().chain([program]).chain(words);
        self.start(&programs::program("setpriv"), words, &[]).ends()
    }
}

impl Running<'_> {
    /// Sends a signal to the program alone, as `kill` does.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Sends a signal to it and all that it started, as a terminal's Ctrl-C does.
    pub fn signal_all(&self, signal: Signal) {
        kill_process_group(self.pid(), signal).unwrap();
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }
}
