//! What a cluster's own rules reject is told before anything is written: a real API server says what it rejects.

use crate::support::cluster::Namespace;
use crate::support::{Helm, World, certificates, chart, copy_folder};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";

fn install(namespace: &Namespace, chart: &str, more: &str) -> String {
    format!(
        "install agent --ca one.pem --chart {chart} -n {} --skip-probe {more}",
        namespace.name
    )
}

on_the_cluster! {
    fn a_restricted_namespace_is_known_to_reject_the_container_that_makes_the_bundle(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let line = install(&namespace, &chart(OLD_AGENT), "--dry-run");
        world.plugin(&line).never_says("pod-security-refuses").never_says("quota-refuses");
        let label = |level: &str| {
            let label = format!("pod-security.kubernetes.io/enforce={level}");
            Namespace::kubectl(&["label", "--overwrite", "namespace", &namespace.name, &label]);
        };
        label("baseline");
        world.plugin(&line).never_says("pod-security-refuses");
        label("restricted");
        world
            .plugin(&line)
            .warns("[pod-security-refuses]")
            .warns("allowPrivilegeEscalation: false")
            .warns("--mode replace");
        world
            .plugin(&line.replace("--dry-run", "--mode replace --dry-run"))
            .never_says("pod-security-refuses");
        label("privileged");
        namespace.create(&["quota", "q", "--hard=limits.cpu=20,requests.memory=20Gi"]);
        world
            .plugin(&line)
            .warns("[quota-refuses]: the quota q of namespace")
            .warns("wants limits.cpu, requests.memory of every container");
    }

    fn an_immutable_config_map_is_not_changed_half_way(world, namespace) {
        let copy = world.path("chart");
        copy_folder(chart(NEW_AGENT).as_ref(), &copy);
        let file = copy.join("templates/_custom-certificates.tpl");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replace("kind: ConfigMap\n", "kind: ConfigMap\nimmutable: true\n")).unwrap();
        world.write("one.pem", &certificates::ca("Acme Root"));
        let line = install(&namespace, "chart", "--yes");
        world.plugin(&line).exits(0);
        let before = world.read(AGENT_FILE);
        // One more is one more object, and none is changed.
        world.write("two.pem", &certificates::ca("Other Root"));
        world.plugin(&format!("{line} --ca two.pem --dry-run")).never_says("object-immutable");
        // Another one in the place of the first changes it.
        world.write("one.pem", &certificates::ca("Third Root"));
        world.write(AGENT_FILE, "");
        let line = format!("{line} --discard-values");
        world
            .plugin(&line)
            .exits(3)
            .warns("error[object-immutable]")
            .warns("field is immutable when `immutable` is set")
            .warns(&format!("-n {}", namespace.name));
        assert_eq!(world.read(AGENT_FILE), "");
        // And the API server does say so.
        world
            .plugin(&format!("{line} --ignore object-immutable"))
            .exits(1)
            .warns("immutable");
        world.write(AGENT_FILE, &before);
    }

    fn an_object_that_somebody_made_by_hand_is_in_the_way_and_can_be_taken_over(world, namespace) {
        let pem = certificates::ca("Acme Root");
        world.write("one.pem", &pem);
        let path = world.path("one.pem").display().to_string();
        let name = "clearml-agent-clearml-enterprise-agent-custom-ca-0";
        namespace.create(&["configmap", name, &format!("--from-file=acme-root.crt={path}")]);
        let line = install(&namespace, &chart(NEW_AGENT), "--yes");
        world
            .plugin(&line)
            .exits(1)
            .warns("cannot be imported into the current release")
            .warns("-- --take-ownership");
        assert!(!world.files().iter().any(|file| file == AGENT_FILE), "{:?}", world.files());
        world.plugin(&format!("{line} -- --take-ownership")).exits(0);
    }
}
