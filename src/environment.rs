//! What the environment says: the user's shell, and Helm, which hands its own flags over in it.

/// A variable that is set to something.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The namespace that holds where none is named: Helm resolves `-n`, its environment and the kubeconfig, and hands the result
/// to its plugins.
#[must_use]
pub fn current_namespace() -> String {
    variable("HELM_NAMESPACE").unwrap_or_else(|| "default".to_owned())
}
