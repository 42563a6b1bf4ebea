//! Kubernetes: which cluster, and kubectl where it is installed.

mod address;
#[cfg(test)]
pub(crate) use address::tests;
mod kubectl;

pub use address::ClusterAddress;
pub use kubectl::{Kubectl, restart_shown};
