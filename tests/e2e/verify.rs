//! `verify`, and the look at new pods after an upgrade, as far as they need no pod that really runs.

use crate::support::cluster::Namespace;
use crate::support::{Helm, World, certificates, chart};

const AGENT: &str = "clearml-enterprise-agent-6.9.3";
const FILE: &str = "clearml-agent-values.override.yaml";
const VALUES: &str = "\
imageCredentials: {password: hunter2-very-secret}
agentk8sglue:
  apiServerUrlReference: https://api.acme.example
  basePodTemplate:
    nodeSelector: {nobody: has-it}
    env: [{name: GIT_TOKEN, value: hunter2-other-secret}]
";

fn install(world: &World, namespace: &Namespace, more: &str) -> crate::support::Run {
    world
        .write("one.pem", &certificates::ca("Acme Root"))
        .write(FILE, VALUES);
    world.plugin(&format!(
        "install agent --ca one.pem --chart {} -n {} --skip-probe --yes {more}",
        chart(AGENT),
        namespace.name
    ))
}

fn is_empty(namespace: &Namespace) -> bool {
    let of_ours = [
        "get",
        "jobs,pods",
        "-l",
        "clearml-certs/verify",
        "-n",
        &namespace.name,
        "-o",
        "name",
    ];
    Namespace::kubectl(&of_ours).trim().is_empty()
}

on_the_cluster! {
    fn a_pod_that_no_node_takes_is_told_and_removed(world, namespace) {
        install(&world, &namespace, "").exits(0);
        let line = format!("verify agent -n {} --timeout 2s", namespace.name);
        world
            .plugin(&format!("{line} --yes"))
            .exits(3)
            .says("To be made: 2 short-lived pods on context e2e")
            .warns("error[verify-pod-stuck]: task pods of queue gpu")
            .warns("unschedulable: 0/");
        assert!(is_empty(&namespace));
        // The Job that would be made, and none is.
        let run = world.plugin(&format!("{line} --queue gpu --dry-run"));
        run.exits(0).says("kind: Job").says("nvidia.com/gpu").never_says("hunter2");
        assert!(is_empty(&namespace));
        world.plugin(&line).exits(4).warns("nobody to ask");
        assert!(is_empty(&namespace));
    }

    fn who_may_only_read_is_told_before_anything_is_made(world, namespace) {
        install(&world, &namespace, "").exits(0);
        world.write("reader", &namespace.reader());
        let line = format!("verify agent -n {} --yes --kubeconfig reader", namespace.name);
        world
            .plugin(&line)
            .exits(3)
            .warns("error[no-rights]")
            .warns("what verifying needs: create jobs.batch, delete jobs.batch");
        assert!(is_empty(&namespace));
    }

    fn pods_that_are_rejected_are_told_after_the_upgrade(world, namespace) {
        let label = "pod-security.kubernetes.io/enforce=restricted";
        Namespace::kubectl(&["label", "namespace", &namespace.name, label]);
        install(&world, &namespace, "").exits(3).warns("error[pod-security-refuses]");
        // Who knows better goes on, and is told of what came of it.
        install(&world, &namespace, "--ignore pod-security-refuses")
            .exits(1)
            .warns("no pod can be made (FailedCreate)")
            .warns("violates PodSecurity")
            .warns("what is in the cluster is not what was planned");
    }
}
