//! `rotate` against a real Kubernetes API and a server that is renewed in the middle of it.

use serde_json::Value;

use crate::support::authority::{Issued, Name, authority, server};
use crate::support::cluster::Namespace;
use crate::support::tls_server::Renewable;
use crate::support::{GATEWAY_FILE, Helm, World, chart, until};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const OLDER_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";

fn leaf(issuer: &Issued) -> Issued {
    server("localhost")
        .names(&[Name::Dns("localhost")])
        .issued_by(issuer)
}

fn texts(namespace: &Namespace) -> String {
    let maps = namespace.get("configmaps");
    let maps = maps["items"].as_array().unwrap().iter();
    let ours = maps.filter(|map| map["metadata"]["name"] != "kube-root-ca.crt");
    ours.map(|map| map["data"].to_string()).collect()
}

/// Whether a release of the namespace brings the certificate.
fn has(namespace: &Namespace, one: &Issued) -> bool {
    texts(namespace).contains(one.pem().lines().nth(2).unwrap())
}

/// Starts a pod of the release's template for tasks, as the agent does, and waits for the next second.
fn starts_task(namespace: &Namespace, release: &str, name: &str) {
    let map = format!("{release}-clearml-enterprise-agent-pt");
    let maps = namespace.get("configmaps");
    let mut maps = maps["items"].as_array().unwrap().iter();
    let map = maps
        .find(|one| one["metadata"]["name"] == map.as_str())
        .unwrap();
    let templates = map["data"]["template.yaml"].as_str().unwrap();
    let templates: Value = serde_yaml::from_str(templates).unwrap();
    let mut pod = templates["default"].clone();
    pod["metadata"]["name"] = name.into();
    pod["spec"]["containers"][0]["name"] = "task".into();
    pod["spec"]["containers"][0]["image"] = "ubuntu:18.04".into();
    pod["spec"]
        .as_object_mut()
        .unwrap()
        .remove("serviceAccountName");
    // It is about to run for as long as the test wants.
    pod["spec"]["schedulerName"] = "nobody".into();
    let refused = namespace.refuses(&pod.to_string());
    assert_eq!(refused, None);
    let second = || {
        std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap()
            .as_secs()
    };
    let began = second();
    until("the clock goes on", || second() > began);
}

on_the_cluster! {
    fn one_line_given_again_and_again_leads_from_one_ca_to_the_other(world, namespace) {
        let (old, new) = (authority("Acme Old").self_signed(), authority("Acme New").self_signed());
        let api = Renewable::serve(&[&leaf(&old)]);
        world.write("old.pem", &old.pem()).write("new.pem", &new.pem());
        let url = format!("https://localhost:{}", api.port);
        world.write(AGENT_FILE, &format!("agentk8sglue:\n  apiServerUrlReference: {url}\n"));
        world.write(GATEWAY_FILE, &format!("clearml:\n  apiKey: gateway-key\n  apiSecret: gateway-secret\n  apiServerUrlReference: {url}\n"));
        let (agent, gateway) = (world.read(AGENT_FILE), world.read(GATEWAY_FILE));
        let place = format!(
            "-n {} --gateway-release gw --gateway-chart {} --agent-chart {} --yes",
            namespace.name, chart(GATEWAY), chart(AGENT)
        );
        world.plugin(&format!("install gateway agent --ca old.pem {place}")).exits(0);
        let rotate = format!("rotate gateway agent --from acme-old --to new.pem {place}");

        // A slip is noticed before anything is done.
        world.plugin(&rotate.replace("acme-old", "acme-odl")).exits(3).warns("nothing that any of the releases trusts is --alias acme-odl");
        assert!(!has(&namespace, &new));
        world.plugin(&format!("{rotate} --dry-run")).exits(0).says("trust + acme-new");
        assert!(!has(&namespace, &new));

        world.plugin(&rotate).exits(2).says("Both are trusted from now on");
        assert!(has(&namespace, &old) && has(&namespace, &new));
        let both = (world.read(AGENT_FILE), texts(&namespace));

        // The server was not renewed yet.
        for _ in 0..2 {
            let waits = world.plugin(&rotate);
            waits.exits(2).says("The former one stays for now").says(&url).says("still needs CN=Acme Old");
            assert_eq!((world.read(AGENT_FILE), texts(&namespace)), both);
        }
        let told = world.plugin(&format!("{rotate} -o json"));
        told.exits(2);
        let json: Value = serde_json::from_str(&told.stdout).unwrap();
        assert_eq!(json["outcome"], "waiting", "{json:#}");

        // Nor are those that another server depends on.
        api.present(&[&leaf(&new)]);
        let other = Renewable::serve(&[&leaf(&old)]);
        let asked = format!("{rotate} --server https://localhost:{}", other.port);
        world.plugin(&asked).exits(2).says(&format!("https://localhost:{} (--server) still needs", other.port));
        other.present(&[&leaf(&new)]);

        world.plugin(&asked).exits(0).says("trust − acme-old");
        assert!(!has(&namespace, &old) && has(&namespace, &new));
        world.plugin(&rotate).exits(0).says("Rotated");
        world.plugin(&format!("remove gateway agent --all {place} --ignore certificate-needed")).exits(0);
        assert_eq!((world.read(AGENT_FILE), world.read(GATEWAY_FILE)), (agent, gateway));
        world.is_tidy();
    }

    fn tasks_that_were_started_before_are_counted(world, namespace) {
        let (old, new) = (authority("Acme Old").self_signed(), authority("Acme New").self_signed());
        let api = Renewable::serve(&[&leaf(&old)]);
        world.write("old.pem", &old.pem()).write("new.pem", &new.pem());
        // By what they mount, by what that held when they started, and where it is a bundle.
        for (index, (version, mode)) in [(OLDER_AGENT, "append"), (AGENT, "append"), (AGENT, "replace")].into_iter().enumerate() {
            let release = format!("agent-{index}");
            let file = format!("{release}.yaml");
            world.write(&file, &format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{}\n  queues: {{default: {{}}}}\n", api.port));
            let place = format!("-n {} --agent-release {release} --chart {} -f {file} --yes", namespace.name, chart(version));
            world.plugin(&format!("install agent --ca old.pem --mode {mode} {place}")).exits(0);
            let started = format!("{release}-before");
            starts_task(&namespace, &release, &started);
            let rotate = format!("rotate agent --from acme-old --to new.pem {place}");
            world.plugin(&rotate).exits(2).says("Both are trusted");
            starts_task(&namespace, &release, &format!("{release}-after"));
            world.plugin(&rotate)
                .exits(2)
                .says("The former one stays for now")
                .says(&format!("1 of 2 pods of tasks that run in {} were started without acme-new (such as {started})", namespace.name));
            let told = world.plugin(&format!("{rotate} -o json"));
            assert!(told.stdout.contains("tasks-without-certificate"), "{told}");
            // What has ended is counted no more.
            Namespace::kubectl(&["delete", "pod", &started, "-n", &namespace.name, "--now"]);
            world.plugin(&rotate).exits(2).never_says("were started without");
            Namespace::kubectl(&["delete", "pod", &format!("{release}-after"), "-n", &namespace.name, "--now"]);
        }
    }

    fn servers_that_are_renewed_meanwhile_are_waited_for(world, namespace) {
        let (old, new) = (authority("Acme Old").self_signed(), authority("Acme New").self_signed());
        let api = Renewable::serve(&[&leaf(&old)]);
        world.write("old.pem", &old.pem()).write("new.pem", &new.pem());
        world.write(AGENT_FILE, &format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{}\n", api.port));
        let place = format!("-n {} --chart {} --yes", namespace.name, chart(AGENT));
        world.plugin(&format!("install agent --ca old.pem {place}")).exits(0);
        let rotate = format!("rotate agent --from subject:*Acme* --to new.pem {place}");
        world.plugin(&rotate).exits(2);
        world.plugin(&format!("{rotate} --wait-for-servers 1s")).exits(2).says("still needs CN=Acme Old");
        std::thread::scope(|scope| {
            let waits = scope.spawn(|| world.plugin(&format!("{rotate} --wait-for-servers 5m")));
            api.present(&[&leaf(&new)]);
            waits.join().unwrap().exits(0);
        });
        assert!(!has(&namespace, &old) && has(&namespace, &new), "the new one stays, whatever selects it");
    }
}
