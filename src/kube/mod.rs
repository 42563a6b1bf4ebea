//! Kubernetes: which cluster, and kubectl where it is installed.

mod address;
#[cfg(test)]
pub(crate) use address::tests;
mod flags;
mod kubeconfig;
mod kubectl;
pub mod pod;
mod references;
mod short_lived;

pub use address::{ClusterAddress, current_namespace};
pub use flags::{Program, flags_within};
pub use kubectl::Kubectl;
pub use references::{LookedUp, Reference, fitting};
pub use short_lived::ShortLived;
