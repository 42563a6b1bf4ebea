//! Private CA certificates for ClearML Enterprise on Kubernetes, as a Helm plugin.

pub mod yaml;
