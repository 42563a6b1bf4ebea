//! Charts that do not do what they are documented to do, through the real helm: what each lacks is said.

use std::fs;

use crate::support::{Helm, Run, World, certificates, chart};

const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";
const SHAPES: &str = "shapes-agent-1.0.0";

/// A copy of a stand-in chart that can be broken.
struct Broken<'a> {
    world: &'a World,
}

impl<'a> Broken<'a> {
    fn copy(world: &'a World, name: &str) -> Self {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let copied = std::process::Command::new("cp")
            .args(["-r", &chart(name)])
            .arg(world.path("chart"))
            .status();
        assert!(copied.unwrap().success());
        Self { world }
    }

    /// Replaces a text in a template.
    fn but(self, template: &str, old: &str, new: &str) -> Self {
        let path = self.world.path("chart/templates").join(template);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(old), "{template} has no {old}");
        fs::write(&path, text.replace(old, new)).unwrap();
        self
    }

    fn dry_run(&self, more: &str) -> Run {
        let line = format!("install agent --ca ca.pem --chart chart -n team-a --dry-run {more}");
        self.world.plugin(&line)
    }
}

both_majors! {
    fn an_agents_bundle_that_no_variable_points_to_is_told(world) {
        Broken::copy(&world, OLD_AGENT)
            .but("agent-deployment.yaml", r#"include "customCertificates.env" $certificates"#, r#""""#)
            .dry_run("")
            .warns("warning[bundle-not-read]: Deployment clearml-agent-clearml-enterprise-agent")
            .warns("REQUESTS_CA_BUNDLE does not point there");
        // Variables from elsewhere may say it.
        let mut chart = Broken { world: &world };
        chart = chart.but("agent-deployment.yaml", "          env:\n", "          envFrom: [{configMapRef: {name: more}}]\n          env:\n");
        chart.dry_run("").never_says("bundle-not-read");
    }

    fn a_chart_without_a_template_of_task_pods_is_told(world) {
        let chart = Broken::copy(&world, OLD_AGENT);
        fs::write(world.path("chart/templates/task-pod-template.yaml"), "").unwrap();
        chart.dry_run("").warns("[no-task-pod-template]");
        chart.dry_run("--task-pods off").never_says("no-task-pod-template");
    }

    fn the_two_modes_over_two_files_are_refused(world) {
        let chart = Broken::copy(&world, OLD_AGENT);
        let pem = certificates::ca("Other Root").trim_end().replace('\n', "\n    ");
        world.write("first.yaml", &format!("customCertificates:\n  overrideCaCertificatesCrt: |\n    {pem}\n"));
        let entry = certificates::ca("Third Root").trim_end().replace('\n', "\n        ");
        let second = format!("customCertificates:\n  extraCerts:\n    - alias: third\n      pem: |\n        {entry}\n");
        world.write("second.yaml", &second);
        chart
            .dry_run("--agent-values first.yaml --agent-values second.yaml")
            .exits(3)
            .warns("error[both-modes]")
            .warns("one by second.yaml, the other by another values file");
        assert_eq!(world.read("second.yaml"), second);
    }

    fn certificates_are_followed_in_every_shape_that_carries_them(world) {
        world.write("ca.pem", &certificates::ca("Acme Root")).write("two.pem", &certificates::ca("Other Root"));
        for shape in ["secret", "several", "binary", "keep"] {
            world.write("v.yaml", &format!("agentk8sglue: {{shape: {shape}}}\n"));
            let line = format!(
                "install agent --ca ca.pem --ca two.pem --chart {} --agent-values v.yaml -n team-a --skip-probe --dry-run",
                chart(SHAPES)
            );
            let kind = if ["secret", "several"].contains(&shape) { "Secret" } else { "ConfigMap" };
            world
                .plugin(&line)
                .exits(0)
                .says("✓ acme-root, other-root")
                .says(&format!("in {kind} clearml-agent-trust"))
                .says("→ StatefulSet clearml-agent")
                .says("→ CronJob clearml-agent-tidy")
                .says("→ task pods of queue default")
                .never_says("check");
        }
        // Of two keys, one is mounted: the other arrives nowhere.
        world.write("v.yaml", "agentk8sglue: {shape: items}\n");
        let line = format!(
            "install agent --ca ca.pem --ca two.pem --chart {} --agent-values v.yaml -n team-a --skip-probe --dry-run",
            chart(SHAPES)
        );
        world
            .plugin(&line)
            .exits(3)
            .says("→ StatefulSet clearml-agent")
            .warns("error[certificate-not-mounted]: no workload of the ClearML Agent mounts other-root");
    }

    fn what_helm_takes_and_we_cannot_read_is_told_and_refuses_nothing(world) {
        let chart = Broken::copy(&world, OLD_AGENT);
        let deep = format!("kind: Secret\napiVersion: v1\nmetadata: {{name: extra}}\nstringData:\n  login: of-nobodys-values\nx: {}{}\n", "[".repeat(200), "]".repeat(200));
        world.write("chart/templates/deep.yaml", &deep);
        chart.dry_run("--show-manifest")
            .exits(0)
            .warns("warning[rendered-unreadable]: 1 of the documents that the chart renders cannot be read here, the first from clearml-enterprise-agent/templates/deep.yaml")
            .says("→ Deployment clearml-agent-clearml-enterprise-agent")
            .never_says("of-nobodys-values");
    }

    fn of_a_key_that_stands_twice_the_last_counts_and_the_first_stays_secret(world) {
        let chart = Broken::copy(&world, OLD_AGENT);
        let twice = "kind: Secret\napiVersion: v1\nmetadata: {name: extra}\nstringData:\n  login: of-nobodys-values\n  login: the-other-of-nobody\n";
        world.write("chart/templates/twice.yaml", twice);
        let run = chart.dry_run("--show-manifest");
        run.exits(0).says("Secret extra").never_says("rendered-unreadable").never_says("of-nobodys-values").never_says("the-other-of-nobody");
    }

    fn a_workload_that_mounts_nothing_is_refused(world) {
        let chart = Broken::copy(&world, NEW_AGENT)
            .but("agent-deployment.yaml", r#"include "customCertificates.volumes" $certificates"#, r#""""#)
            .but("agent-deployment.yaml", r#"include "customCertificates.initContainers" $certificates"#, r#""""#)
            .but("agent-deployment.yaml", r#"include "customCertificates.volumeMounts" $certificates"#, r#""""#);
        chart.dry_run("").exits(3).warns("error[certificate-not-mounted]").warns("acme-root");
    }

    fn certificates_that_end_in_no_bundle_are_said(world) {
        let chart = Broken::copy(&world, OLD_AGENT)
            .but("_custom-certificates.tpl", "    - update-ca-certificates", "    - 'true'");
        chart.dry_run("").exits(3).warns("error[init-container-without-certificate]");
        // Its image might have an entry point that makes the bundle.
        let run = chart.dry_run("--ignore init-container-without-certificate");
        run.exits(0)
            .warns("warning[bundle-not-shown]: Deployment clearml-agent-clearml-enterprise-agent: acme-root is mounted");
        // The pod template is ours, and right.
        run.never_says("certificate-not-in-task-pods");
    }

    fn task_pods_without_the_variables_are_refused(world) {
        let chart = Broken::copy(&world, NEW_AGENT)
            .but("_propagation.tpl", r#""env" "name" "#, "");
        chart.dry_run("")
            .exits(3)
            .warns("error[certificate-not-in-task-pods]")
            .warns("REQUESTS_CA_BUNDLE does not point there");
        chart.dry_run("--task-pods template").exits(0);
    }

    fn a_propagating_chart_that_forgets_half_of_the_variables_is_said(world) {
        // As agent charts before 6.10.10 did.
        let chart = Broken::copy(&world, NEW_AGENT)
            .but("_certificate-variables.tpl", "REQUESTS_CA_BUNDLE SSL_CERT_FILE", "REQUESTS_CA_BUNDLE");
        chart.dry_run("").exits(0).warns("warning[variable-missing]").warns("--task-pods template");
        let run = chart.dry_run("--task-pods template");
        run.exits(0).never_says("variable-missing");
    }

    fn a_reference_to_what_is_not_rendered_is_said(world) {
        let chart = Broken::copy(&world, NEW_AGENT)
            .but("task-pod-template.yaml", "  secrets.yaml: |", "  extra.yaml: |\n    kind: Pod\n    spec:\n      containers: [{name: c}]\n      volumes: [{name: v, configMap: {name: elsewhere}}]\n  secrets.yaml: |");
        chart.dry_run("")
            .exits(0)
            .warns("warning[config-map-not-rendered]")
            .warns("volume v refers to the ConfigMap elsewhere");
    }

    fn a_name_that_the_update_ignores_is_mapped_in_our_template_and_refused_in_the_charts(world) {
        let chart = Broken::copy(&world, NEW_AGENT)
            .but("_custom-certificates.tpl", "{{ $certificate.alias }}.crt: |", "{{ $certificate.alias }}.pem: |");
        chart.dry_run("").exits(3).warns("error[certificate-not-mounted]").warns("warning[file-name-ignored]");
    }

    fn a_chart_that_names_its_config_maps_by_chance_is_given_up_on(world) {
        let chart = Broken::copy(&world, OLD_AGENT)
            .but("_custom-certificates.tpl", "name: {{ $.name }}-custom-ca-{{ $index }}", "name: {{ randAlphaNum 8 | lower }}");
        chart.dry_run("").exits(1).warns("--task-pods off");
    }
}
