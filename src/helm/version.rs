//! Which Helm this is.

use std::sync::{Arc, OnceLock};

use semver::Version;

use super::{Ending, Helm, HelmError};

/// The oldest release that this program is tested with.
pub const OLDEST: Version = Version::new(3, 17, 0);

/// Set for plugins by Helm 4 only, so that its major version is known without a call.
const ONLY_IN_4: &str = "HELM_CONTENT_CACHE";

/// A version that is asked for once, in the background where it can be.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked(Arc<OnceLock<Result<Version, HelmError>>>);

impl Helm {
    /// Helm's version.
    ///
    /// # Errors
    /// helm cannot be run, or prints something that is no version.
    pub fn version(&self) -> Result<Version, HelmError> {
        let asked = self.asked.0.get_or_init(|| {
            let argv = ["version", "--template", "{{.Version}}"];
            let printed = self.read(&argv)?;
            let text = printed.trim();
            read(text).ok_or_else(|| {
                let message = format!("this is no version: {text:?}");
                HelmError::new(super::process::shown(&argv), Ending::Exited(0), &message)
            })
        });
        asked.clone()
    }

    /// Asks for the version while other calls run, so that it costs no time.
    pub fn ask_version_in_background(&self) {
        if !is_4() {
            let helm = self.clone();
            std::thread::spawn(move || helm.version());
        }
    }

    /// Helm's major version; flags were renamed between 3 and 4.
    ///
    /// # Errors
    /// helm cannot be run, or prints something that is no version.
    pub fn major(&self) -> Result<u64, HelmError> {
        if is_4() {
            return Ok(4);
        }
        Ok(self.version()?.major)
    }

    /// The version, if it is older than this program was ever tried with.
    ///
    /// # Errors
    /// helm cannot be run, or prints something that is no version.
    pub fn too_old(&self) -> Result<Option<Version>, HelmError> {
        if is_4() {
            return Ok(None);
        }
        Ok(Some(self.version()?).filter(|version| *version < OLDEST))
    }
}

/// A version as helm prints it. One that was built by `go install` calls itself `v3.22`.
fn read(text: &str) -> Option<Version> {
    let text = text.trim_start_matches('v');
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let numbers = text.split(['-', '+', ' ']).next()?;
    let mut numbers = numbers.split('.').map(|number| number.parse::<u64>().ok());
    let major = numbers.next()??;
    let mut next = || numbers.next().map_or(Some(0), |number| number);
    Some(Version::new(major, next()?, next()?))
}

fn is_4() -> bool {
    std::env::var_os(ONLY_IN_4).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_however_helm_was_built() {
        for (text, version) in [
            ("v3.17.2", "3.17.2"),
            ("v4.3.1", "4.3.1"),
            ("v3.22", "3.22.0"),
            ("v3.22+unreleased", "3.22.0"),
            ("4", "4.0.0"),
            ("v4.0.0-rc.1", "4.0.0-rc.1"),
        ] {
            assert_eq!(read(text).unwrap().to_string(), version, "{text}");
        }
        for text in ["", "(devel)", "v3.x", "helm"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
