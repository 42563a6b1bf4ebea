//! Windows, where a folder decides who reads the files in it, and a console's Ctrl-C reaches every process of it.

use std::fs::{Metadata, Permissions};
use std::path::Path;
use std::process::ExitStatus;

/// The command that makes a file writable.
pub(crate) const MAKES_WRITABLE: &str = "attrib -r";

/// A new file gets the rights of its folder.
pub(crate) fn as_new_file(_: &mut tempfile::Builder<'_, '_>) {}

/// The owner is who runs this.
#[expect(clippy::unnecessary_wraps, reason = "Unix may refuse it")]
pub(crate) fn keep_owner(_: &Path, _: &Metadata) -> std::io::Result<()> {
    Ok(())
}

/// The same.
pub(crate) fn foreign_owner(_: &Metadata) -> Option<String> {
    None
}

/// Pipes have names of their own there.
pub(crate) fn is_pipe(_: &Metadata) -> bool {
    false
}

/// Access lists come from the folder.
#[expect(clippy::unnecessary_wraps, reason = "Unix may refuse it")]
pub(crate) fn keep_attributes(_: &Path, _: &Path) -> std::io::Result<()> {
    Ok(())
}

/// The folder's counts.
pub(crate) fn has_access_list(_: &Path) -> bool {
    false
}

/// The same rights: the folder keeps the rest of the world out, or lets it in.
pub(crate) fn private(permissions: &Permissions, _: bool) -> Permissions {
    permissions.clone()
}

/// Makes a folder, and those around it; a user's own are private.
pub(crate) fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)
}

/// What a folder's access list says is known by trying alone.
pub(crate) fn may_write_in(_: &Path) -> bool {
    true
}

/// Processes end with a code.
pub(crate) fn signal_of(_: ExitStatus) -> Option<i32> {
    None
}

/// The console has asked it already.
pub(crate) fn ask_to_end(_: u32) {}

/// The console's second Ctrl-C ends it by itself.
pub(crate) fn end_by_force(_: u32) {}

/// The standard library does not tell.
pub(crate) fn parent() -> u32 {
    0
}

/// A console keeps what was typed ahead: the standard library has no word for dropping it, and Enter alone means no.
pub(crate) fn drop_typed_ahead() {}

/// A console echoes nothing while nobody reads from it.
pub(crate) struct QuietTerminal;

impl QuietTerminal {
    pub(crate) fn new() -> Self {
        Self
    }
}
