//! `render` through the real helm: the overrides alone, printed or written, without a cluster.

use crate::support::{GATEWAY_NEEDS, Helm, Run, World, certificates, chart};
use serde_json::Value;

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const USERS_FILE: &str = "# ours\nimageCredentials:\n  password: hunter2-very-secret\n";

fn render(world: &World, more: &str) -> Run {
    world.write("ca.pem", &certificates::ca("Acme Root"));
    let chart = chart(OLD_AGENT);
    world.plugin(&format!("render agent --ca ca.pem --chart {chart} {more}"))
}

both_majors! {
    fn a_file_that_two_targets_share_is_edited_by_both_and_written_once(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let file = format!("# shared\n{GATEWAY_NEEDS}\nagentk8sglue:\n  replicaCount: 1\n");
        world.write("shared.yaml", &file);
        let line = format!(
            "render agent gateway --ca ca.pem -n team-a --agent-chart {} --gateway-chart {} --agent-values shared.yaml --gateway-values ./shared.yaml",
            chart("clearml-enterprise-agent-6.9.3"),
            chart("clearml-enterprise-app-gateway-3.2.0")
        );
        world.plugin(&format!("{line} --in-place")).exits(0).says("shared.yaml is written");
        let written = world.read("shared.yaml");
        assert!(written.starts_with("# shared\n"), "{written}");
        assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 1, "{written}");
        assert!(written.contains("basePodTemplate"), "{written}");
        assert_eq!(world.backups().len(), 1, "{:?}", world.backups());
        world.plugin(&format!("{line} --in-place")).exits(0).never_says("is written");
        assert_eq!(world.read("shared.yaml"), written);
        world.is_tidy();
    }

    fn the_certificates_part_is_printed_and_is_all_that_helm_needs(world) {
        world.write(AGENT_FILE, USERS_FILE);
        let run = render(&world, "");
        run.exits(0).never_says("hunter2");
        assert!(run.stdout.starts_with("customCertificates:\n"), "{run}");
        assert_eq!(world.read(AGENT_FILE), USERS_FILE);
        world.write("part.yaml", &run.stdout);
        world
            .helm(["template", "clearml-agent", &chart(OLD_AGENT), "--kube-version", "1.32.0", "-f", "part.yaml"])
            .exits(0)
            .says("name: clearml-agent-clearml-enterprise-agent-custom-ca-0");
        world.is_tidy();
    }

    fn the_whole_file_is_printed_on_demand(world) {
        world.write(AGENT_FILE, USERS_FILE);
        let run = render(&world, "--full");
        run.exits(0);
        assert!(run.stdout.starts_with(USERS_FILE), "{run}");
    }

    fn the_file_is_written_in_place_once(world) {
        world.write(AGENT_FILE, USERS_FILE);
        let run = render(&world, "--in-place");
        run.exits(0).says("is written").says(".bak");
        let text = world.read(AGENT_FILE);
        assert!(text.starts_with(USERS_FILE) && text.contains("extraCerts"), "{text}");
        let chart = chart(OLD_AGENT);
        world
            .plugin(&format!("render agent --ca ca.pem --chart {chart} --in-place"))
            .exits(0)
            .says("is as it should be");
        assert_eq!(world.read(AGENT_FILE), text);
    }

    fn json_holds_the_overrides_the_certificates_and_the_findings(world) {
        let run = render(&world, "-o json");
        run.exits(0);
        let json: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(json["schemaVersion"], 1);
        let target = &json["targets"][0];
        assert_eq!(target["component"], "agent");
        assert_eq!(target["chartVersion"], "6.9.3");
        assert_eq!(target["assumedNames"], false);
        assert_eq!(target["certificates"][0]["alias"], "acme-root");
        assert_eq!(target["certificates"][0]["notAfter"], "2126-01-01T00:00:00Z");
        assert!(target["override"].as_str().unwrap().starts_with("customCertificates:"));
    }

    fn without_the_chart_documented_names_serve_where_that_is_asked_for(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let line = "render agent --ca ca.pem --chart acme/clearml-enterprise-agent --task-image agent:1";
        world.plugin(line).exits(1).warns("helm pull acme/clearml-enterprise-agent");
        let run = world.plugin(&format!("{line} --assume-names"));
        run.exits(0)
            .warns("warning[names-assumed]")
            .says("name: clearml-agent-clearml-enterprise-agent-custom-ca-0");
        assert!(run.stdout.starts_with("# Names of ConfigMaps are assumed"), "{run}");
        world.plugin(&format!("{line} --assume-names --version 6.14.6")).exits(0).says("propagateToTasks: true");
        let no_image = line.replace("--task-image agent:1", "--assume-names");
        world.plugin(&no_image).exits(3).warns("error[image-unknown]");
    }

    fn two_runs_in_one_folder_exclude_each_other(world) {
        world.write(AGENT_FILE, USERS_FILE);
        let mut other = helm_clearml_certs::files::FolderLocks::default();
        assert!(other.take(&world.path(AGENT_FILE)));
        render(&world, "--in-place")
            .exits(1)
            .warns("waiting for another run that edits")
            .warns("another helm clearml-certs is editing");
        assert_eq!(world.read(AGENT_FILE), USERS_FILE);
        // One that ends meanwhile is waited for.
        std::thread::scope(|scope| {
            let second = scope.spawn(|| render(&world, "--in-place"));
            drop(other);
            second.join().unwrap().exits(0);
        });
        assert_ne!(world.read(AGENT_FILE), USERS_FILE);
    }

    fn a_read_only_file_is_refused(world) {
        world.write(AGENT_FILE, USERS_FILE);
        let mut permissions = std::fs::metadata(world.path(AGENT_FILE)).unwrap().permissions();
        permissions.set_readonly(true);
        std::fs::set_permissions(world.path(AGENT_FILE), permissions).unwrap();
        render(&world, "--in-place").exits(1).warns("is read-only");
        assert_eq!(world.read(AGENT_FILE), USERS_FILE);
        assert_eq!(world.files(), ["ca.pem", AGENT_FILE]);
    }
}
