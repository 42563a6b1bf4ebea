//! Where a chart is had from when nobody says so.

use crate::helm;
use crate::vendor::Layout;

/// The reference of a chart of the vendor's, as this machine's repositories have it.
pub(super) fn default_chart(layout: &Layout) -> String {
    helm::default_reference(layout, repository_config().as_deref())
}

/// What Helm has noted of repositories.
pub(super) fn repository_config() -> Option<String> {
    let path = std::env::var_os("HELM_REPOSITORY_CONFIG")?;
    std::fs::read_to_string(path).ok()
}
