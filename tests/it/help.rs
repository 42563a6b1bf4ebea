//! Help, codes that are explained, words of other programs, and what `--debug` tells, through the real helm.

use crate::support::{Helm, World, certificates, chart};

either_major! {
    fn the_name_alone_is_a_question_that_is_answered(world) {
        let run = world.plugin("");
        run.exits(0).says("Usage: helm clearml-certs").says("\n  install     ").says("New here?").never_says("Error:");
        assert!(run.stderr.is_empty(), "{run}");
        // What a command cannot do without is another matter.
        world.plugin("inspect").exits(64).warns("<SOURCE>");
    }

    fn the_short_help_has_the_usual_options_and_the_long_one_all_by_task(world) {
        let short = world.plugin("install -h");
        short.exits(0).says("--ca <[ALIAS=]SOURCE>").says("--dry-run").says("--help tells all");
        short.never_says("--gateway-chart").never_says("--task-image").never_says("Exit codes");
        assert!(short.stdout.lines().count() <= 23, "{short}");
        let long = world.plugin("install --help");
        long.exits(0).says("Exit codes").says("--gateway-chart").says("configmap:[NS/]NAME[/KEY]");
        // The options that Helm waits by stand among those of the run, and nowhere else.
        let part = |from: &str| long.stdout.split(from).nth(1).unwrap().split("\n\nR").next().unwrap().to_owned();
        let run = part("\nWhile it runs:");
        for option in ["--wait", "--timeout", "--restart", "--rollback-on-failure", "--yes"] {
            assert!(run.contains(option), "{option}: {run}");
        }
        let unheld = part("\nDeployed values that no values file holds:");
        assert!(unheld.contains("--discard-values") && !unheld.contains("--wait"), "{unheld}");
        world.plugin("help install agent").exits(0).says("Exit codes");
        world.plugin("status -h").exits(0).says("--watch");
    }

    fn a_code_is_explained_without_a_cluster_or_a_network(world) {
        world.plugin("explain certificate-not-a-ca")
            .exits(0)
            .says("means     a server's own certificate was given as trust")
            .says("do        give the certificate of the CA that issued it")
            .says("--ignore certificate-not-a-ca");
        world.plugin("explain error[both-modes]").exits(0).says("cannot be let pass").never_says("--ignore");
        world.plugin("explain 3 4").exits(0).says("exit code 3").says("refused: an error finding").says("exit code 4");
        world.plugin("explain certificate-not-a-c").exits(64).warns("did you mean certificate-not-a-ca?");
        let all = world.plugin("explain");
        all.exits(0).says("\n volume-missing ").says("\n 130 ").never_says("**");
        assert!(all.stdout.lines().count() > 150, "{all}");
        // A context that is not there is no matter of these words.
        world.plugin("explain no-rights --kube-context nowhere").exits(0).says("means     kubectl says that you may not do what");
        world.write("ca.pem", &certificates::expired_ca("Acme Root"));
        world.plugin(&format!("render agent --ca ca.pem --agent-chart {}", chart("clearml-enterprise-agent-6.14.6")))
            .exits(3)
            .warns("helm clearml-certs explain CODE tells more");
    }

    fn words_of_other_programs_are_told_what_is_meant_here(world) {
        world.plugin("uninstall agent").exits(64)
            .warns("there is no command uninstall; remove takes certificates out of releases:")
            .warns("  helm clearml-certs remove agent --alias NAME -n NAMESPACE")
            .warns("helm plugin uninstall clearml-certs");
        world.plugin("upgrade agent").exits(64).warns("install does that");
        world.plugin("version").exits(64).warns("helm clearml-certs --version");
        world.plugin("install agent --cert x.pem").exits(64).warns("certificates are given with --ca: --ca corp-root.pem");
        world.plugin("install agent --context blue").exits(64).warns("--kube-context NAME");
        world.plugin("install agent --set a=b").exits(64).warns("-- --set").never_says("tip:");
        world.plugin("remove agent acme-root").exits(64).warns("--alias acme-root");
        world.plugin("install agent,gateway --no-input").exits(4).warns("--gateway-release");
    }

    fn debug_tells_each_call_with_its_time_and_without_secrets(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write("clearml-agent-values.override.yaml", "clearml:\n  agentk8sglueSecret: hunter2-very-secret\n");
        let line = format!(
            "install agent --debug --ca ca.pem --agent-chart {} --dry-run --skip-probe -- --set clearml.agentk8sglueKey=hunter3-very-secret",
            chart("clearml-enterprise-agent-6.14.6")
        );
        let run = world.plugin(&line);
        run.exits(0)
            .warns("debug: helm list -n default ")
            .warns("debug: helm template clearml-agent ")
            .warns("--set 'clearml.agentk8sglueKey=***'")
            .warns("(exit code 0, 0.")
            .never_says("hunter2");
        let ours = run.stderr.lines().filter(|line| line.starts_with("debug: "));
        let ours: Vec<&str> = ours.collect();
        assert!(ours.len() >= 3, "{run}");
        assert!(!ours.iter().any(|line| line.contains("hunter3")), "{ours:?}");
        // The error of a helm that was asked for nothing but its answer has none of its code in it.
        run.warns("connection refused)").never_says(".go:");
        world.plugin(&line.replace(" --debug", "")).exits(0).never_says("debug: ");
    }
}
