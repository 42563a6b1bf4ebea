//! Paths as files name each other: by `/`, from the folder of the one that names.

use std::path::{Component, Path, PathBuf};

use crate::exit::Stop;

/// A path without `.` and `..`, by its words alone.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            part => plain.push(part),
        }
    }
    plain
}

/// The way from a folder to a file, both from the root; `None` where there is none: they lie on different drives.
#[must_use]
pub fn relative(folder: &Path, file: &Path) -> Option<String> {
    let (folder, file) = (plain(folder), plain(file));
    let mut from = folder.components().peekable();
    let mut to = file.components().peekable();
    let mut shared = 0;
    while let (Some(one), Some(other)) = (from.peek(), to.peek()) {
        if one != other {
            break;
        }
        from.next();
        to.next();
        shared += 1;
    }
    if shared == 0 {
        return None;
    }
    let up = from.map(|_| "..".to_owned());
    let down = to.map(|part| part.as_os_str().to_string_lossy().into_owned());
    Some(up.chain(down).collect::<Vec<_>>().join("/"))
}

/// The same, where there has to be one.
///
/// # Errors
/// There is none.
pub(super) fn way(folder: &Path, file: &Path) -> Result<String, Stop> {
    relative(folder, file).ok_or_else(|| {
        Stop::refused(format!(
            "there is no way from {} to {}",
            folder.display(),
            file.display()
        ))
    })
}

/// A path from a folder of a repository, from its root; `None` where it leads out of it.
pub(super) fn within(folder: &str, path: &str) -> Option<String> {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_one_to_the_other_goes_up_and_down() {
        let way = |folder: &str, file: &str| relative(Path::new(folder), Path::new(file)).unwrap();
        assert_eq!(way("/repo", "/repo/values/a.yaml"), "values/a.yaml");
        assert_eq!(
            way("/repo/flux/prod", "/repo/values/a.yaml"),
            "../../values/a.yaml"
        );
        assert_eq!(way("/repo/./x/..", "/repo/y/../a.yaml"), "a.yaml");
        assert_eq!(way("/", "/a.yaml"), "a.yaml");
    }

    #[test]
    fn a_path_in_a_repository_never_leaves_it() {
        assert_eq!(within("", "a.yaml").as_deref(), Some("a.yaml"));
        assert_eq!(
            within("./deploy/ml/", "../shared/a.yaml").as_deref(),
            Some("deploy/shared/a.yaml")
        );
        assert_eq!(within("deploy", "../../a.yaml"), None);
    }
}
