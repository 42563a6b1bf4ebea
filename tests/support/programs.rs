//! What programs under test get of the machine: the programs that a test names, and nothing else.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What `faketime` sets: the library that fakes the clock. It is to be taken from programs that do not bear it (rustc never
/// ends with it), and from those that sign for helm, which is static and sees the machine's own clock.
pub const FAKED_CLOCK: &str = "LD_PRELOAD";

/// What belongs to it.
const CLOCK: [&str; 5] = [
    FAKED_CLOCK,
    "FAKETIME",
    "FAKETIME_SHARED",
    "FAKETIME_DONT_FAKE_MONOTONIC",
    "NO_FAKE_STAT",
];

/// The program of that name on the caller's path.
pub fn program(name: &str) -> PathBuf {
    which::which(name).unwrap_or_else(|_| {
        panic!("this test needs {name} on the PATH; CONTRIBUTING.md lists what tests need")
    })
}

/// Links `names` into `folder`, which is to be a whole PATH.
pub fn link(names: &[&str], folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    for name in names {
        let link = folder.join(name);
        if !link.is_symlink() {
            super::platform::link(program(name), link);
        }
    }
}

/// The day on which the suite runs, for programs whose environment is made anew.
pub fn clock() -> impl Iterator<Item = (&'static str, OsString)> {
    CLOCK
        .into_iter()
        .filter_map(|name| Some((name, std::env::var_os(name)?)))
}
