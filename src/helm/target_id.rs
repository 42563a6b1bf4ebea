//! What a release is known by.

use crate::kube::ClusterAddress;

/// What a release, or one to be, is known by among those of all clusters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TargetId {
    /// Its cluster.
    pub cluster: ClusterAddress,
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub release: String,
}
