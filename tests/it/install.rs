//! `install` through the real helm, without a cluster: what is read, edited, rendered, proven and shown.

use crate::support::{GATEWAY_FILE, GATEWAY_NEEDS, Helm, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";

fn dry_run(world: &World, chart_name: &str, more: &str) -> crate::support::Run {
    let chart = chart(chart_name);
    world.plugin(&format!(
        "install agent --ca ca.pem --chart {chart} -n team-a --dry-run {more}"
    ))
}

fn with_ca(world: &World) {
    world.write("ca.pem", &certificates::ca("Acme Root"));
}

both_majors! {
    fn a_dry_run_shows_everything_and_changes_nothing(world) {
        with_ca(&world);
        let run = dry_run(&world, OLD_AGENT, "");
        run.exits(0)
            .says("acme-root")
            .says("Acme Root  itself  2126-01-01")
            .says("+++ clearml-agent-values.override.yaml")
            .says("+    - alias: acme-root")
            .says("      in ConfigMap clearml-agent-clearml-enterprise-agent-custom-ca-0")
            .says("Deployment clearml-agent-clearml-enterprise-agent")
            .says("                name: clearml-agent-clearml-enterprise-agent-custom-ca-0")
            .says("helm upgrade -i -n team-a clearml-agent [REPOSITORY]/tests/charts/clearml-enterprise-agent-6.9.3 --version 6.9.3 --create-namespace -f clearml-agent-values.override.yaml");
        assert_eq!(world.files(), ["ca.pem"]);
        world.is_tidy();
    }

    fn the_gateway_gets_its_documented_command_and_no_pod_template(world) {
        with_ca(&world);
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let chart = chart(GATEWAY);
        world
            .plugin(&format!("install gateway --ca ca.pem --chart {chart} --release gw -n team-a --dry-run"))
            .exits(0)
            .says(&format!("helm upgrade -i gw -n team-a [REPOSITORY]/tests/charts/{GATEWAY} --version 3.2.0 -f clearml-app-gateway-values.override.yaml"))
            .never_says("basePodTemplate");
    }

    fn a_chart_that_propagates_is_told_to(world) {
        with_ca(&world);
        dry_run(&world, NEW_AGENT, "")
            .exits(0)
            .says("+  propagateToTasks: true")
            .says("task pods of queue gpu (ConfigMap")
            .never_says("+  basePodTemplate");
        dry_run(&world, NEW_AGENT, "--task-pods template").exits(0).says("+  basePodTemplate");
    }

    fn a_chart_that_does_not_propagate_is_not_believed(world) {
        with_ca(&world);
        dry_run(&world, OLD_AGENT, "--task-pods propagate")
            .exits(3)
            .warns("error[propagate-unknown]")
            .warns("6.10.6");
    }

    fn names_keys_and_grouping_are_taken_from_what_an_odd_chart_renders(world) {
        world.write("ca.pem", &["One", "Two", "Three"].map(certificates::ca).concat());
        let run = dry_run(&world, "odd-agent-1.0.0", "");
        run.exits(0)
            .says("                    path: one.crt")
            .says("                    path: three.crt")
            .never_says("custom-ca-0");
        // Two share a ConfigMap, and with it their way.
        for aliases in ["one, two", "three"] {
            let proof = run.stdout.split(&format!("✓ {aliases}\n")).nth(1).unwrap();
            let proof: Vec<&str> = proof.lines().take(4).map(str::trim).collect();
            assert!(proof[0].starts_with("in ConfigMap trust-"), "{run}");
            assert!(proof[1].starts_with("→ Deployment "), "{run}");
            assert!(proof[2].starts_with("→ task pods (Secret zz-clearml-agent-workloads, pods.txt, pod 1)"), "{run}");
        }
    }

    fn a_chart_that_ignores_the_values_is_refused(world) {
        with_ca(&world);
        dry_run(&world, "clearml-agent-5.3.3", "-- --skip-schema-validation")
            .exits(3)
            .warns("error[chart-ignores-certificates]")
            .warns("clearml-enterprise-agent");
    }

    fn a_file_with_several_certificates_gives_several_entries(world) {
        world.write("bundle.pem", &["One", "Two"].map(certificates::ca).concat());
        let chart = chart(OLD_AGENT);
        world
            .plugin(&format!("install agent --ca corp=bundle.pem --chart {chart} --dry-run"))
            .exits(0)
            .says("- alias: corp\n")
            .says("- alias: corp-2\n")
            .says("custom-ca-1");
    }

    fn an_override_file_is_edited_in_place(world) {
        with_ca(&world);
        let users = "# ours\nagentk8sglue:\n  basePodTemplate:\n    env:\n    # keep\n    - name: MINE\n      value: '1'\n    volumes:\n    - name: data\n      emptyDir: {}\n";
        world.write(AGENT_FILE, users);
        let run = dry_run(&world, OLD_AGENT, "");
        run.exits(0).says(" - name: MINE").says("+    - name: REQUESTS_CA_BUNDLE");
        let removed = run.stdout.lines().filter(|line| line.starts_with('-') && !line.starts_with("---"));
        assert_eq!(removed.count(), 0, "{run}");
        assert_eq!(world.read(AGENT_FILE), users);
    }

    fn credentials_of_the_override_file_are_never_shown(world) {
        with_ca(&world);
        world.write(
            AGENT_FILE,
            "imageCredentials:\n  password: hunter2\nclearml:\n  agentk8sglueKey: \"abc\"\n  agentk8sglueSecret: >-\n    folded-secret\n# apiSecret: commented-secret\n",
        );
        dry_run(&world, OLD_AGENT, "--set-is-no-flag-of-ours").exits(64);
        let run = dry_run(&world, OLD_AGENT, "-- --set clearml.apiKey=on-the-command-line");
        run.exits(0).says("agentk8sglueKey: ***").says("agentk8sglueSecret: ***");
        for secret in ["hunter2", "\"abc\"", "folded-secret", "commented-secret", "on-the-command-line"] {
            run.never_says(secret);
        }
    }

    fn a_credential_that_the_charts_schema_refuses_is_not_shown(world) {
        with_ca(&world);
        world.write(AGENT_FILE, "imageCredentials:\n  password: hunt'er-and-\\more\n");
        let copied = std::process::Command::new("cp").args(["-r", &chart(OLD_AGENT)]).arg(world.path("chart")).status();
        assert!(copied.unwrap().success());
        // Helm 3.18 and newer tell the value that does not match.
        let password = r#"{"properties": {"imageCredentials": {"properties": {"password": {"pattern": "^x"}}}}}"#;
        world.write("chart/values.schema.json", password);
        world
            .plugin("install agent --ca ca.pem --chart ./chart -n team-a --dry-run")
            .exits(1)
            .warns("password")
            .warns("pattern '^x'")
            .never_says("hunt")
            .never_says("er-and");
    }

    fn all_that_is_missing_is_listed_at_once_with_its_flags(world) {
        world
            .plugin("install")
            .exits(4)
            .warns("  - which component: install agent")
            .warns("  - which certificates: --ca FILE")
            .warns("  - a yes to the plan: --yes");
        let run = world.plugin("install agent gateway --no-input");
        run.exits(4).warns("--ca FILE").warns("AI Application Gateway").warns("--gateway-release NAME").warns("--yes");
        assert_eq!(run.count("error:"), 1, "{run}");
        with_ca(&world);
        let run = world.plugin("install gateway --ca ca.pem --dry-run");
        run.exits(4).warns("--gateway-release NAME").never_says("--yes");
        world.plugin("render").exits(4).warns("render agent").warns("--ca FILE");
    }

    fn a_name_that_was_mistyped_is_understood(world) {
        with_ca(&world);
        std::fs::create_dir(world.path("chart")).unwrap();
        let dry = |line: &str| world.plugin(&format!("install agent --dry-run {line}"));
        dry("--ca cq.pem").exits(1).warns("there is no file cq.pem\n").warns("hint: did you mean ca.pem?").never_says("os error");
        dry("--ca localhost:8443").exits(1).warns("hint: a server is named with https://localhost:8443");
        dry("--ca nowhere").exits(1).warns("hint: certificates are in a file, a folder, https://HOST");
        dry("--ca ca.pem --chart ./chrat").exits(1).warns("did you mean ./chart?");
        world.write("values.yaml", "").write("last.yaml", "");
        let chart = chart(OLD_AGENT);
        dry(&format!("--ca ca.pem --chart {chart} -f valeus.yaml -f last.yaml")).exits(1).warns("did you mean values.yaml?");
        dry("--ca ca.pem --moed append").exits(64).warns("install has no option --moed; did you mean --mode?");
        dry("--ca ca.pem --ignore no-rihgts").exits(64).warns("did you mean no-rights?");
        world.plugin("instal").exits(64).warns("there is no command instal; did you mean install?");
    }

    fn files_can_be_written_without_deploying(world) {
        with_ca(&world);
        world.write(AGENT_FILE, "# ours\n");
        let chart = chart(OLD_AGENT);
        let line = format!("install agent --ca ca.pem --chart {chart} --files-only");
        // What is deployed decides what goes into the file, so it is asked for all the same.
        world.plugin(&format!("{line} --yes")).exits(1).warns("connection refused");
        world.plugin(&format!("{line} --dry-run")).exits(64);
        assert_eq!(world.read(AGENT_FILE), "# ours\n");
    }

    fn a_wrong_command_line_is_a_usage_error(world) {
        world.plugin("install agnet --ca ca.pem").exits(64).warns("there is no component agnet; did you mean agent?");
        with_ca(&world);
        world.plugin("install agent gateway --ca ca.pem --release x --dry-run").exits(64).warns("--agent-release");
        world.plugin("install agent --ca a/b=ca.pem --dry-run").exits(64).warns("cannot be a ConfigMap key");
    }

    fn flags_that_helm_eats_arrive(world) {
        with_ca(&world);
        let chart = chart(OLD_AGENT);
        world
            .plugin(&format!("install agent --ca ca.pem --chart {chart} --dry-run --kube-context none -n team-b"))
            .exits(0)
            .says("helm upgrade -i -n team-b clearml-agent")
            .says("--kube-context none");
    }

    fn a_packaged_chart_works_like_its_folder(world) {
        with_ca(&world);
        let folder = chart(OLD_AGENT);
        world.helm(["package", &folder, "-d", "."]).exits(0);
        world
            .plugin("install agent --ca ca.pem --chart clearml-enterprise-agent-6.9.3.tgz --dry-run")
            .exits(0)
            .says("clearml-enterprise-agent-6.9.3.tgz --version 6.9.3");
    }

    fn a_chart_on_disk_of_another_version_is_refused(world) {
        with_ca(&world);
        dry_run(&world, OLD_AGENT, "--version 6.14.6").exits(3).warns("is version 6.9.3, not 6.14.6");
    }

    fn a_private_key_behind_a_certificate_is_refused_by_line(world) {
        let ca = certificates::ca("Acme Root");
        let key = certificates::private_key();
        let body = key.lines().nth(1).unwrap().to_owned();
        world.write("ca.pem", &format!("{ca}{key}"));
        let run = dry_run(&world, OLD_AGENT, "");
        run.exits(3).warns(&format!("ca.pem:{}: a private key", ca.lines().count() + 1)).never_says(&body);
    }

    fn an_override_file_that_cannot_be_edited_safely_is_refused_by_line(world) {
        with_ca(&world);
        for (text, says) in [
            ("a: 1\n---\nb: 2\n", "clearml-agent-values.override.yaml:"),
            ("customCertificates:\n  overrideCaCertificatesCrt: x\n", "error[bundle-unreadable]"),
            ("agentk8sglue:\n  basePodTemplate:\n    env:\n    - {name: SSL_CERT_FILE, value: /mine}\n", "error[variable-conflict]"),
        ] {
            world.write(AGENT_FILE, text);
            dry_run(&world, OLD_AGENT, "").exits(3).warns(says);
            assert_eq!(world.read(AGENT_FILE), text);
        }
    }

    fn a_list_of_another_values_file_is_not_lost(world) {
        with_ca(&world);
        world.write("base.yaml", "agentk8sglue:\n  basePodTemplate:\n    volumes:\n    - {name: data, emptyDir: {}}\n");
        dry_run(&world, OLD_AGENT, "-f base.yaml -f over.yaml --new-file").exits(3).warns("error[list-shadowed]");
        dry_run(&world, OLD_AGENT, "-f base.yaml").exits(0).says("-f base.yaml");
        world.write("certs.yaml", "customCertificates: {}\n");
        dry_run(&world, OLD_AGENT, "-f certs.yaml -f base.yaml").exits(3).warns("the entries of certs.yaml would be lost");
    }

    fn a_values_file_that_is_named_twice_counts_where_it_stands_last(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write("a.yaml", "agentk8sglue: {replicaCount: 2}\n").write("b.yaml", "agentk8sglue: {replicaCount: 3}\n");
        let line = format!("install agent --ca ca.pem --chart {} -f a.yaml -f b.yaml -f ./a.yaml --skip-probe --dry-run --show-manifest", chart(OLD_AGENT));
        world.plugin(&line).exits(0).says("-f b.yaml -f ./a.yaml").never_says("-f a.yaml").says("replicas: 2\n");
    }

    fn the_values_file_that_holds_certificates_is_edited_wherever_it_stands(world) {
        with_ca(&world);
        world.write("certs.yaml", "customCertificates: {}\n").write("last.yaml", "agentk8sglue: {replicaCount: 3}\n");
        dry_run(&world, OLD_AGENT, "-f certs.yaml -f last.yaml")
            .exits(0)
            .says("+++ certs.yaml")
            .says("-f certs.yaml -f last.yaml");
        dry_run(&world, OLD_AGENT, "-f nowhere.yaml -f last.yaml").exits(1).warns("no values file nowhere.yaml");
    }

    fn what_cannot_be_planned_does_not_hide_what_can(world) {
        with_ca(&world);
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        let line = format!(
            "install agent gateway --ca ca.pem -n team-a --gateway-release gw --agent-chart ./nowhere --gateway-chart {} --dry-run",
            chart("clearml-enterprise-app-gateway-3.2.0")
        );
        world
            .plugin(&line)
            .exits(1)
            .says("AI Application Gateway release gw in namespace team-a")
            .warns("✗ agent release clearml-agent in team-a could not be planned: ")
            .warns("not every target could be planned; nothing was changed")
            .never_says("helm upgrade");
        let run = world.plugin(&format!("{line} -o json"));
        let json: serde_json::Value = serde_json::from_str(&run.exits(1).stdout).unwrap();
        assert_eq!(json["outcome"], "failed");
        assert_eq!(json["unplanned"][0]["release"], "clearml-agent");
        assert_eq!(json["targets"][0]["release"], "gw");
    }

    fn two_charts_in_one_release_are_refused_before_one_replaces_the_other(world) {
        with_ca(&world);
        world
            .plugin("install agent apps --ca ca.pem -n team-a --agent-release one --apps-release one --dry-run")
            .exits(64)
            .warns("apps and agent are both to be release one in team-a")
            .warns("--agent-release");
    }

    fn the_applications_agent_lives_one_level_deeper(world) {
        with_ca(&world);
        let chart = chart("clearml-enterprise-10.8.13");
        let run = world.plugin(&format!("install apps --ca ca.pem --chart {chart} -n clearml --dry-run"));
        run.exits(0)
            .says("+clearmlApplications:\n+  customCertificates:\n+    extraCerts:")
            .says("by the documented pod template (clearmlApplications.basePodTemplate)")
            .says("in ConfigMap clearml-enterprise-apps-custom-ca-0")
            .says("→ Deployment clearml-enterprise-apps")
            .says("→ task pods of queue apps_queue (ConfigMap clearml-enterprise-apps-pt, template.yaml)")
            .says("helm upgrade -i -n clearml clearml-enterprise [REPOSITORY]/tests/charts/clearml-enterprise-10.8.13 --version 10.8.13 --create-namespace -f clearml-values.override.yaml");
    }

    fn a_control_plane_that_propagates_is_told_to(world) {
        with_ca(&world);
        let chart = chart("clearml-enterprise-10.11.3");
        world
            .plugin(&format!("install apps --ca ca.pem --chart {chart} --dry-run"))
            .exits(0)
            .says("+    propagateToTasks: true")
            .says("by the chart (clearmlApplications.customCertificates.propagateToTasks)");
    }

    fn a_control_plane_that_is_too_old_is_refused_with_the_version_that_does(world) {
        with_ca(&world);
        let chart = chart("clearml-enterprise-10.7.0");
        world
            .plugin(&format!("install apps --ca ca.pem --chart {chart} --dry-run"))
            .exits(3)
            .warns("error[chart-ignores-certificates]")
            .warns("10.8.13");
    }

    fn a_replaced_bundle_is_mounted_as_it_is(world) {
        with_ca(&world);
        let run = dry_run(&world, OLD_AGENT, "--mode replace");
        run.exits(0)
            .warns("warning[bundle-without-public-roots]")
            .says("+  overrideCaCertificatesCrt: |")
            .says("in ConfigMap clearml-agent-clearml-enterprise-agent-ca-bundle")
            .says("→ Deployment")
            .says("→ task pods")
            .says("subPath: ca-certificates.crt")
            .never_says("update-ca-certificates");
        dry_run(&world, NEW_AGENT, "--mode replace").exits(0).says("propagateToTasks: true").says("→ task pods");
        dry_run(&world, "odd-agent-1.0.0", "--mode replace").exits(0).says("subPath: bundle.pem").says("→ task pods");
        let chart = chart(GATEWAY);
        world.write(GATEWAY_FILE, GATEWAY_NEEDS);
        world
            .plugin(&format!("install gateway --ca ca.pem --chart {chart} --release gw --mode replace --dry-run"))
            .exits(0)
            .says("→ Deployment");
    }

    fn the_machines_own_bundle_belongs_to_a_replaced_one(world) {
        with_ca(&world);
        dry_run(&world, OLD_AGENT, "--ca system").exits(3).warns("error[system-bundle-appended]");
        dry_run(&world, OLD_AGENT, "--ca system --mode append").exits(64).warns("--mode replace");
        let run = dry_run(&world, OLD_AGENT, "--ca system --mode replace");
        run.exits(0).says("and 3 public CAs of ").says("and 3 public CAs\n");
        assert!(!run.stderr.contains("bundle-without-public-roots"), "{run}");
    }

    fn switching_the_strategy_takes_our_own_entries_out(world) {
        with_ca(&world);
        let written = |run: &crate::support::Run| -> String {
            let added = run.stdout.lines().filter_map(|line| line.strip_prefix('+'));
            let added: Vec<&str> = added.filter(|line| !line.starts_with("++")).collect();
            added.join("\n") + "\n"
        };
        let template = written(dry_run(&world, OLD_AGENT, "").exits(0));
        let propagated = written(dry_run(&world, NEW_AGENT, "").exits(0));
        world.write(AGENT_FILE, &template);
        dry_run(&world, NEW_AGENT, "").exits(0).says("-agentk8sglue:").says("+  propagateToTasks: true");
        world.write(AGENT_FILE, &propagated);
        dry_run(&world, NEW_AGENT, "--task-pods off").exits(0).says("-  propagateToTasks: true");
        dry_run(&world, NEW_AGENT, "--task-pods template")
            .exits(0)
            .says("-  propagateToTasks: true")
            .says("+  basePodTemplate:");
        world.write(AGENT_FILE, &template);
        dry_run(&world, OLD_AGENT, "--task-pods off").exits(0).says("-  basePodTemplate:");
    }

    fn a_queue_that_is_to_be_left_alone_is_reported(world) {
        with_ca(&world);
        world.write(AGENT_FILE, "agentk8sglue:\n  queues:\n    gpu:\n      templateOverrides:\n        env:\n        - {name: A, value: b}\n        volumes:\n        - {name: v, emptyDir: {}}\n");
        // It would mount volumes that it does not have.
        dry_run(&world, OLD_AGENT, "--task-queues base")
            .exits(3)
            .warns("warning[queue-replaces-lists]")
            .warns("agentk8sglue.queues.gpu.templateOverrides replaces env, volumes")
            .warns("error[volume-missing]: task pods of queue gpu");
    }

    fn checking_that_is_switched_off_is_told_and_taken_out_on_demand(world) {
        with_ca(&world);
        let users = "agentk8sglue:\n  clearmlcheckCertificate: false\n  extraEnvs:\n    - {name: GIT_SSL_NO_VERIFY, value: 'true'}\n    - {name: MINE, value: x}\nclearml:\n  clearmlConfig: |\n    sdk.aws.s3.verify: /own.pem\n";
        world.write(AGENT_FILE, users).write("base.yaml", "agentk8sglue:\n  basePodTemplate:\n    nodeSelector: {PIP_TRUSTED_HOST: pypi.acme.example}\n");
        let files = format!("-f base.yaml -f {AGENT_FILE} --skip-probe");
        let run = dry_run(&world, OLD_AGENT, &files);
        run.exits(0);
        for told in [
            "clearml-agent-values.override.yaml:2: agentk8sglue.clearmlcheckCertificate turns off",
            "clearml-agent-values.override.yaml:4: agentk8sglue.extraEnvs[GIT_SSL_NO_VERIFY] turns off the checking of certificates in git;",
            "clearml-agent-values.override.yaml:8: clearml.clearmlConfig: sdk.aws.s3.verify goes by /own.pem instead",
            "warning[checking-off]: base.yaml: agentk8sglue.basePodTemplate.nodeSelector.PIP_TRUSTED_HOST turns off",
            "take it out there: --enforce-checking edits clearml-agent-values.override.yaml alone",
            "not needed any more once the CA is there",
            "--enforce-checking takes it out in the same edit",
        ] {
            run.warns(told);
        }
        let run = dry_run(&world, OLD_AGENT, &format!("{files} --enforce-checking"));
        run.exits(0)
            .says("-  clearmlcheckCertificate: false")
            .says("-    - {name: GIT_SSL_NO_VERIFY, value: 'true'}")
            .says("+    sdk.aws.s3.verify: true")
            .says("     - {name: MINE, value: x}");
        assert_eq!(run.count("warning[checking-off]"), 1, "{run}");
    }

    fn every_server_that_the_values_name_is_asked_with_the_value_it_came_from(world) {
        with_ca(&world);
        world.write(AGENT_FILE, "agentk8sglue:\n  apiServerUrlReference: http://clearml-apiserver:8008\n  extraEnvs:\n    - {name: PIP_INDEX_URL, value: 'https://user:hunter2@pypi.acme.example/simple'}\nclearml:\n  clearmlConfig: |\n    sdk.aws.s3.credentials: [{host: \"minio.acme.example:9000\", secure: true, key: \"hunter3\"}]\n");
        dry_run(&world, OLD_AGENT, "")
            .exits(0)
            .says("https://pypi.acme.example not reached from here")
            .warns("(agentk8sglue.extraEnvs[PIP_INDEX_URL])")
            .warns("(clearml.clearmlConfig: sdk.aws.s3.credentials[0].host)")
            .never_says("apiserver:8008 not reached")
            .never_says("hunter");
        world.write("clearml-values.override.yaml", "clearmlApplications:\n  apiServerUrlReferenceOverride: https://api.acme.example\nfileserver: {ingress: {hostName: files.acme.example}}\n");
        let chart = chart("clearml-enterprise-10.11.3");
        world.plugin(&format!("install apps --ca ca.pem --chart {chart} --dry-run"))
            .exits(0)
            .warns("(clearmlApplications.apiServerUrlReferenceOverride)")
            .warns("(fileserver.ingress.hostName)");
    }

    fn a_gateway_without_its_credentials_is_told_what_is_missing_and_where(world) {
        with_ca(&world);
        let chart = chart(GATEWAY);
        let line = format!("install gateway --ca ca.pem --chart {chart} --release gw -n team-a --dry-run");
        let run = world.plugin(&line);
        run.exits(3)
            .warns("error[values-missing]")
            .warns("clearml.apiKey, clearml.apiSecret, clearml.apiServerUrlReference")
            .warns("--gateway-values FILE")
            .never_says("execution error");
        world.write(GATEWAY_FILE, "clearml:\n  apiKey: a\n");
        world.plugin(&line).exits(3).warns("without clearml.apiSecret, clearml.apiServerUrlReference, and clearml-app-gateway-values.override.yaml does not have them");
        // Who only wants the certificates' part gets it.
        let render = format!("render gateway --ca ca.pem --chart {chart}");
        world.plugin(&render).exits(0).says("extraCerts:").warns("warning[values-missing]").warns("nothing proves");
    }

    fn a_chart_that_another_took_the_place_of_is_refused_with_its_successor(world) {
        with_ca(&world);
        std::fs::create_dir(world.path("chart")).unwrap();
        world.write("chart/Chart.yaml", "apiVersion: v2\nname: clearml-enterprise-task-traffic-router\nversion: 1.4.0\n");
        world.write("chart/values.yaml", "customCertificates: {extraCerts: []}\n");
        world
            .plugin("install gateway --ca ca.pem --chart chart --release router -n team-a --dry-run")
            .exits(3)
            .warns("error[chart-replaced]")
            .warns("clearml-enterprise-app-gateway took its place");
    }

    fn certificates_that_reach_a_sidecar_alone_do_not_count(world) {
        with_ca(&world);
        let copied = std::process::Command::new("cp").args(["-r", &chart("odd-agent-1.0.0")]).arg(world.path("chart")).status();
        assert!(copied.unwrap().success());
        let path = world.path("chart/templates/agent-deployment.yaml");
        let text = std::fs::read_to_string(&path).unwrap();
        // The mounts go to the first container, which ships logs.
        let mounts = "            {{- with include \"customCertificates.volumeMounts\" $certificates }}\n            {{- . | nindent 12 }}\n            {{- end }}\n";
        let (before, after) = text.split_once(mounts).unwrap();
        let itself = "        - name: queue-runner\n";
        let moved = format!("{}{after}", before.replace(itself, &format!("{mounts}{itself}")));
        assert!(moved.contains(mounts));
        std::fs::write(&path, moved).unwrap();
        world
            .plugin("install agent --ca ca.pem --chart chart -n team-a --dry-run")
            .exits(3)
            .warns("error[certificate-not-mounted]")
            .warns("it gets to the container init-agent");
    }

    fn the_documented_repository_of_2024_is_still_known(world) {
        with_ca(&world);
        let repository = crate::support::repository_server::serve(&world, OLD_AGENT);
        world.helm(["repo", "add", "allegroai-enterprise", &repository]).exits(0);
        world
            .plugin("install agent --ca ca.pem --dry-run")
            .exits(0)
            .says("clearml-agent allegroai-enterprise/clearml-enterprise-agent --version 6.9.3");
    }

    fn which_variables_point_to_the_bundle_can_be_chosen(world) {
        with_ca(&world);
        dry_run(&world, OLD_AGENT, "").exits(0).says("AWS_CA_BUNDLE").says("NODE_EXTRA_CA_CERTS");
        dry_run(&world, OLD_AGENT, "--task-variables documented")
            .exits(0)
            .says("SSL_CERT_FILE")
            .never_says("AWS_CA_BUNDLE");
    }

    fn a_repository_alias_is_pulled_once_and_pinned(world) {
        with_ca(&world);
        let repository = crate::support::repository_server::serve(&world, OLD_AGENT);
        world.helm(["repo", "add", "clearml-enterprise", &repository]).exits(0);
        world
            .plugin("install agent --ca ca.pem --dry-run")
            .exits(0)
            .says("helm upgrade -i -n default clearml-agent clearml-enterprise/clearml-enterprise-agent --version 6.9.3");
        world.is_tidy();
    }
}
