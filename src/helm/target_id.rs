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

impl TargetId {
    /// Whether both are one release for sure, whichever contexts lead there.
    #[must_use]
    pub fn is_same_release(&self, other: &Self) -> bool {
        (&self.namespace, &self.release) == (&other.namespace, &other.release)
            && self.cluster.leads_to() == other.cluster.leads_to()
    }
}
