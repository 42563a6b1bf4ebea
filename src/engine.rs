//! Engines that deploy releases by themselves, known by the marks that they leave: what anybody else deploys of such a release,
//! they take back.

use serde_yaml::Value;

use crate::kube::ClusterAddress;
use crate::proof::Object;
use crate::values::lookup;

/// The label and annotation keys by which an object tells what it was made by.
const FLUX_NAME: &str = "helm.toolkit.fluxcd.io/name";
const FLUX_NAMESPACE: &str = "helm.toolkit.fluxcd.io/namespace";
const KUSTOMIZE_NAME: &str = "kustomize.toolkit.fluxcd.io/name";
const KUSTOMIZE_NAMESPACE: &str = "kustomize.toolkit.fluxcd.io/namespace";
const ARGO_TRACKING: &str = "argocd.argoproj.io/tracking-id";
const ARGO_INSTANCE: &str = "argocd.argoproj.io/instance";
const INSTANCE: &str = "app.kubernetes.io/instance";
const RANCHER_ID: &str = "objectset.rio.cattle.io/id";
const RANCHER_OWNER: &str = "objectset.rio.cattle.io/owner-gvk";
const RANCHER_OWNER_NAME: &str = "objectset.rio.cattle.io/owner-name";
const RANCHER_OWNER_NAMESPACE: &str = "objectset.rio.cattle.io/owner-namespace";

/// Argo CD's name for itself where fields are owned, however it applies: the label `app.kubernetes.io/instance` alone, by which one
/// tracks that is told to (before 3.0: unless told otherwise), is on what plain Helm deploys as well.
const ARGO_MANAGER: &str = "argocd-controller";

/// An engine that deploys a release, and the object that it goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engine {
    /// Whose it is: `Flux`, `Argo CD`, …
    pub name: &'static str,
    /// The kind of the object to edit.
    pub kind: String,
    /// Its namespace, where the marks tell it.
    pub namespace: Option<String>,
    /// Its name.
    pub object: String,
}

impl Engine {
    fn new(name: &'static str, kind: &str, namespace: Option<&str>, object: &str) -> Self {
        Self {
            name,
            kind: kind.to_owned(),
            namespace: namespace.filter(|one| !one.is_empty()).map(str::to_owned),
            object: object.to_owned(),
        }
    }

    /// The engine that deployed these objects; `None` where nothing tells of one. Sources of the marks:
    ///
    /// - Flux's helm-controller has a post-renderer that labels every object (`internal/postrender/build.go`), its
    ///   kustomize-controller labels what it applies;
    /// - Argo CD annotates with `<application>:<group>/<kind>:<namespace>/<name>`, the application as `<namespace>_<name>` where it
    ///   stands elsewhere than Argo CD itself; one that speaks of another object came along with a copy, and means nothing to it. Where
    ///   it tracks by label, its docs recommend one of its own in the place of `app.kubernetes.io/instance` (Resource Tracking);
    /// - Rancher's Fleet has a post-renderer as well (`internal/helmdeployer/postrender.go`), which annotates with the bundle; what
    ///   k3s applies from files names its Addon.
    #[must_use]
    pub fn of(objects: &[Object]) -> Option<Self> {
        objects.iter().find_map(Self::by_marks)
    }

    fn by_marks(object: &Object) -> Option<Self> {
        let text = |place: &str, key: &str| -> Option<&str> {
            let text = object.get(&["metadata", place, key])?.as_str()?;
            (!text.is_empty()).then_some(text)
        };
        let label = |key: &str| text("labels", key);
        let annotation = |key: &str| text("annotations", key);
        if let Some(name) = label(FLUX_NAME) {
            let namespace = label(FLUX_NAMESPACE);
            return Some(Self::new("Flux", "HelmRelease", namespace, name));
        }
        if let Some(name) = label(KUSTOMIZE_NAME) {
            let namespace = label(KUSTOMIZE_NAMESPACE);
            return Some(Self::new("Flux", "Kustomization", namespace, name));
        }
        let application = annotation(ARGO_TRACKING).and_then(|id| tracked(id, object));
        // What came along with a copy says nothing, whichever mark it is.
        let is_copied = annotation(ARGO_TRACKING).is_some() && application.is_none();
        let labelled = || {
            let by_argo = managers(object).any(|name| name == ARGO_MANAGER);
            let own = label(ARGO_INSTANCE).filter(|_| !is_copied);
            own.or_else(|| label(INSTANCE).filter(|_| by_argo))
        };
        if let Some(name) = application.or_else(labelled) {
            let (namespace, name) = match name.split_once('_') {
                Some((namespace, name)) => (Some(namespace), name),
                None => (None, name),
            };
            return Some(Self::new("Argo CD", "Application", namespace, name));
        }
        if let (Some(owner), Some(name)) =
            (annotation(RANCHER_OWNER), annotation(RANCHER_OWNER_NAME))
        {
            let kind = owner
                .rsplit_once("Kind=")
                .map_or("object", |(_, kind)| kind);
            let namespace = annotation(RANCHER_OWNER_NAMESPACE);
            return Some(Self::new("Rancher", kind, namespace, name));
        }
        annotation(RANCHER_ID).map(|id| Self::new("Rancher's Fleet", "Bundle", None, id))
    }

    /// The `HelmChart` of k3s or RKE2, among all of the cluster, that a release is made from: it leaves no mark on what it deploys,
    /// and its release has its own name (<https://docs.k3s.io/helm>).
    #[must_use]
    pub fn among_helm_charts(charts: &[Object], release: &str, namespace: &str) -> Option<Self> {
        let target = |chart: &Object| {
            let target = chart.get(&["spec", "targetNamespace"]);
            let target = target.and_then(Value::as_str);
            target.map_or_else(|| chart.id().namespace.to_owned(), str::to_owned)
        };
        let mut charts = charts.iter();
        let chart = charts.find(|one| one.name == release && target(one) == namespace)?;
        let at = chart.id().namespace;
        Some(Self::new("k3s or RKE2", "HelmChart", Some(at), &chart.name))
    }

    /// `HelmRelease flux-system/clearml-agent`
    #[must_use]
    pub fn shown(&self) -> String {
        let Self { kind, object, .. } = self;
        match &self.namespace {
            Some(namespace) => format!("{kind} {namespace}/{object}"),
            None => format!("{kind} {object}"),
        }
    }

    /// Whether a file with the object can be named with `-f`.
    #[must_use]
    pub fn is_edited_in_place(&self) -> bool {
        ["HelmRelease", "Application", "HelmChart"].contains(&self.kind.as_str())
    }

    /// How the engine, which works in a cluster, is kept from taking back what somebody else deploys; `None` where there is no one
    /// command.
    #[must_use]
    pub fn suspension(&self, cluster: &ClusterAddress) -> Option<String> {
        let object = &self.object;
        let namespace = self.namespace.as_deref();
        let flux = |kind: &str| {
            let namespace = namespace.unwrap_or("NAMESPACE");
            cluster.as_kubectl("flux", &["suspend", kind, object, "-n", namespace])
        };
        match (self.name, self.kind.as_str()) {
            ("Flux", "HelmRelease") => Some(flux("helmrelease")),
            ("Flux", _) => Some(flux("kustomization")),
            // It asks Argo CD's own server, which it knows by a context of its own.
            ("Argo CD", _) => {
                let name = namespace.map_or_else(|| object.clone(), |at| format!("{at}/{object}"));
                Some(format!("argocd app set {name} --sync-policy none"))
            }
            (_, "HelmChart") => {
                let namespace = namespace.unwrap_or("kube-system");
                let mark = "helmcharts.helm.cattle.io/unmanaged=true";
                Some(cluster.kubectl(&["annotate", "helmchart", object, mark, "-n", namespace]))
            }
            _ => None,
        }
    }
}

/// The application of a tracking id, where that speaks of this object.
fn tracked<'a>(id: &'a str, object: &Object) -> Option<&'a str> {
    let (application, of) = id.split_once(':')?;
    let (kind, place) = of.split_once(':')?;
    let (namespace, name) = place.split_once('/')?;
    let kind = kind.rsplit('/').next()?;
    let own = object.id().namespace;
    let is_own = kind == object.kind && name == object.name && (own.is_empty() || namespace == own);
    is_own.then_some(application)
}

/// Who set fields of an object.
fn managers(object: &Object) -> impl Iterator<Item = &str> {
    let entries = lookup(&object.value, &["metadata", "managedFields"]);
    let entries = entries.and_then(Value::as_sequence).into_iter().flatten();
    entries.filter_map(|entry| entry.get("manager")?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::tests::{in_namespace, on_context};

    fn objects(metadata: &str) -> Vec<Object> {
        let text = format!(
            "kind: ConfigMap\nmetadata: {{name: unmarked}}\n---\nkind: Deployment\nmetadata: {{name: x, namespace: ns, {}\n",
            metadata.trim_start_matches('{')
        );
        crate::proof::parse(&text).unwrap()
    }

    #[test]
    fn each_engine_is_known_by_its_marks() {
        for (metadata, name, shown, suspension) in [
            (
                "{labels: {helm.toolkit.fluxcd.io/name: agent, helm.toolkit.fluxcd.io/namespace: flux-system}}",
                "Flux",
                "HelmRelease flux-system/agent",
                Some("flux suspend helmrelease agent -n flux-system"),
            ),
            (
                "{labels: {kustomize.toolkit.fluxcd.io/name: apps, kustomize.toolkit.fluxcd.io/namespace: flux-system}}",
                "Flux",
                "Kustomization flux-system/apps",
                Some("flux suspend kustomization apps -n flux-system"),
            ),
            (
                "{annotations: {argocd.argoproj.io/tracking-id: 'agent:apps/Deployment:ns/x'}}",
                "Argo CD",
                "Application agent",
                Some("argocd app set agent --sync-policy none"),
            ),
            (
                "{annotations: {argocd.argoproj.io/tracking-id: 'team_agent:apps/Deployment:ns/x'}}",
                "Argo CD",
                "Application team/agent",
                Some("argocd app set team/agent --sync-policy none"),
            ),
            (
                "{labels: {argocd.argoproj.io/instance: agent, app.kubernetes.io/instance: release}}",
                "Argo CD",
                "Application agent",
                Some("argocd app set agent --sync-policy none"),
            ),
            (
                "{labels: {app.kubernetes.io/instance: agent}, managedFields: [{manager: argocd-controller}]}",
                "Argo CD",
                "Application agent",
                Some("argocd app set agent --sync-policy none"),
            ),
            (
                "{annotations: {objectset.rio.cattle.io/id: default-agent-cattle-fleet-system}}",
                "Rancher's Fleet",
                "Bundle default-agent-cattle-fleet-system",
                None,
            ),
            (
                "{annotations: {objectset.rio.cattle.io/id: '', objectset.rio.cattle.io/owner-gvk: 'k3s.cattle.io/v1, Kind=Addon', objectset.rio.cattle.io/owner-name: agent, objectset.rio.cattle.io/owner-namespace: kube-system}}",
                "Rancher",
                "Addon kube-system/agent",
                None,
            ),
        ] {
            let engine = Engine::of(&objects(metadata)).expect(metadata);
            assert_eq!((engine.name, engine.shown().as_str()), (name, shown));
            let on = |cluster: ClusterAddress| engine.suspension(&cluster);
            assert_eq!(on(in_namespace("ns")).as_deref(), suspension);
            // Argo CD's own server is asked by a context of its own.
            let elsewhere = suspension.map(|line| match name {
                "Flux" => format!("{line} --context blue"),
                _ => line.to_owned(),
            });
            assert_eq!(on(on_context("blue")), elsewhere);
        }
    }

    #[test]
    fn what_plain_helm_deploys_is_nobodys_else() {
        for metadata in [
            "{labels: {app.kubernetes.io/instance: agent, app.kubernetes.io/managed-by: Helm}}",
            "{labels: {app.kubernetes.io/instance: agent}, managedFields: [{manager: helm}]}",
            "{annotations: {objectset.rio.cattle.io/id: ''}}",
            // Copied from another namespace, with all that was on it.
            "{annotations: {argocd.argoproj.io/tracking-id: 'agent:apps/Deployment:theirs/x'}}",
            "{annotations: {argocd.argoproj.io/tracking-id: agent}}",
            "{annotations: {argocd.argoproj.io/tracking-id: 'agent:apps/Deployment:theirs/x'}, labels: {argocd.argoproj.io/instance: agent}}",
            "{}",
        ] {
            assert_eq!(Engine::of(&objects(metadata)), None, "{metadata}");
        }
    }

    #[test]
    fn a_helm_chart_is_found_by_the_releases_name_and_namespace() {
        let text = "kind: HelmChart\nmetadata: {name: agent, namespace: kube-system}\nspec: {targetNamespace: team-a}\n---\nkind: HelmChart\nmetadata: {name: gw, namespace: team-b}\n";
        let charts = crate::proof::parse(text).unwrap();
        let found = |release, namespace| Engine::among_helm_charts(&charts, release, namespace);
        let engine = found("agent", "team-a").unwrap();
        assert_eq!(engine.shown(), "HelmChart kube-system/agent");
        assert_eq!(
            engine.suspension(&on_context("blue")).unwrap(),
            "kubectl annotate helmchart agent 'helmcharts.helm.cattle.io/unmanaged=true' -n kube-system --context blue"
        );
        assert_eq!(
            found("gw", "team-b").unwrap().shown(),
            "HelmChart team-b/gw"
        );
        assert_eq!(found("agent", "kube-system"), None);
    }
}
