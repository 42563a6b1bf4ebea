//! What a cluster's own rules reject is told before anything is written: a real API server says what it rejects.

use helm_clearml_certs::proof::{Itself, parse, prove, refused_keys};
use serde_json::json;

use crate::support::cluster::Namespace;
use crate::support::{Helm, World, certificates, chart, copy_folder, until};

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
            .exits(3)
            .warns("error[pod-security-refuses]")
            .warns("allowPrivilegeEscalation: false")
            .warns("--mode replace");
        world
            .plugin(&line.replace("--dry-run", "--mode replace --dry-run"))
            .never_says("pod-security-refuses");
        label("privileged");
        let quota = |amount: &str| json!({"limits.cpu": amount, "requests.memory": amount});
        namespace.has_quota(&quota("20Gi"), &quota("0"));
        // The API server learns of it a moment after.
        until("the quota holds", || world.plugin(&line).code == 3);
        world
            .plugin(&line)
            .warns("error[quota-refuses]: the quota q of namespace")
            .warns("wants limits.cpu, requests.memory of every container");
    }

    fn of_a_key_that_stands_twice_the_cluster_has_the_last_and_so_do_we(world, namespace) {
        let copy = world.path("chart");
        copy_folder(chart(NEW_AGENT).as_ref(), &copy);
        let twice = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: twice}\ndata:\n  which: first\n  which: last\n";
        std::fs::write(copy.join("templates/twice.yaml"), twice).unwrap();
        world.write("one.pem", &certificates::ca("Acme Root"));
        let line = install(&namespace, "chart", "--yes");
        let installed = world.plugin(&line);
        installed.exits(0).says("ConfigMap twice").never_says("unreadable");
        let live = Namespace::kubectl(&["get", "configmap", "twice", "-n", &namespace.name, "-o", "jsonpath={.data}"]);
        assert_eq!(live, r#"{"which":"last"}"#);
        world.plugin(&line).exits(0).says("Nothing to change").never_says("unreadable");
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

    fn keys_are_those_that_the_api_server_takes(_world, namespace) {
        let (long, longer) = ("a".repeat(253), "a".repeat(254));
        for key in [
            "a", "A_b-c.d", ".a", "a..b", "1", "", ".", "..", "..a", "...crt", "a b", "a/b", "ü", "a+b", "a:b", "a#b", "2.0240101e+07.crt",
            long.as_str(), longer.as_str(),
        ] {
            for kind in ["ConfigMap", "Secret"] {
                let manifest = format!("apiVersion: v1\nkind: {kind}\nmetadata: {{generateName: a-}}\ndata: {{\"{key}\": \"YQ==\"}}\n");
                let ours = refused_keys(&parse(&manifest).unwrap());
                let theirs = namespace.refuses(&manifest);
                assert_eq!(!ours.is_empty(), theirs.is_some(), "{kind} {key:?}: {theirs:?}");
            }
        }
    }

    fn what_a_container_lacks_is_what_the_api_server_misses(_world, namespace) {
        let judged = |container: &str, pod: &str| {
            let spec = format!("{{containers: [{{name: a, image: busybox, {container}}}], {pod}}}");
            let deployment = format!("apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a}}\nspec: {{template: {{spec: {spec}}}}}\n");
            let itself = Itself { container: Some("a"), ..Itself::default() };
            let proof = prove(&parse(&deployment).unwrap(), &itself);
            let ours = proof.workloads[0].containers[0].admission.clone();
            let theirs = namespace.refuses(&format!("apiVersion: v1\nkind: Pod\nmetadata: {{generateName: a-}}\nspec: {spec}\n"));
            (ours, theirs)
        };
        let restrict = "pod-security.kubernetes.io/enforce=restricted";
        Namespace::kubectl(&["label", "--overwrite", "namespace", &namespace.name, restrict]);
        let whole = "allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}";
        let contexts = [
            (whole.to_owned(), ""),
            (whole.replace("false", "true"), ""),
            (whole.replace("allowPrivilegeEscalation: false, ", ""), ""),
            (whole.replace("[ALL]", "[NET_RAW]"), ""),
            (whole.replace("capabilities: {drop: [ALL]}, ", ""), ""),
            (whole.replace(", runAsNonRoot: true", ""), ""),
            (whole.replace(", runAsNonRoot: true", ""), "runAsNonRoot: true"),
            (whole.replace("runAsNonRoot: true", "runAsNonRoot: false"), "runAsNonRoot: true"),
            (whole.replace("runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 0"), ""),
            (whole.replace("runAsNonRoot: true", "runAsNonRoot: true, runAsUser: 7"), ""),
            (whole.to_owned(), "runAsUser: 0"),
            (whole.replace("RuntimeDefault", "Unconfined"), ""),
            (whole.replace(", seccompProfile: {type: RuntimeDefault}", ""), ""),
            (whole.replace(", seccompProfile: {type: RuntimeDefault}", ""), "seccompProfile: {type: RuntimeDefault}"),
            (whole.replace("type: RuntimeDefault", "type: Localhost, localhostProfile: a"), ""),
        ];
        for (own, pod) in contexts {
            let (ours, theirs) = judged(&format!("securityContext: {{{own}}}"), &format!("securityContext: {{{pod}}}"));
            assert_eq!(!ours.against_restricted.is_empty(), theirs.is_some(), "{own} / {pod}: {ours:?} {theirs:?}");
            assert!(theirs.is_none_or(|why| why.contains("violates PodSecurity")));
        }
        let open = "pod-security.kubernetes.io/enforce=privileged";
        Namespace::kubectl(&["label", "--overwrite", "namespace", &namespace.name, open]);
        let amount = |of: &str| json!({"limits.cpu": of, "limits.memory": of, "requests.cpu": of, "memory": of});
        namespace.has_quota(&amount("9Gi"), &amount("0"));
        // The API server learns of it a moment after.
        until("the quota holds", || {
            let (_, theirs) = judged("resources: {}", "restartPolicy: Always");
            theirs.is_some_and(|why| why.contains("must specify"))
        });
        for resources in [
            "",
            "limits: {cpu: 1, memory: 1Gi}",
            "limits: {cpu: 1}",
            "requests: {cpu: 1, memory: 1Gi}",
            "limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 1}",
            "limits: {memory: 1Gi}, requests: {cpu: 1}",
        ] {
            let (ours, theirs) = judged(&format!("resources: {{{resources}}}"), "restartPolicy: Always");
            let theirs = theirs.unwrap_or_default();
            for (name, said) in [("limits.cpu", "limits.cpu"), ("limits.memory", "limits.memory"), ("requests.cpu", "requests.cpu"), ("requests.memory", "memory")] {
                let is_missed = theirs.split("must specify").nth(1).is_some_and(|listed| {
                    listed.split([' ', ';', ',']).any(|word| word.split(':').next() == Some(said))
                });
                assert_eq!(ours.unnamed.contains(&name), is_missed, "{resources} {name}: {theirs}");
            }
        }
    }
}
