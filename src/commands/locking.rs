//! One run at a time edits the files of a folder.

use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::files::FolderLocks;
use crate::interrupt;
use crate::ui::Screen;

/// How long a run waits for another one to end: as long as most take that ask nobody.
const PATIENCE: Duration = Duration::from_secs(5);

const PAUSE: Duration = Duration::from_millis(50);

/// Locks the folders of `files`, and waits some seconds for a run that holds one.
///
/// # Errors
/// It still does after that, or a signal came.
pub(super) fn lock<'a>(
    locks: &mut FolderLocks,
    files: impl IntoIterator<Item = &'a PathBuf>,
    screen: &Screen,
) -> Result<()> {
    for file in files {
        if locks.take(file) {
            continue;
        }
        let what = format!("waiting for another run that edits {}", file.display());
        screen.step(&what, || wait(locks, file))?;
    }
    Ok(())
}

fn wait(locks: &mut FolderLocks, file: &Path) -> Result<()> {
    let end = Instant::now() + PATIENCE;
    while !locks.take(file) {
        interrupt::check()?;
        if Instant::now() > end {
            bail!(
                "another helm clearml-certs is editing files in the folder of {}; wait for it to end, then run this again",
                file.display()
            );
        }
        sleep(PAUSE);
    }
    Ok(())
}
