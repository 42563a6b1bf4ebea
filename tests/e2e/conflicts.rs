//! Fields that somebody has set in the cluster since: what is foreseen is what helm then does, on a real API server.

use std::fmt::Write as _;

use crate::support::cluster::Namespace;
use crate::support::{Helm, Run, World, certificates, chart};

const AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NAME: &str = "clearml-agent-clearml-enterprise-agent";
const FIELDS: &str = "field-conflict";

fn line(namespace: &Namespace, more: &str) -> String {
    format!(
        "install agent --ca one.pem --chart {} -n {} --skip-probe {more}",
        chart(AGENT),
        namespace.name
    )
}

fn kubectl(namespace: &Namespace, words: &str) {
    let words = words.replace("NAME", NAME);
    let words = shell_words::split(&words).unwrap();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    Namespace::kubectl(&[&words, &["-n", namespace.name.as_str()][..]].concat());
}

/// What somebody does to a release, and is not in the way of the next upgrade.
const HARMLESS: [&str; 8] = [
    "patch configmap NAME-custom-ca-0 --type=merge -p '{\"data\":{\"other.crt\":\"x\"}}'",
    "patch configmap NAME-pt --type=json -p '[{\"op\":\"remove\",\"path\":\"/data\"}]'",
    "annotate configmap NAME-custom-ca-0 note=mine",
    "set env deployment/NAME OURS=x",
    "rollout restart deployment/NAME",
    "set resources deployment/NAME --limits=cpu=1",
    "patch deployment NAME -p '{\"spec\":{\"minReadySeconds\":1}}'",
    "delete secret NAME-ac",
];

/// What is, and which field.
const IN_THE_WAY: [(&str, &str); 6] = [
    (
        "patch configmap NAME-custom-ca-0 --type=merge -p '{\"data\":{\"acme-root.crt\":\"x\"}}'",
        ".data.acme-root.crt (by kubectl-patch)",
    ),
    (
        "label configmap NAME-pt app.kubernetes.io/managed-by=me --overwrite",
        ".metadata.labels.app.kubernetes.io/managed-by (by kubectl-label)",
    ),
    (
        "set image deployment/NAME k8s-glue=alpine",
        ".spec.template.spec.containers[name=\"k8s-glue\"].image (by kubectl-set)",
    ),
    (
        "patch deployment NAME -p '{\"spec\":{\"template\":{\"spec\":{\"containers\":[{\"name\":\"k8s-glue\",\"imagePullPolicy\":\"Never\"}]}}}}'",
        ".spec.template.spec.containers[name=\"k8s-glue\"].imagePullPolicy (by kubectl-patch)",
    ),
    (
        "scale deployment/NAME --replicas=2",
        ".spec.replicas (by kubectl)",
    ),
    (
        "patch secret NAME-ac -p '{\"data\":{\"agentk8sglue_key\":\"eHh4\"}}'",
        ".data.agentk8sglue_key (by kubectl-patch)",
    ),
];

on_the_cluster! {
    fn what_others_have_set_is_in_the_way_where_it_is_said_to_be(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&line(&namespace, "--yes")).exits(0);
        for change in HARMLESS {
            kubectl(&namespace, change);
        }
        world.write("one.pem", &certificates::ca("Other Root"));
        world.plugin(&line(&namespace, "--dry-run")).exits(0).never_says(FIELDS).never_says("conflicts-unknown");
        world.plugin(&line(&namespace, "--yes")).exits(0);
        for (change, _) in IN_THE_WAY {
            kubectl(&namespace, change);
        }
        world.write("one.pem", &certificates::ca("Third Root"));
        let foreseen = world.plugin(&line(&namespace, "--dry-run"));
        if world.helm == Helm::V3 {
            foreseen.exits(0).never_says(FIELDS).never_says("conflicts-unknown");
            world.plugin(&line(&namespace, "--yes")).exits(0);
            return;
        }
        foreseen.exits(3).warns("error[field-conflict]").warns("-- --force-conflicts");
        let real = world.plugin(&line(&namespace, "--yes --ignore field-conflict"));
        real.exits(1).warns("Apply failed with 1 conflict").warns("add `-- --force-conflicts`");
        for (_, field) in IN_THE_WAY {
            let (path, _) = field.split_once(" (by ").unwrap();
            foreseen.warns(field);
            real.warns(path);
        }
        let count = |run: &Run| run.stderr.matches("(by ").count();
        assert_eq!(count(&foreseen), IN_THE_WAY.len(), "{foreseen}");
        // What was told helps.
        world.plugin(&line(&namespace, "--yes -- --force-conflicts")).exits(0).never_says(FIELDS);
        world.plugin(&line(&namespace, "--dry-run")).exits(0).says("Nothing to change");
    }

    fn what_is_in_the_way_of_one_of_several_is_seen_as_if_it_were_alone(world, namespace) {
        let chart = chart(AGENT);
        let mut file = "certificates: {acme-root: one.pem}\ntargets:\n".to_owned();
        for release in ["clearml-agent", "second"] {
            let place = format!("namespace: {}, release: {release}, chart: {chart}", namespace.name);
            writeln!(file, "  - {{component: agent, {place}, values: {release}.yaml}}").unwrap();
            world.write(&format!("{release}.yaml"), "agentk8sglue: {queue: gpu}\n");
        }
        world.write("clearml-certs.yaml", &file).write("one.pem", &certificates::ca("Acme Root"));
        let install = |more: &str| world.plugin(&format!("install --skip-probe {more}"));
        install("--yes").exits(0);
        install("--dry-run").exits(0).says("Nothing to change");
        for (change, _) in IN_THE_WAY {
            kubectl(&namespace, change);
        }
        world.write("clearml-certs.yaml", &file.replace("acme-root", "other-root"));
        world.write("one.pem", &certificates::ca("Other Root"));
        let foreseen = install("--dry-run");
        if world.helm == Helm::V3 {
            foreseen.exits(0).never_says(FIELDS);
            install("--yes").exits(0).says("second in").says("is at revision 2");
            return;
        }
        foreseen.exits(3).warns("error[field-conflict]").never_says("conflicts-unknown");
        for (_, field) in IN_THE_WAY {
            foreseen.warns(field);
        }
        install("--yes -- --force-conflicts").exits(0).says("second in").says("is at revision 2");
    }

    fn what_helm_3_deployed_helm_4_compares_by_itself_until_it_is_told_otherwise(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        let file = world.plugin(&line(&namespace, "").replace("install", "render").replace(" --skip-probe", ""));
        world.write("clearml-agent-values.override.yaml", &file.exits(0).stdout);
        let helm = std::process::Command::new(Helm::V3.binary())
            .args(["install", "clearml-agent", &chart(AGENT), "-n", &namespace.name, "-f"])
            .arg(world.path("clearml-agent-values.override.yaml"))
            .env("KUBECONFIG", crate::support::cluster::kubeconfig())
            .status();
        assert!(helm.unwrap().success());
        kubectl(&namespace, "set image deployment/NAME k8s-glue=alpine");
        world.write("one.pem", &certificates::ca("Other Root"));
        let server_side = "-- --server-side=true";
        if world.helm == Helm::V4 {
            world
                .plugin(&line(&namespace, &format!("--dry-run {server_side}")))
                .exits(3)
                .warns(".image (by kubectl-set); the API server");
            world.plugin(&line(&namespace, &format!("--yes --ignore field-conflict {server_side}"))).exits(1);
            // That revision failed, and is the last: the next goes by how it was applied.
            world.plugin(&line(&namespace, "--dry-run")).exits(3).warns("error[field-conflict]");
        } else {
            world.plugin(&line(&namespace, "--dry-run")).exits(0).never_says(FIELDS);
            world.plugin(&line(&namespace, "--yes")).exits(0);
        }
    }

    fn what_is_taken_over_has_the_fields_of_who_made_it(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        kubectl(&namespace, "create configmap NAME-custom-ca-0 --from-literal=acme-root.crt=x");
        let take = |more: &str| world.plugin(&line(&namespace, &format!("{more} -- --take-ownership")));
        if world.helm == Helm::V3 {
            take("--dry-run").exits(0).never_says(FIELDS);
            take("--yes").exits(0);
        } else {
            take("--dry-run").exits(3).warns(".data.acme-root.crt (by kubectl-create)");
            take("--yes --ignore field-conflict").exits(1).warns("Apply failed with 1 conflict");
        }
    }
}
