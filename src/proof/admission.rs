//! What the API server's admission and the kubelet look at before they let a container run.

use serde_yaml::Value;

use crate::trust_store;

/// The resources of a container that a quota can demand to be named.
pub const RESOURCES: [&str; 4] = [
    "limits.cpu",
    "limits.memory",
    "requests.cpu",
    "requests.memory",
];

/// What may keep a container from running, as far as its pod's manifest tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admission {
    /// Whether it runs `update-ca-certificates`, and is there for the certificates' sake.
    pub is_updater: bool,
    /// What it lacks of the Pod Security Standard *restricted*
    /// (<https://kubernetes.io/docs/concepts/security/pod-security-standards/>).
    pub against_restricted: Vec<&'static str>,
    /// Those of [`RESOURCES`] that it does not name.
    pub unnamed: Vec<&'static str>,
    /// Whether it must not be root, and leaves it to its image which user it is.
    pub is_user_open: bool,
}

impl Admission {
    /// Reads a container of the pod `spec`.
    pub(super) fn of(container: &Value, spec: &Value) -> Self {
        let own = |path: &[&str]| {
            crate::values::lookup(container, &[&["securityContext"], path].concat())
        };
        let setting = |path: &[&str]| {
            own(path)
                .or_else(|| crate::values::lookup(spec, &[&["securityContext"], path].concat()))
        };
        let never_root = setting(&["runAsNonRoot"]).and_then(Value::as_bool) == Some(true);
        let user = setting(&["runAsUser"]).and_then(Value::as_u64);
        let dropped = own(&["capabilities", "drop"]).and_then(Value::as_sequence);
        let drops_all =
            dropped.is_some_and(|all| all.iter().any(|one| one.as_str() == Some("ALL")));
        let profile = setting(&["seccompProfile", "type"]).and_then(Value::as_str);
        let confined = matches!(profile, Some("RuntimeDefault" | "Localhost"));
        let no_escalation =
            own(&["allowPrivilegeEscalation"]).and_then(Value::as_bool) == Some(false);
        let wanted = [
            (never_root && user != Some(0), "runAsNonRoot: true"),
            (no_escalation, "allowPrivilegeEscalation: false"),
            (drops_all, "capabilities.drop: [ALL]"),
            (confined, "seccompProfile.type: RuntimeDefault"),
        ];
        let against = wanted.into_iter().filter(|(is_so, _)| !is_so);
        let is_named = |resource: &&str| {
            let path: Vec<&str> = resource.split('.').collect();
            let named =
                crate::values::lookup(container, &[&["resources"], path.as_slice()].concat());
            // A limit counts as the request that is not named.
            let limit = resource.replace("requests", "limits");
            let limit: Vec<&str> = limit.split('.').collect();
            let limit =
                crate::values::lookup(container, &[&["resources"], limit.as_slice()].concat());
            named.or(limit).is_some()
        };
        Self {
            is_updater: trust_store::runs_update(container),
            against_restricted: against.map(|(_, what)| what).collect(),
            unnamed: RESOURCES.into_iter().filter(|one| !is_named(one)).collect(),
            is_user_open: never_root && user.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admission(container: &str, spec: &str) -> Admission {
        let [container, spec] = [container, spec].map(|text| serde_yaml::from_str(text).unwrap());
        Admission::of(&container, &spec)
    }

    #[test]
    fn a_container_that_says_all_is_within_every_rule() {
        let container = "{securityContext: {allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, runAsUser: 1000}, resources: {limits: {cpu: 1, memory: 1Gi}}}";
        let spec = "{securityContext: {seccompProfile: {type: RuntimeDefault}}}";
        assert_eq!(admission(container, spec), Admission::default());
    }

    #[test]
    fn what_the_pod_says_counts_where_the_container_says_nothing() {
        let open = admission("{}", "{securityContext: {runAsNonRoot: true}}");
        assert!(open.is_user_open);
        assert_eq!(open.against_restricted.len(), 3);
        assert_eq!(open.unnamed, RESOURCES);
        let root = admission(
            "{securityContext: {runAsUser: 0}}",
            "{securityContext: {runAsNonRoot: true}}",
        );
        assert!(!root.is_user_open && root.against_restricted.len() == 4);
        let requests = admission("{resources: {requests: {cpu: 1}}}", "{}");
        assert_eq!(
            requests.unnamed,
            ["limits.cpu", "limits.memory", "requests.memory"]
        );
    }
}
