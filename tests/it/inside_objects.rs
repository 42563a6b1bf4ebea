//! Values where `GitOps` keeps them, through the real helm: edited in their place, and nothing else in the file.

use crate::support::{GATEWAY_NEEDS, Helm, Run, World, certificates, chart};

const AGENT: &str = "clearml-enterprise-agent-6.9.3";
const SECRET: &str = "imageCredentials:\n  password: hunter2-very-secret\n";

fn render(world: &World, file: &str, more: &str) -> Run {
    world.plugin(&format!(
        "render agent --ca ca.pem --chart {} -f {file} {more}",
        chart(AGENT)
    ))
}

fn indented(text: &str, by: usize) -> String {
    let lines = text
        .lines()
        .map(|line| format!("{}{line}\n", " ".repeat(by)));
    lines.collect()
}

/// A file of each kind, and the names that its object gives the release and the namespace.
fn objects() -> Vec<(&'static str, String, &'static str)> {
    let flux = "# in git\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: clearml, namespace: flux-system}\nspec: {url: 'https://charts.example'}\n---\napiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata:\n  name: ml\n  namespace: flux-system\nspec:\n  targetNamespace: team-a\n  interval: 5m # often\n  chart:\n    spec:\n      chart: clearml-enterprise-agent\n      version: '6.9.x'\n      sourceRef: {kind: HelmRepository, name: clearml}\n  values:\n";
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ml, namespace: argocd}\nspec:\n  destination: {namespace: team-a}\n  source:\n    chart: clearml-enterprise-agent\n    repoURL: registry.example/clearml\n    targetRevision: 6.9.3\n    helm:\n";
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: ml}\nspec:\n  goTemplate: true\n  generators:\n  - list: {elements: [{name: a}]}\n  template:\n    metadata: {name: 'ml-{{.name}}'}\n    spec:\n      source:\n        chart: clearml-enterprise-agent\n        helm:\n          releaseName: ml\n          values: |-\n            # for {{ .name }}\n";
    let k3s = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata:\n  name: ml\n  namespace: kube-system\nspec:\n  chart: clearml-enterprise-agent\n  repo: https://charts.example\n  targetNamespace: team-a\n  valuesContent: |-\n";
    let config =
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: values}\ndata:\n  values.yaml: |\n";
    vec![
        ("flux.yaml", format!("{flux}{}  # after\n  upgrade: {{remediation: {{retries: 3}}}}\n", indented(SECRET, 4)), "team-a-ml"),
        ("flux-without.yaml", flux.replace("  values:\n", ""), "team-a-ml"),
        ("argo-object.yaml", format!("{argo}      valuesObject:\n{}", indented(SECRET, 8)), "ml"),
        ("argo-text.yaml", format!("{argo}      values: |\n{}  project: default\n", indented(SECRET, 8)), "ml"),
        ("argo-crlf.yaml", format!("{argo}      values: |\n{}", indented(SECRET, 8)).replace('\n', "\r\n"), "ml"),
        ("set.yaml", format!("{set}{}", indented(SECRET, 12)), "ml"),
        ("k3s.yaml", format!("{k3s}{}---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: team-a}}\n", indented(SECRET, 4)), "ml"),
        ("config.yaml", format!("{config}{}", indented(SECRET, 4)), "clearml-agent"),
        ("secret.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: values}\ndata:\n  values.yaml: aW1hZ2VDcmVkZW50aWFsczoKICBwYXNzd29yZDogaHVudGVyMi12ZXJ5LXNlY3JldAo=\n  other: eA==\n".to_owned(), "clearml-agent"),
        ("flux-empty-documents.yaml", format!("---\n# nothing yet\n---\n{flux}{}...\n{config}{}", indented(SECRET, 4), indented(SECRET, 4)), "team-a-ml"),
    ]
}

both_majors! {
    fn each_kind_of_object_is_edited_in_place_and_only_where_its_values_are(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        for (file, text, release) in objects() {
            world.write(file, &text);
            render(&world, file, "--check").exits(2).says("+  extraCerts:").never_says("hunter2");
            render(&world, file, "--in-place").exits(0).says(&format!("{file} is written"));
            let written = world.read(file);
            assert_ne!(written, text);
            render(&world, file, "--check").exits(0).says("is as it should be");
            render(&world, file, "--in-place").exits(0).never_says("is written");
            assert_eq!(world.read(file), written);
            // The object names the release, and its ConfigMaps follow that.
            let name = format!("{release}-clearml-enterprise-agent-custom-ca-0");
            let part = render(&world, file, "");
            part.exits(0).says(&name).never_says("hunter2");
            assert!(part.stdout.starts_with("customCertificates:\n"), "{part}");
            if file != "secret.yaml" {
                let mut rest = written.as_str();
                for line in text.lines() {
                    let line = line.trim_end_matches("|-");
                    let at = rest.find(line).unwrap_or_else(|| panic!("{file}: {line}\n{written}"));
                    rest = &rest[at + line.len()..];
                }
                assert_eq!(written.contains("\r\n"), text.contains("\r\n"), "{file}");
            }
        }
        world.is_tidy();
    }

    fn a_file_that_is_json_stays_json(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let values = "{\"imageCredentials\": {\"password\": \"hunter2-very-secret\"}}";
        let object = |values: &str| format!(
            "{{\n  \"apiVersion\": \"helm.toolkit.fluxcd.io/v2\",\n  \"kind\": \"HelmRelease\",\n  \"metadata\": {{\"name\": \"ml\"}},\n  \"spec\": {{\n    \"interval\": \"5m\"{values}\n  }}\n}}\n"
        );
        for (text, path) in [
            (object(&format!(",\n    \"values\": {values}")), "/spec/values"),
            (object(""), "/spec/values"),
            (object("").replace('\n', ""), "/spec/values"),
            (format!("{values}\r\n"), ""),
        ] {
            world.write("ml.json", &text);
            render(&world, "ml.json", "--check").exits(2).never_says("hunter2");
            render(&world, "ml.json", "--in-place").exits(0).never_says("hunter2");
            let written: serde_json::Value = serde_json::from_str(&world.read("ml.json")).unwrap();
            let list = format!("{path}/customCertificates/extraCerts/0/alias");
            assert_eq!(written.pointer(&list).unwrap(), "acme-root", "{written}");
            render(&world, "ml.json", "--check").exits(0);
        }
    }

    fn certificates_inside_an_object_are_a_source_and_inspected_as_an_override_file(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let (file, text, _) = objects().swap_remove(6);
        world.write(file, &text);
        render(&world, file, "--in-place").exits(0);
        let line = world.read(file).lines().position(|line| line.trim() == "pem: |").unwrap() + 1;
        let inspected = world.plugin(&format!("inspect {file}"));
        inspected.exits(0).says("Acme Root").says(&format!("{file}  agent  append  acme-root"));
        world.write("plain.yaml", "# ours\n");
        let other = format!("render agent --ca {file} --chart {} -f plain.yaml --in-place -o json", chart(AGENT));
        world.plugin(&other).exits(0).says("acme-root");
        assert!(world.plugin(&format!("inspect {file} -o json")).stdout.contains(&format!("{file}:{line}")));
    }

    fn two_releases_in_one_file_are_edited_together_and_written_once(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let release = |name: &str, chart: &str, values: &str| format!(
            "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {{name: {name}, namespace: team-a}}\nspec:\n  chart: {{spec: {{chart: {chart}}}}}\n  values:\n{}",
            indented(values, 4)
        );
        let file = format!(
            "{}---\n{}",
            release("ml", "clearml-enterprise-agent", SECRET),
            release("gw", "clearml-enterprise-app-gateway", GATEWAY_NEEDS)
        );
        world.write("both.yaml", &file);
        let line = format!(
            "render agent gateway --ca ca.pem --agent-chart {} --gateway-chart {} --agent-values both.yaml --gateway-values both.yaml",
            chart(AGENT),
            chart("clearml-enterprise-app-gateway-3.2.0")
        );
        world.plugin(&format!("{line} --check"))
            .exits(2)
            .says("spec.values of HelmRelease team-a/ml")
            .says("spec.values of HelmRelease team-a/gw");
        world.plugin(&format!("{line} --in-place")).exits(0);
        let written = world.read("both.yaml");
        assert_eq!(written.matches("BEGIN CERTIFICATE").count(), 2, "{written}");
        world.plugin(&format!("{line} --check")).exits(0);
        world.is_tidy();
    }

    fn an_object_among_other_values_files_is_given_to_helm_as_its_values(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let (_, text, _) = objects().swap_remove(0);
        world.write("flux.yaml", &text);
        world.write("certs.yaml", "# ours\n");
        render(&world, "flux.yaml -f certs.yaml --new-file", "--in-place").exits(0);
        assert_eq!(world.read("flux.yaml"), text);
        assert!(world.read("certs.yaml").contains("team-a-ml-clearml-enterprise-agent-custom-ca-0"));
    }

    fn what_an_object_says_beside_its_values_is_told(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let app = |parameter: &str| format!(
            "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: ml}}\nspec:\n  source:\n    chart: clearml-enterprise-agent\n    helm:\n      parameters: [{{name: {parameter}, value: x}}]\n      valueFiles: [base.yaml]\n      valuesObject: {{}}\n"
        );
        world.write("app.yaml", &app("agentk8sglue.replicaCount"));
        render(&world, "app.yaml", "--check")
            .exits(2)
            .warns("note[parameters-not-read]")
            .warns("note[values-elsewhere]: Application ml has more values from base.yaml (spec.source.helm.valueFiles)");
        world.write("app.yaml", &app("'customCertificates.extraCerts[0].alias'"));
        render(&world, "app.yaml", "--in-place").exits(3).warns("error[parameters-over-values]");
        assert_eq!(world.read("app.yaml"), app("'customCertificates.extraCerts[0].alias'"));
    }

    fn what_the_object_would_lose_or_never_deploy_is_refused(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        // A list beneath is replaced by the object's own.
        let release = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ml}\nspec:\n  chart: {spec: {chart: clearml-enterprise-agent, sourceRef: {kind: HelmRepository, name: hub}}}\n  valuesFrom: [{kind: ConfigMap, name: base}]\n";
        let base = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata:\n  values.yaml: |\n    customCertificates:\n      extraCerts: [{alias: old, pem: x}]\n";
        let both = format!("{base}---\n{release}");
        world.write("flux.yaml", &both);
        render(&world, "flux.yaml", "--in-place").exits(3).warns("error[values-beneath]").warns("customCertificates.extraCerts in ConfigMap base");
        assert_eq!(world.read("flux.yaml"), both);
        // Not so where both have one already, or where only what the edit does not fill stands beneath.
        let own = format!("{release}  values:\n    customCertificates:\n      extraCerts: [{{alias: own, pem: y}}]\n");
        world.write("flux.yaml", &format!("{base}---\n{own}"));
        assert!(!render(&world, "flux.yaml", "--check").stderr.contains("values-beneath"));
        let other = base.replace("customCertificates:\n      extraCerts: [{alias: old, pem: x}]", "agentk8sglue:\n      basePodTemplate: {tolerations: [{key: gpu}]}");
        world.write("flux.yaml", &format!("{other}---\n{release}"));
        render(&world, "flux.yaml", "--check").exits(2);
        // In files of their own it is edited there, and was read.
        world.write("base.yaml", &base.replace("[{alias: old, pem: x}]", "[]"));
        world.write("release.yaml", release);
        let run = render(&world, "base.yaml -f release.yaml", "--check");
        run.exits(2).says("base.yaml (data.values\\.yaml of ConfigMap base)");
        assert!(!run.stderr.contains("values-elsewhere"), "{run}");
        // What a config of k3s says goes over the chart's values.
        let k3s = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: ml}\nspec:\n  chart: clearml-enterprise-agent\n---\napiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: ml}\nspec:\n  values: {customCertificates: {extraCerts: []}}\n";
        world.write("k3s.yaml", k3s);
        render(&world, "k3s.yaml", "--in-place").exits(3).warns("error[parameters-over-values]");
        assert_eq!(world.read("k3s.yaml"), k3s);
        // So do parameters on the overrides of a queue.
        let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: ml}\nspec:\n  source:\n    chart: clearml-enterprise-agent\n    helm: {parameters: [{name: 'agentk8sglue.queues.gpu.templateOverrides.volumes[0].name', value: x}], valuesObject: {}}\n";
        world.write("argo.yaml", argo);
        render(&world, "argo.yaml", "--in-place").exits(3).warns("error[parameters-over-values]");
    }

    fn a_chart_that_the_file_does_not_lead_to_is_asked_for(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        world.write("flux.yaml", "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: ml}\nspec:\n  chart: {spec: {chart: ours, sourceRef: {kind: HelmRepository, name: hub}}}\n");
        world.plugin("render agent --ca ca.pem -f flux.yaml")
            .exits(4)
            .warns("where the chart of the ClearML Agent is (ours, from HelmRepository hub): --agent-chart REFERENCE");
        assert!(!world.read("flux.yaml").contains("customCertificates"));
    }

    fn a_release_name_that_a_template_makes_is_asked_for_and_never_assumed(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: ml}\nspec:\n  template:\n    metadata: {name: '{{.name}}'}\n    spec:\n      source:\n        chart: clearml-enterprise-agent\n        helm:\n          valuesObject: {}\n";
        world.write("set.yaml", set);
        render(&world, "set.yaml", "--in-place")
            .exits(4)
            .warns("the release name of the ClearML Agent, which a template makes in ApplicationSet ml: --agent-release NAME");
        assert_eq!(world.read("set.yaml"), set);
        render(&world, "set.yaml", "--in-place --agent-release team-a").exits(0);
        render(&world, "set.yaml", "--agent-release team-a").exits(0).says("team-a-clearml-enterprise-agent-custom-ca-0");
    }

    fn an_object_of_another_release_than_the_one_asked_for_is_not_edited(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let (_, text, _) = objects().swap_remove(0);
        world.write("flux.yaml", &text);
        render(&world, "flux.yaml", "--in-place --agent-release team-b")
            .exits(3)
            .warns("flux.yaml has HelmRelease flux-system/ml, which makes the release team-a-ml, not team-b");
        assert_eq!(world.read("flux.yaml"), text);
        render(&world, "flux.yaml", "--in-place --agent-release team-a-ml").exits(0);
    }

    fn what_cannot_be_edited_inside_an_object_is_refused_with_its_line(world) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let k3s = "apiVersion: v1\nkind: Namespace\n---\napiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata: {name: ml}\nspec:\n  chart: clearml-enterprise-agent\n";
        for (rest, said) in [
            ("  valuesContent: \"a: 1\"\n", "k3s.yaml:9: spec.valuesContent is a text in one line"),
            ("  valuesContent: |\n    a: {{ b }}\n", "k3s.yaml: line 10, column 4: an unrendered template"),
            ("  valuesContent: |\n    a: 1\n---\napiVersion: v1\nkind: Secret\nsops: {mac: 'ENC[x]'}\n", "k3s.yaml is encrypted by SOPS"),
            ("---\napiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: other}\n", "keeps values in several places"),
        ] {
            let text = format!("{k3s}{rest}").replace("  chart: clearml-enterprise-agent\n---", "---");
            world.write("k3s.yaml", &text);
            render(&world, "k3s.yaml", "--in-place").exits(3).warns(said);
            assert_eq!(world.read("k3s.yaml"), text);
        }
    }
}
