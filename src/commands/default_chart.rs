//! Where a chart is had from when nobody says so.

use crate::helm;
use crate::vendor::Layout;

/// The reference of a chart of the vendor's, as this machine's repositories have it.
pub(super) fn default_chart(layout: &Layout) -> String {
    let config = std::env::var_os("HELM_REPOSITORY_CONFIG")
        .and_then(|path| std::fs::read_to_string(path).ok());
    helm::default_reference(layout, config.as_deref())
}
