//! `remove` against a real Kubernetes API: what was brought is taken out again, and nothing else.

use serde_json::Value;

use crate::support::authority::{Name, authority, server};
use crate::support::cluster::Namespace;
use crate::support::{
    GATEWAY_FILE, GATEWAY_NEEDS, GPU_QUEUES as QUEUES, Helm, World, certificates, chart, tls_server,
};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";

/// The texts of a namespace's ConfigMaps, but for Kubernetes' own root CA.
fn texts(namespace: &Namespace) -> String {
    let maps = namespace.get("configmaps");
    let maps = maps["items"].as_array().unwrap().iter();
    let ours = maps.filter(|map| map["metadata"]["name"] != "kube-root-ca.crt");
    ours.map(|map| map["data"].to_string()).collect()
}

/// How often a certificate's PEM stands in a text with escaped line breaks.
fn occurrences(text: &str, pem: &str) -> usize {
    text.matches(pem.lines().nth(2).unwrap()).count()
}

on_the_cluster! {
    fn all_that_was_added_goes_and_the_files_are_as_they_were(world, namespace) {
        let (one, two) = (certificates::ca("Acme Root"), certificates::ca("Acme Issuing"));
        world.write("one.pem", &one).write("two.pem", &two);
        for (chart_name, more) in [
            (OLD_AGENT, "--task-pods template"),
            (NEW_AGENT, "--task-pods propagate"),
            (NEW_AGENT, "--mode replace --task-pods template"),
        ] {
            world.write(AGENT_FILE, QUEUES).write(GATEWAY_FILE, GATEWAY_NEEDS);
            let place = format!(
                "-n {} --gateway-release gw --gateway-chart {} --agent-chart {} --yes --discard-values",
                namespace.name, chart(GATEWAY), chart(chart_name)
            );
            world.plugin(&format!("install gateway agent --ca one.pem --ca two.pem {more} {place}")).exits(0);
            assert_eq!(occurrences(&texts(&namespace), &one), 2, "gateway and agent");

            let part = world.plugin(&format!("remove gateway agent --alias acme-root {place}"));
            part.exits(0).says("acme-root");
            let left = texts(&namespace);
            assert_eq!((occurrences(&left, &one), occurrences(&left, &two)), (0, 2), "{more}\n{left}");
            assert!(!left.contains("custom-ca-1\\n"), "the sources follow the names that moved up\n{left}");

            world.plugin(&format!("remove gateway agent --all {place}")).exits(0);
            let left = texts(&namespace);
            assert_eq!(occurrences(&left, &two), 0);
            assert!(!left.contains("REQUESTS_CA_BUNDLE"), "{left}");
            assert_eq!(world.read(AGENT_FILE), QUEUES, "{more}");
            assert_eq!(world.read(GATEWAY_FILE), GATEWAY_NEEDS);

            let again = format!("remove gateway agent --all {place}");
            world.plugin(&again).exits(0).says("Nothing to change").warns("note[nothing-selected]");
        }
        world.is_tidy();
    }

    fn a_certificate_that_a_server_still_needs_stays_unless_told(world, namespace) {
        let (old, new) = (authority("Acme Old").self_signed(), authority("Acme New").self_signed());
        let host = [Name::Dns("localhost")];
        let port = tls_server::serve(&[&server("localhost").names(&host).issued_by(&old)]);
        world.write("old.pem", &old.pem()).write("new.pem", &new.pem());
        let users = format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{port}\n");
        world.write(AGENT_FILE, &users);
        let place = format!("-n {} --chart {} --yes", namespace.name, chart(NEW_AGENT));
        world.plugin(&format!("install agent --ca old.pem --ca new.pem {place}")).exits(0);
        let installed = world.read(AGENT_FILE);

        let needed = world.plugin(&format!("remove agent --subject *Old {place}"));
        needed
            .exits(3)
            .warns(&format!("error[certificate-needed]: https://localhost:{port}"))
            .warns("still needs CN=Acme Old")
            .warns("unable to get local issuer certificate");
        assert_eq!(world.read(AGENT_FILE), installed);
        world.plugin(&format!("remove agent --alias acme-new {place}")).exits(0);
        let told = format!("remove agent --alias acme-old {place} --ignore certificate-needed");
        world.plugin(&told).exits(0).never_says("Certificates\n");
        assert_eq!(world.read(AGENT_FILE), users);
    }

    fn what_is_not_there_is_named_with_what_is(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let place = format!("-n {} --chart {} --yes", namespace.name, chart(NEW_AGENT));
        world.plugin(&format!("install agent --ca one.pem {place}")).exits(0);
        let installed = world.read(AGENT_FILE);
        world.plugin(&format!("remove agent --alias acme-rot {place}"))
            .exits(3)
            .warns("error[nothing-selected]: --alias acme-rot fits no certificate of clearml-agent-values.override.yaml, which holds acme-root")
            .warns("did you mean --alias acme-root?");
        world.plugin(&format!("remove agent --expired {place}")).exits(0).warns("no certificate has ended");
        world.plugin(&format!("remove agent {place}")).exits(4).warns("which certificates: --alias NAME");
        world.plugin(&format!("remove agent --sha256 12 {place}")).exits(64);
        assert_eq!(world.read(AGENT_FILE), installed);

        // Nobody else may bring it in again.
        world.write("other.yaml", &installed).write("mine.yaml", &installed);
        let dry = world.plugin(&format!("remove agent --all -f other.yaml -f mine.yaml {place} --dry-run"));
        dry.exits(3).warns("error[certificate-still-given]");

        let told = world.plugin(&format!("remove agent --all {place} -o json"));
        told.exits(0);
        let json: Value = serde_json::from_str(&told.stdout).unwrap();
        let target = &json["targets"][0];
        assert_eq!(target["removed"][0]["alias"], "acme-root", "{target:#}");
        assert_eq!(target["summary"]["trustRemoved"][0]["alias"], "acme-root", "{target:#}");
    }
}
