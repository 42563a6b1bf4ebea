//! Whether the binary fits the `plugin.yaml` it was installed with.

use std::path::Path;

/// A warning when Helm's copy of the plugin has another version than this binary: an update whose hook failed leaves the
/// old binary behind a new `plugin.yaml`. `folder` is the plugin's (`HELM_PLUGIN_DIR`).
#[must_use]
pub fn version_warning(folder: &Path) -> Option<String> {
    let manifest = std::fs::read_to_string(folder.join("plugin.yaml")).ok()?;
    let wanted = manifest
        .lines()
        .find_map(|line| line.strip_prefix("version:"))?
        .trim()
        .trim_matches(['"', '\'']);
    let own = env!("CARGO_PKG_VERSION");
    (wanted != own).then(|| {
        format!(
            "warning: this is clearml-certs {own}, but the plugin's plugin.yaml is {wanted}: its update did not finish.\n\
             Finish it with: sh \"{}\"",
            folder.join("install-binary.sh").display()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::version_warning;

    fn warning_for(manifest: &str) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let mut file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        std::io::Write::write_all(&mut file, manifest.as_bytes()).unwrap();
        file.persist(folder.path().join("plugin.yaml")).unwrap();
        version_warning(folder.path())
    }

    #[test]
    fn the_same_version_is_silent() {
        let same = format!("name: x\nversion: \"{}\"\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(warning_for(&same), None);
    }

    #[test]
    fn another_version_is_named() {
        let warning = warning_for("name: x\nversion: 99.0.0\n").unwrap();
        assert!(warning.contains("99.0.0"), "{warning}");
    }

    #[test]
    fn no_plugin_folder_is_silent() {
        assert_eq!(version_warning(std::path::Path::new("/nowhere")), None);
    }
}
