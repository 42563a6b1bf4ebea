//! `doctor` through the real helm: what is in the way, and what to do about it.

use crate::support::authority::{authority, server};
use crate::support::cluster::Namespace;
use crate::support::tls_server::serve;
use crate::support::{Helm, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const AGENT: &str = "clearml-enterprise-agent-6.9.3";

/// An override file with one certificate.
fn file(pem: &str) -> String {
    let pem = pem.trim().replace('\n', "\n        ");
    format!("customCertificates:\n  extraCerts:\n    - alias: old\n      pem: |\n        {pem}\n")
}

both_majors! {
    fn without_a_cluster_it_says_so_and_looks_at_the_rest(world) {
        world.write(AGENT_FILE, "a: 1\n");
        let run = world.plugin(&format!("doctor --agent-chart {}", chart(AGENT)));
        run.exits(3)
            .says("✓ plugin   clearml-certs 0.1.0, [WORLD]/helm/data/plugins/clearml-certs")
            .says(&format!("✓ helm     Helm {}, ", world.helm_version()))
            .says("✗ cluster  ")
            .says("connection refused")
            .says("→ check the context with `kubectl cluster-info --kubeconfig [WORLD]/no-cluster`")
            .says("- rights   not looked at")
            .says("- clock    not compared")
            .says("✓ file     clearml-agent-values.override.yaml, of the agent")
            .says("✓ chart    [REPOSITORY]/tests/charts/clearml-enterprise-agent-6.9.3, version 6.9.3");
        run.says("1 thing is in the way: cluster.");
        assert_eq!(run.stdout.lines().count(), 9, "one line each, one remedy, and what it comes to\n{run}");
        assert_eq!(world.files(), [AGENT_FILE]);
        world.is_tidy();
    }

    fn what_is_wrong_with_files_and_charts_is_told_with_its_remedy(world) {
        world.write("broken.yaml", "a: 1\na: 2\n");
        world.plugin("doctor gateway --gateway-chart ./nowhere --gateway-values broken.yaml --gateway-values missing.yaml")
            .exits(3)
            .says("✗ file     broken.yaml: ")
            .says("docs/yaml-refusals.md")
            .says("- file     missing.yaml is not in this folder")
            .says("✗ chart    there is no chart at ./nowhere")
            .says("--gateway-chart");
        world.plugin("doctor agent gateway --chart x").exits(64);
        world.plugin("doctor nobody").exits(64);
    }

    fn a_certificate_of_a_file_that_has_expired_is_told(world) {
        world.write(AGENT_FILE, &file(&certificates::expired_ca("Acme Old Root")));
        world.plugin(&format!("doctor --agent-chart {}", chart(AGENT)))
            .exits(3)
            .says("✗ file     CN=Acme Old Root, O=Acme (clearml-agent-values.override.yaml) expired on ");
        world.write(AGENT_FILE, &file(&certificates::ca_ending_in("Acme Soon Root", 10)));
        world.plugin(&format!("doctor --agent-chart {}", chart(AGENT)))
            .says("- file     CN=Acme Soon Root, O=Acme (clearml-agent-values.override.yaml) expires in ");
    }

    fn servers_of_a_file_are_asked_and_what_was_not_reached_is_told(world) {
        world.write(AGENT_FILE, "agentk8sglue:\n  apiServerUrlReference: https://127.0.0.1:1\n");
        let line = format!("doctor --agent-chart {}", chart(AGENT));
        world.plugin(&line).exits(3).says("- server   https://127.0.0.1:1 was not reached from here: ");
        world.plugin(&format!("{line} --skip-probe")).exits(3).never_says("- server");
    }

    fn a_server_that_clients_refuse_is_in_the_way_and_one_that_they_trust_is_fine(world) {
        let root = authority("Acme Root").self_signed();
        let port = serve(&[&server("localhost").issued_by(&root), &root]);
        let url = format!("https://localhost:{port}");
        let named = format!("agentk8sglue:\n  apiServerUrlReference: {url}\n");
        let line = format!("doctor --agent-chart {}", chart(AGENT));
        world.write(AGENT_FILE, &named);
        world.plugin(&line)
            .exits(3)
            .says(&format!("✗ server   {url} (agentk8sglue.apiServerUrlReference)"))
            .says(&format!("→ helm clearml-certs probe {url} says what would help"))
            .says("things are in the way: cluster, server.");
        world.write(AGENT_FILE, &(named + &file(&root.pem())));
        world.plugin(&line)
            .says(&format!("✓ server   {url} is trusted by every client with what {AGENT_FILE} trusts"));
    }

    fn a_plugin_whose_update_did_not_finish_is_found(world) {
        let manifest = world.home("data").join("plugins/clearml-certs/plugin.yaml");
        let text = std::fs::read_to_string(&manifest).unwrap().replace("version: 0.1.0", "version: 9.9.9");
        std::fs::write(&manifest, text).unwrap();
        world.plugin("doctor").exits(3).says("✗ plugin").says("install-binary.sh");
    }
}

on_the_cluster! {
    fn with_a_cluster_all_is_green_and_a_user_without_rights_is_told(world, namespace) {
        world.write(AGENT_FILE, "a: 1\n");
        let line = format!("doctor agent --agent-chart {} -n {}", chart(AGENT), namespace.name);
        world.plugin(&line)
            .exits(0)
            .says("✓ cluster  context ")
            .says(" is reachable; no ClearML release in namespace")
            .says("✓ rights   enough to deploy")
            .says("✓ clock    within a minute")
            .never_says("✗");
        let readonly = std::env::var("E2E_READONLY_KUBECONFIG").unwrap();
        world.plugin(&format!("{line} --kubeconfig {readonly}"))
            .exits(3)
            .says("✗ rights   you may not in namespace")
            .says("create secrets");
        // What is deployed ends on a day that no file here tells.
        let upgrade = |pem: &str| {
            world.write("deployed.yaml", &file(pem));
            world.helm(["upgrade", "-i", "one", &chart(AGENT), "-n", &namespace.name, "-f", "deployed.yaml"]).exits(0);
        };
        upgrade(&certificates::ca("Acme Root"));
        world.plugin(&line).exits(0).says("✓ trust    release one: of its certificates (1) the first to end is CN=Acme Root");
        upgrade(&certificates::expired_ca("Acme Old Root"));
        world.plugin(&line)
            .exits(3)
            .says("✗ trust    CN=Acme Old Root, O=Acme (release one) expired on ")
            .says("helm clearml-certs rotate agent");
    }
}
