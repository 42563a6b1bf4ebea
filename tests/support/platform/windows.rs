//! Windows, which has neither signals nor a mode of files.

use std::os::windows::fs::{symlink_dir, symlink_file};
use std::os::windows::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

const CREATE_NEW_PROCESS_GROUP: u32 = 0x200;

/// Makes `link` stand for `original`.
pub fn link(original: impl AsRef<Path>, link: impl AsRef<Path>) {
    if original.as_ref().is_dir() {
        symlink_dir(original, link).unwrap();
    } else {
        symlink_file(original, link).unwrap();
    }
}

/// A file's name makes it a program.
pub fn make_executable(_: &Path) {}

/// The folder decides.
pub fn is_open_to_all(_: &Path) -> bool {
    false
}

/// Starts the program in a process group of its own.
pub fn in_its_own_group(command: &mut Command) -> &mut Command {
    command.creation_flags(CREATE_NEW_PROCESS_GROUP)
}
