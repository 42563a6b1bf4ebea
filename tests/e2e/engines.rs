//! What an engine deploys, on a real API server with both major versions of Helm. The engines' marks are set as they set them.

use crate::support::cluster::{Namespace, create};
use crate::support::{Helm, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const USERS_FILE: &str = "# ours\nimageCredentials:\n  password: hunter2-very-secret\n";
const NAME: &str = "clearml-agent-clearml-enterprise-agent";

fn install(namespace: &Namespace, more: &str) -> String {
    format!(
        "install agent --ca ca.pem --chart {} -n {} --skip-probe --yes {more}",
        chart("clearml-enterprise-agent-6.9.3"),
        namespace.name
    )
}

fn begin(world: &World) {
    world.write("ca.pem", &certificates::ca("Acme Root"));
    world.write(AGENT_FILE, USERS_FILE);
}

on_the_cluster! {
    // Argo CD applies what `helm template` renders, and keeps no release.
    fn what_argo_cd_applied_is_named_before_helm_stumbles(world, namespace) {
        begin(&world);
        let chart = chart("clearml-enterprise-agent-6.9.3");
        let rendered = world.helm(["template", "clearml-agent", &chart, "-n", &namespace.name, "--kube-version", "1.32.0", "-f", AGENT_FILE]);
        let manifest = rendered.exits(0).stdout.clone();
        assert_eq!(create(&manifest, &["-n", &namespace.name]), None);
        world.plugin(&install(&namespace, "")).exits(1).warns("invalid ownership metadata");
        let id = format!("argocd.argoproj.io/tracking-id=agents:apps/Deployment:{}/{NAME}", namespace.name);
        Namespace::kubectl(&["annotate", "deployment", NAME, "-n", &namespace.name, &id]);
        world.plugin(&install(&namespace, ""))
            .exits(3)
            .says("acme-root")
            .warns("error[release-of-an-engine]: Argo CD (Application agents) deploys what would be release clearml-agent");
        assert_eq!(world.read(AGENT_FILE), USERS_FILE);
        world.plugin(&install(&namespace, "-- --take-ownership")).exits(3).warns("error[release-of-an-engine]");
        // kubectl owns the fields here, as Argo CD's controller would.
        let force = if world.helm_version().starts_with('3') { "" } else { "--force-conflicts" };
        let over = format!("--ignore release-of-an-engine -- --take-ownership {force}");
        world.plugin(&install(&namespace, over.trim_end())).exits(0);
    }

    fn what_flux_came_to_deploy_is_left_to_it_and_status_tells_it(world, namespace) {
        begin(&world);
        world.plugin(&install(&namespace, "")).exits(0);
        let labels = ["helm.toolkit.fluxcd.io/name=agent", "helm.toolkit.fluxcd.io/namespace=flux-system"];
        Namespace::kubectl(&["label", "deployment", NAME, "-n", &namespace.name, labels[0], labels[1]]);
        let file = world.read(AGENT_FILE);
        let chart = chart("clearml-enterprise-agent-6.9.3");
        let remove = format!("remove agent --all --chart {chart} -n {} --skip-probe --yes", namespace.name);
        world.plugin(&remove)
            .exits(3)
            .warns("error[release-of-an-engine]")
            .warns("flux suspend helmrelease agent -n flux-system");
        assert_eq!(world.read(AGENT_FILE), file);
        world.plugin(&format!("status agent -n {} --skip-probe", namespace.name)).says("by Flux");
        // What has nothing to change is no matter of the engine's.
        world.plugin(&install(&namespace, "")).exits(0).says("Nothing to change");
        world.plugin(&format!("{remove} --ignore release-of-an-engine")).exits(0);
        assert_eq!(world.read(AGENT_FILE), USERS_FILE);
    }
}
