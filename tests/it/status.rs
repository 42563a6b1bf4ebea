//! `status` where no cluster answers, and what `inspect` says in its words.

use crate::support::{Helm, World, certificates, schema};

const CONTEXTS: &str = "\
apiVersion: v1
kind: Config
clusters: [{name: a, cluster: {server: 'http://127.0.0.1:1'}}, {name: b, cluster: {server: 'http://127.0.0.1:2'}}]
contexts: [{name: blue, context: {cluster: a, user: us}}, {name: green, context: {cluster: b, user: us}}]
current-context: blue
users: [{name: us, user: {}}]
";

/// An override file with one certificate.
fn file(more: &str) -> String {
    let pem = certificates::ca("Acme Root")
        .trim_end()
        .replace('\n', "\n        ");
    format!(
        "customCertificates:\n  extraCerts:\n    - alias: acme\n      pem: |\n        {pem}\n{more}"
    )
}

both_majors! {
    fn a_cluster_that_does_not_answer_is_a_failure_that_is_told(world) {
        let run = world.plugin("status -n team-a");
        run.exits(1)
            .says("no release of ClearML's charts was found")
            .warns("context none (http://127.0.0.1:1): helm failed with exit code 1")
            .warns("connection refused");
        let run = world.plugin("status -A -o json");
        let status = schema::holds("status", &run.exits(1).stdout);
        assert_eq!(status["inStep"], false);
        assert!(status["clusters"][0]["error"].as_str().unwrap().contains("refused"), "{run}");
        world.plugin("status -o prometheus").exits(1).says("clearml_certs_cluster_up{cluster=\"none\"} 0\n");
        world.is_tidy();
    }

    fn contexts_are_looked_at_side_by_side_and_checked_first(world) {
        world.write("contexts", CONTEXTS);
        let config = world.path("contexts").display().to_string();
        let look = |more: &str| world.plugin(&format!("status {more} --kubeconfig {config}"));
        look("--all-contexts").exits(1).warns("context blue (http://127.0.0.1:1)").warns("context green (http://127.0.0.1:2)");
        look("--contexts green").exits(1).warns("context green").never_says("context blue");
        look("--contexts green,gren").exits(64).warns("there is no context gren in the kubeconfig; did you mean green?");
        look("--contexts green --all-contexts").exits(64);
        look("--all-contexts --kube-apiserver http://127.0.0.1:3").exits(64).warns("leads every context to the same server");
        world.plugin("status --kube-context nowhere").exits(64).warns("there is no context nowhere");
        let words = world.plugin(&format!("--kubeconfig {config} __complete status --contexts green,"));
        words.says("green,blue").never_says("green,green");
    }

    fn words_that_do_not_fit_together_are_usage_errors(world) {
        world.plugin("status agent gateway --release x").exits(64).warns("--agent-release");
        world.plugin("status --interval 3").exits(64);
        world.plugin("status --watch --interval 0").exits(64);
        world.plugin("status --watch --ca -").exits(64).warns("standard input can be read once");
        world.plugin("status --chart x").exits(64);
        world.plugin("status agent -f nowhere.yaml").exits(1).warns("there is no values file nowhere.yaml");
    }
}

either_major! {
    fn inspect_says_of_a_file_what_status_says_of_a_release(world) {
        let agents = "clearml-agent-values.override.yaml";
        world.write(agents, &file("  propagateToTasks: true\n"));
        world.plugin(&format!("inspect {agents}"))
            .exits(0)
            .says(" FILE                                OF     MODE    CERTIFICATES  TASK PODS\n")
            .says(" clearml-agent-values.override.yaml  agent  append  acme          propagate\n");
        let run = world.plugin(&format!("inspect {agents} -o json"));
        let seen = schema::holds("inspect", &run.exits(0).stdout);
        assert_eq!(seen["overrides"][0]["taskPods"], "propagate");
        assert_eq!(seen["overrides"][0]["certificates"][0]["sha256"], seen["certificates"][0]["sha256"]);
        // What is no override file has no row.
        world.write("other.yaml", &file("").replace("customCertificates", "somebodysElse"));
        world.plugin("inspect other.yaml").exits(0).never_says("TASK PODS");
    }
}
