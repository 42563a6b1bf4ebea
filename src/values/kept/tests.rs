use super::*;

fn wanted() -> Wanted<'static> {
    Wanted {
        charts: &["agent"],
        release: None,
        flag: "--agent-release",
    }
}

fn find(text: &str) -> Kept {
    let found = Kept::find(text, &wanted());
    found
        .unwrap_or_else(|e| panic!("{e:?}\n{text}"))
        .expect(text)
}

/// Edits the values of a file.
fn edited(text: &str, edit: impl Fn(&str) -> String) -> String {
    let kept = find(text);
    let inner = kept.get(text).unwrap_or_else(|e| panic!("{e:?}\n{text}"));
    let new = edit(&inner);
    kept.put(text, &new)
        .unwrap_or_else(|e| panic!("{e:?}\n{text}\n---\n{new}"))
}

/// Adds what an edit of ours adds: a block text, at the end.
fn add(inner: &str) -> String {
    let mut document = crate::yaml::Document::parse(inner).unwrap();
    document.note_former_values();
    let value = serde_yaml::from_str("[{alias: a, pem: \"one\\ntwo\\n\"}]").unwrap();
    document.set(["certs", "list"], &value).unwrap();
    document.into_text()
}

fn drop(inner: &str) -> String {
    let mut document = crate::yaml::Document::parse(inner).unwrap();
    document.note_former_values();
    document.take_back(["certs", "list"]).unwrap();
    document.prune(["certs"]).unwrap();
    document.into_text()
}

const FLUX: &str = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: agent, namespace: flux-system}\nspec:\n  interval: 5m\n";
const HELM_CHART: &str = "apiVersion: helm.cattle.io/v1\nkind: HelmChart\nmetadata:\n  name: agent\n  namespace: kube-system\nspec:\n  chart: agent\n";

/// Files with values in every place and style that can be edited.
fn files() -> Vec<String> {
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: agent\nspec:\n  source:\n    chart: agent\n    repoURL: registry.example/charts\n    helm:\n";
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: agents}\nspec:\n  goTemplate: true\n  template:\n    metadata: {name: '{{.name}}'}\n    spec:\n      destination: {namespace: '{{.namespace}}'}\n      sources:\n      - ref: values\n        repoURL: https://git.example/values\n      - chart: agent\n        helm:\n          values: |\n            name: \"{{ .name }}\"\n            # {{ a comment }}\n            b: [1,\n              2]\n      - chart: other\n        helm: {}\n";
    let mut files = vec![
        format!("{FLUX}  values:\n    a: 1 # one\n    b:\n    - 1\n    -   2\n\n  # after\n  upgrade: {{}}\n"),
        format!("{FLUX}  values: # ours\n\n    # head\n  # odd\n    a: |\n      text\n\n      # no comment\n    # tail\n"),
        format!("{FLUX}  values:\n    a: 1"),
        format!("{FLUX}  values: {{a: 1, b: [x]}}\n  timeout: 1m\n"),
        format!("{FLUX}  values: {{}}\n  timeout: 1m\n"),
        format!("{FLUX}  values:\n  timeout: 1m # one\n"),
        FLUX.to_owned(),
        format!("{FLUX}---\n{HELM_CHART}  valuesContent: other\n")
            .replace("helm.cattle.io", "example.com"),
        format!("# head\n---\napiVersion: v1\nkind: Namespace\nmetadata: {{name: x}}\n--- # two\n{FLUX}  values:\n    a: 1\n---\nnot: [closed\n"),
        format!("---\n---\n{FLUX}  values:\n    a: 1\n"),
        format!("# head\n---\n# only this\n---\n{FLUX}  values: {{}}\n---\nb: 1\n---\n"),
        format!("a: 1\n... # end\n\n{FLUX}  values:\n    a: 1\n...\n# last\n"),
        format!("---\n...\n{FLUX}...\n...\nb: 1\n"),
        format!("{HELM_CHART}  valuesContent: |\n    a: 1\n\n    b:\n      c: |\n        x\n"),
        format!("{HELM_CHART}  valuesContent: |-\n    a: 1\n  # after\n  version: 1.0.0\n"),
        format!("{HELM_CHART}  valuesContent: |2-\n     \n    a: 1\n"),
        format!("{HELM_CHART}  valuesContent: |+\n    a: 1\n\n\n---\nb: 1\n"),
        format!("{HELM_CHART}  valuesContent: \"\"\n  bootstrap: true\n"),
        format!("{HELM_CHART}  valuesContent: |\n  bootstrap: true\n"),
        HELM_CHART.to_owned(),
        format!("{HELM_CHART}  valuesContent: |-\n    a: 1"),
        format!("{argo}      valuesObject:\n        a: 1\n      values: 'not: read'\n"),
        format!("{argo}      releaseName: x\n"),
        format!("{argo}      values: |\n        a: 1\n  destination: {{namespace: team-a}}\n"),
        argo.replace("    helm:\n", ""),
        set.replace("chart: other", "chart: another"),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  other: text\n  values.yaml: |\n    a: 1\n".to_owned(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  agent: |\n    a: 1\n  note: text\n".to_owned(),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\nstringData:\n  values.yaml: |\n    a: 1\n".to_owned(),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata:\n  values.yaml: YTogMQo=\n".to_owned(),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata:\n  values.yaml: \"YTogMQo=\" # coded\n  other: YQ==\n".to_owned(),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata:\n  values.yaml: \"\" # none yet\n  other: YQ==\n".to_owned(),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata:\n  values.yaml:\n  other: YQ==\n".to_owned(),
        "apiVersion: v1\nkind: Secret\nmetadata: {name: x}\ndata: {other: YQ==, values.yaml: \"\"}\n".to_owned(),
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata:\n  values.yaml:\n  other: text\n".to_owned(),
        argo.replace("    chart: agent\n    repoURL: registry.example/charts\n    helm:\n", "    {chart: agent, helm: {valueFiles: [a.yaml]}} # here\n"),
        argo.replace("    chart: agent\n    repoURL: registry.example/charts\n    helm:\n", "    {chart: agent}\n"),
        argo.replace("    chart: agent\n    repoURL: registry.example/charts\n    helm:\n", "    {\n      chart: agent, # ours\n      helm: {}\n    }\n"),
        argo.replace("    chart: agent\n    repoURL: registry.example/charts\n    helm:\n", "    {\n      helm: {valuesObject: {}, valueFiles: [a.yaml]},\n      chart: agent,\n    }\n"),
        argo.replace("  source:\n    chart: agent\n    repoURL: registry.example/charts\n    helm:\n", "  sources: [{ref: x}, {chart: agent, helm: {}}]\n"),
        "{\"kind\": \"HelmRelease\",\n \"apiVersion\": \"helm.toolkit.fluxcd.io/v2\",\n \"spec\": {\n  \"values\": {\n   \"a\": 1,\n   \"certs\": {\"list\": []}\n  }\n }\n}\n".to_owned(),
        "{\"apiVersion\": \"helm.toolkit.fluxcd.io/v2\", \"kind\": \"HelmRelease\", \"metadata\": {\"name\": \"agent\"}, \"spec\": {\"interval\": \"5m\"}}\n".to_owned(),
        "{\n  \"apiVersion\": \"helm.toolkit.fluxcd.io/v2\",\n  \"kind\": \"HelmRelease\",\n  \"metadata\": {\"name\": \"agent\"},\n  \"spec\": {\n    \"interval\": \"5m\"\n  }\n}\n".to_owned(),
        "{\"apiVersion\": \"helm.toolkit.fluxcd.io/v2\", \"kind\": \"HelmRelease\", \"metadata\": {\"name\": \"agent\"}, \"spec\": {\"values\": {}}}\n".to_owned(),
        "{\"apiVersion\": \"helm.toolkit.fluxcd.io/v2\", \"kind\": \"HelmRelease\", \"metadata\": {\"name\": \"agent\"}, \"spec\": {\"values\": {\"a\": 1}}}\n".to_owned(),
    ];
    let with_crlf: Vec<String> = files.iter().map(|one| one.replace('\n', "\r\n")).collect();
    files.extend(with_crlf);
    files
}

#[test]
fn what_is_put_back_unchanged_is_the_file_byte_for_byte() {
    for text in files() {
        assert_eq!(edited(&text, str::to_owned), text);
    }
}

#[test]
fn an_edit_is_read_back_and_taking_it_out_gives_the_bytes_back() {
    for text in files() {
        let added = edited(&text, add);
        assert_ne!(added, text);
        let inner = find(&added).get(&added).unwrap();
        let values = crate::yaml::value_of(&inner).unwrap();
        assert_eq!(values["certs"]["list"][0]["pem"], "one\ntwo\n", "{added}");
        assert_eq!(
            edited(&added, add),
            added,
            "a second edit finds nothing to do"
        );
        assert_eq!(edited(&added, drop), text, "{added}");
    }
}

#[test]
fn what_is_json_stays_json() {
    let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    let files: Vec<String> = files()
        .into_iter()
        .filter(|one| json(one).is_some())
        .collect();
    assert!(files.len() >= 10);
    for text in files {
        let added = edited(&text, add);
        let read = json(&added).expect(&added);
        let list = &read["spec"]["values"]["certs"]["list"];
        assert_eq!(list[0]["pem"], "one\ntwo\n", "{added}");
    }
    // Whatever edited the values.
    let text = r#"{"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "spec": {"values": {"a": 1}}}"#;
    let refused = find(text).put(text, "{a: 2}\n").unwrap_err();
    assert!(refused.why.contains("no JSON any more"), "{refused:?}");
}

#[test]
fn an_edit_leaves_every_line_around_it() {
    for text in files() {
        let added = edited(&text, add);
        let mut rest = added.as_str();
        for line in text.lines() {
            // What says nothing becomes a key that has something below it, and a header keeps the text's last line break.
            let line = line
                .trim_end_matches("{}")
                .trim_end_matches("\"\"")
                .trim_end_matches(['|', '-', '2', ' ']);
            // In braces and in base64, the line is another.
            let is_edited = |part: &&str| line.contains(*part);
            let parts = [
                "YTogMQo=",
                "values.yaml:",
                "{\"",
                "{a: 1, b: [x]}",
                "{chart:",
                "helm:",
                "\"5m\"",
                "\"list\"",
                "\"a\": 1",
            ];
            if parts.iter().any(is_edited) {
                continue;
            }
            let at = rest.find(line).unwrap_or_else(|| panic!("{line}\n{added}"));
            rest = &rest[at + line.len()..];
        }
    }
}

#[test]
fn lines_have_the_numbers_of_the_file() {
    let text = format!("{FLUX}  values:\n    a: 1\n    b: 2\n");
    let inner = find(&text).get(&text).unwrap();
    let document = crate::yaml::Document::parse(&inner).unwrap();
    assert_eq!(document.position(["b"]).unwrap().line, 8);
    let text = format!("---\nx: 1\n---\n{HELM_CHART}  valuesContent: |\n    a: 1\n");
    let inner = find(&text).get(&text).unwrap();
    let document = crate::yaml::Document::parse(&inner).unwrap();
    assert_eq!(document.position(["a"]).unwrap().line, 12);
}

#[test]
fn a_text_that_ends_with_a_certificate_keeps_its_line_break() {
    let text = format!("{HELM_CHART}  valuesContent: |-\n    a: 1\n");
    let added = edited(&text, add);
    assert!(added.contains("valuesContent: | # was |-\n"), "{added}");
    let text = format!("{HELM_CHART}  valuesContent: |\n    a: 1\n");
    assert!(edited(&text, add).contains("valuesContent: |\n"));
}

#[test]
fn what_cannot_be_edited_in_its_place_is_refused_with_its_line() {
    for (rest, line, why) in [
        (
            "  valuesContent: \"a: 1\\n\"\n",
            8,
            "write it as a block (valuesContent: |)",
        ),
        ("  valuesContent: >\n    a: 1\n", 8, "folded (>)"),
        (
            "  valuesContent: |\n    a: [1\n",
            8,
            "cannot be read by itself",
        ),
        ("  valuesContent: [a]\n", 8, "is not a text"),
    ] {
        let text = format!("{HELM_CHART}{rest}");
        let refused = find(&text).get(&text).unwrap_err();
        let shown = refused.shown("f.yaml".as_ref(), &text);
        assert!(shown.starts_with(&format!("f.yaml:{line}: ")), "{shown}");
        assert!(shown.contains(why), "{shown}");
    }
    for (rest, why) in [
        ("  install: &x {a: 1}\n  values: *x\n", "is an alias"),
        (
            "  install: &x {a: 1}\n  values:\n    b: *x\n",
            "cannot be read by itself",
        ),
    ] {
        let text = format!("{FLUX}{rest}");
        let refused = find(&text).get(&text).unwrap_err();
        assert!(refused.why.contains(why), "{refused:?}");
    }
}

#[test]
fn an_anchor_that_is_used_outside_is_not_changed() {
    let text = format!("{FLUX}  values: &v\n    a: 1\n  other: *v\n");
    let kept = find(&text);
    let refused = kept
        .put(&text, &add(&kept.get(&text).unwrap()))
        .unwrap_err();
    assert!(
        refused.why.contains("what stands around them"),
        "{refused:?}"
    );
}

#[test]
fn of_several_objects_the_one_is_taken_whose_chart_or_release_it_is() {
    let other = FLUX.replace("name: agent", "name: gateway");
    let chart = |name: &str| {
        format!("  chart: {{spec: {{chart: {name}, version: 6.x}}}}\n  values: {{}}\n")
    };
    let text = format!(
        "{other}{}---\n{FLUX}{}",
        chart("app-gateway"),
        chart("agent")
    );
    assert_eq!(find(&text).said.object, "HelmRelease flux-system/agent");
    let text = format!("{other}  values: {{}}\n---\n{FLUX}  values: {{}}\n");
    let refused = Kept::find(&text, &wanted()).unwrap_err();
    assert!(refused.why.contains("spec.values of HelmRelease flux-system/gateway (from line 1), spec.values of HelmRelease flux-system/agent (from line 7)"), "{refused:?}");
    let by_release = Wanted {
        release: Some("gateway"),
        ..wanted()
    };
    let found = Kept::find(&text, &by_release).unwrap().unwrap();
    assert_eq!(
        found.to_string(),
        "spec.values of HelmRelease flux-system/gateway"
    );
}

#[test]
fn a_release_that_was_asked_for_goes_before_the_chart_and_is_held_against_what_the_object_says() {
    let named = format!("{FLUX}  releaseName: team-a\n  chart: {{spec: {{chart: agent}}}}\n");
    let elsewhere = FLUX.replace("name: agent", "name: other");
    let elsewhere = format!(
        "{elsewhere}  releaseName: team-b\n  chartRef: {{kind: OCIRepository, name: far}}\n"
    );
    let of = |release| Wanted {
        release: Some(release),
        ..wanted()
    };
    let both = format!("{named}---\n{elsewhere}");
    let found = Kept::find(&both, &of("team-b")).unwrap().unwrap();
    assert_eq!(found.said.object, "HelmRelease flux-system/other");
    let refused = Kept::find(&both, &of("team-c")).unwrap_err();
    let told = "f.yaml has HelmRelease flux-system/agent, which makes the release team-a, not";
    let shown = refused.shown("f.yaml".as_ref(), &both);
    assert!(shown.starts_with(&format!("{told} team-c")), "{shown}");
    let refused = Kept::find(&named, &of("team-b")).unwrap_err();
    let shown = refused.shown("f.yaml".as_ref(), &named);
    assert!(shown.starts_with(&format!("{told} team-b")), "{shown}");
    // What says nothing of a release is for any.
    let data = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {values.yaml: ''}\n";
    assert!(Kept::find(data, &of("team-b")).unwrap().is_some());
}

#[test]
fn a_name_that_a_template_makes_is_no_other_name_of_the_object() {
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: agents}\nspec:\n  template:\n    metadata: {name: plain}\n    spec: {source: {chart: agent, helm: {releaseName: '{{.name}}'}}}\n";
    let release = |text: &str| find(text).said.release;
    assert_eq!(release(set), None);
    let without = set.replace("'{{.name}}'", "''");
    assert_eq!(release(&without).as_deref(), Some("plain"));
    assert_eq!(release(&without.replace("plain", "'{{.name}}'")), None);
    assert_eq!(
        release(&format!("{FLUX}  releaseName: '{{{{ x }}}}'\n")),
        None
    );
    let target = format!("{FLUX}  targetNamespace: '{{{{ x }}}}'\n");
    assert_eq!(release(&target), None);
    let nameless = HELM_CHART.replace("  name: agent\n", "  name: '{{ x }}'\n");
    assert_eq!(release(&nameless), None);
}

#[test]
fn flux_shortens_names_that_helm_would_not_take() {
    let named = |name: &str| {
        let text = FLUX.replace("name: agent", &format!("name: {name}"));
        find(&text).said.release.unwrap()
    };
    let longest = "a".repeat(53);
    assert_eq!(named(&longest), longest);
    // printf a…a | sha256sum
    assert_eq!(
        named(&"a".repeat(54)),
        format!("{}-a3f01b693925", "a".repeat(40))
    );
}

#[test]
fn a_file_that_sops_sealed_is_refused_whichever_document_it_is() {
    let text = format!("{FLUX}---\napiVersion: v1\nkind: Secret\nsops:\n  mac: ENC[x]\n");
    let refused = Kept::find(&text, &wanted()).unwrap_err();
    assert!(refused.why.contains("encrypted by SOPS"), "{refused:?}");
}

#[test]
fn a_document_that_cannot_be_read_hides_others_only_where_it_may_be_the_one() {
    let broken = format!("a: 1\n---\n{FLUX}  values: [\n");
    let refused = Kept::find(&broken, &wanted()).unwrap_err();
    let shown = refused.shown("f.yaml".as_ref(), &broken);
    assert!(shown.starts_with("f.yaml:"), "{shown}");
    let beside = format!("a: [\n---\n{FLUX}  values: {{}}\n");
    assert_eq!(find(&beside).said.object, "HelmRelease flux-system/agent");
}

#[test]
fn objects_tell_what_release_they_make() {
    let said = |text: &str| find(text).said;
    let flux = format!(
        "{FLUX}  targetNamespace: team-a\n  chart:\n    spec:\n      chart: agent\n      version: 6.14.6\n      sourceRef: {{kind: HelmRepository, name: clearml}}\n---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {{name: clearml}}\nspec: {{type: oci, url: 'oci://registry.example/charts/'}}\n"
    );
    let one = said(&flux);
    assert_eq!(one.release.as_deref(), Some("team-a-agent"));
    assert_eq!(one.namespace.as_deref(), Some("team-a"));
    assert_eq!(one.version.as_deref(), Some("6.14.6"));
    assert_eq!(
        one.chart.reference.as_deref(),
        Some("oci://registry.example/charts/agent")
    );
    let one = said(&flux.replace("  targetNamespace: team-a\n", "  releaseName: mine\n"));
    assert_eq!(
        (one.release.as_deref(), one.namespace.as_deref()),
        (Some("mine"), Some("flux-system"))
    );
    let by_ref = format!(
        "{FLUX}  chartRef: {{kind: OCIRepository, name: agent}}\n---\nkind: OCIRepository\nmetadata: {{name: agent}}\nspec: {{url: 'oci://registry.example/agent', ref: {{tag: 6.9.3}}}}\n"
    );
    let one = said(&by_ref);
    assert_eq!(
        one.chart.reference.as_deref(),
        Some("oci://registry.example/agent")
    );
    assert_eq!(one.version.as_deref(), Some("6.9.3"));
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: agents, namespace: argocd}\nspec:\n  destination: {namespace: team-a}\n  source:\n    chart: agent\n    repoURL: registry.example/charts\n    targetRevision: 6.9.3\n    helm: {parameters: [{name: a.b, value: x}], valueFiles: [x.yaml]}\n";
    let one = said(argo);
    assert_eq!(one.release.as_deref(), Some("agents"));
    assert_eq!(one.namespace.as_deref(), Some("team-a"));
    assert_eq!(one.version.as_deref(), Some("6.9.3"));
    assert_eq!(
        one.chart.reference.as_deref(),
        Some("oci://registry.example/charts/agent")
    );
    assert_eq!(one.parameters, ["a.b"]);
    assert_eq!(one.more, ["x.yaml (spec.source.helm.valueFiles)"]);
    let k3s = format!(
        "{HELM_CHART}  repo: https://charts.example\n  targetNamespace: team-a\n  version: 6.9.3\n  set: {{a.b: '1'}}\n"
    );
    let one = said(&k3s);
    assert_eq!(
        (one.release.as_deref(), one.namespace.as_deref()),
        (Some("agent"), Some("team-a"))
    );
    assert_eq!(one.chart.name.as_deref(), Some("agent"));
    assert_eq!(one.chart.reference, None);
    assert_eq!(one.parameters, ["a.b"]);
}

#[test]
fn of_a_registrys_artifact_the_version_is_the_one_that_the_engine_takes() {
    let by_ref = |by: &str| {
        let chart = "chartRef: {kind: OCIRepository, name: agent}";
        let source = format!(
            "kind: OCIRepository\nmetadata: {{name: agent}}\nspec: {{url: 'oci://registry.example/agent', ref: {{{by}}}}}\n"
        );
        find(&format!("{FLUX}  {chart}\n---\n{source}")).said
    };
    let one = by_ref("tag: 6.9.3, semver: 6.14.x, digest: 'sha256:ab'");
    assert_eq!(one.version.as_deref(), Some("6.14.x"));
    // By a digest alone, helm would be given the newest.
    let one = by_ref("digest: 'sha256:ab'");
    assert!(one.chart.is_pinned);
    assert_eq!((one.chart.reference, one.version), (None, None));
    assert_eq!(
        one.chart.elsewhere.as_deref(),
        Some("OCIRepository agent, by sha256:ab")
    );
    let argo = |path: &str| {
        let source = format!(
            "{{repoURL: 'oci://registry.example/agent', path: {path}, targetRevision: 6.9.3, helm: {{}}}}"
        );
        find(&format!("apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {{name: a}}\nspec: {{source: {source}}}\n")).said
    };
    let one = argo(".");
    assert_eq!(
        one.chart.reference.as_deref(),
        Some("oci://registry.example/agent")
    );
    assert_eq!(
        (one.chart.name.as_deref(), one.version.as_deref()),
        (Some("agent"), Some("6.9.3"))
    );
    let one = argo("charts/agent");
    assert_eq!((one.chart.reference, one.version), (None, None));
}

#[test]
fn where_a_chart_is_is_told_without_credentials() {
    let argo = "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: a}\nspec:\n  source: {repoURL: 'https://bob:hunter2@git.example/x.git?token=hunter3#hunter4', path: ., helm: {}}\n";
    let elsewhere = find(argo).said.chart.elsewhere;
    assert_eq!(elsewhere.as_deref(), Some(". in https://git.example/x.git"));
    let k3s = format!("{HELM_CHART}  repo: https://bob:hunter2@charts.example/x\n");
    let elsewhere = find(&k3s).said.chart.elsewhere;
    assert_eq!(elsewhere.as_deref(), Some("https://charts.example/x"));
}

#[test]
fn of_k3s_the_structured_values_go_over_the_text_and_a_config_over_both() {
    let both = format!(
        "{HELM_CHART}  chartContent: QQ==\n  valuesContent: |\n    a: 1\n  values: {{b: 2}}\n  valuesSecrets: [{{name: s, keys: [k]}}]\n"
    );
    let kept = find(&both);
    assert_eq!(
        kept.to_string(),
        "spec.values of HelmChart kube-system/agent"
    );
    assert_eq!(kept.get(&both).unwrap().trim(), "{b: 2}");
    let said = kept.said;
    assert_eq!(said.more, ["spec.valuesContent"]);
    assert_eq!(said.over, ["Secret s (spec.valuesSecrets)"]);
    assert_eq!(said.beneath.len(), 1);
    assert_eq!(said.chart.reference, None);
    assert_eq!(said.chart.elsewhere.as_deref(), Some("spec.chartContent"));
    let config = "---\napiVersion: helm.cattle.io/v1\nkind: HelmChartConfig\nmetadata: {name: agent, namespace: kube-system}\nspec:\n  valuesContent: |\n    x: {y: [1], z: 2}\n  values: {w: {}}\n";
    let with = find(&format!("{HELM_CHART}{config}")).said;
    assert_eq!(with.parameters, ["x.y", "x.z"]);
    // Secrets go over all, and empty values are none.
    let secret = "---\napiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: kube-system}\nstringData: {k: 'c: {d: 1}', other: 'e: 1'}\n";
    let said = find(&format!("{both}{secret}")).said;
    assert_eq!(
        (said.parameters, said.over),
        (vec!["c.d".to_owned()], Vec::new())
    );
    let empty = find(&both.replace("values: {b: 2}", "values: {}"));
    assert!(
        empty.to_string().starts_with("spec.valuesContent of"),
        "{empty}"
    );
    let silent = config.replace("x: {y: [1], z: 2}", "# nothing");
    assert!(
        find(&format!("{HELM_CHART}{silent}"))
            .said
            .parameters
            .is_empty()
    );
    let other = config.replace("name: agent", "name: other");
    assert!(
        find(&format!("{HELM_CHART}{other}"))
            .said
            .parameters
            .is_empty()
    );
}

#[test]
fn what_goes_over_values_or_lies_beneath_them_is_known() {
    let base = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata:\n  values.yaml: |\n    a: [1]\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: more, namespace: flux-system}\ndata: {k: YjogMg==}\n";
    let from = "valuesFrom: [{kind: ConfigMap, name: base}, {kind: Secret, name: more, valuesKey: k}, {kind: ConfigMap, name: base, targetPath: x}, {kind: ConfigMap, name: gone}]";
    let flux = format!(
        "{FLUX}  {from}\n  postRenderers: [{{kustomize: {{}}}}]\n  chart: {{spec: {{valuesFiles: [values-prod.yaml]}}}}\n{base}"
    );
    let said = find(&flux).said;
    let read = |text: &str| crate::yaml::value_of(text).unwrap();
    assert_eq!(
        said.beneath,
        [
            ("ConfigMap base".to_owned(), read("a: [1]")),
            ("Secret more".to_owned(), read("b: 2"))
        ]
    );
    assert_eq!(said.over, ["spec.postRenderers"]);
    assert!(
        said.more
            .contains(&"values-prod.yaml (spec.chart.spec.valuesFiles)".to_owned())
    );
    let set = "apiVersion: argoproj.io/v1alpha1\nkind: ApplicationSet\nmetadata: {name: a}\nspec:\n  generators: [{list: {elements: [], template: {}}}]\n  templatePatch: x\n  template: {spec: {source: {chart: agent, helm: {}}}}\n";
    assert_eq!(
        find(set).said.over,
        ["spec.templatePatch", "a template of its generators"]
    );
}

#[test]
fn what_keeps_no_values_is_left_to_others() {
    for text in [
        "a: 1\n",
        "apiVersion: v1\nkind: Pod\n",
        "apiVersion: v1\nkind: ConfigMap\ndata: {a: text, b: text}\n",
        "kind: x\napiVersion: y\n",
        "apiVersion: [kind\n",
    ] {
        assert_eq!(Kept::find(text, &wanted()), Ok(None), "{text}");
    }
}

mod any {
    use proptest::prelude::*;
    use proptest::sample::{select, subsequence};

    use super::*;

    /// Lines of values as people write them.
    const LINES: [&str; 12] = [
        "a: 1",
        "# a comment",
        "",
        "b:\n  c: |\n    x\n\n      y",
        "d:\n- 1\n-   two # 2",
        "e: [1,\n  2]",
        "f: 'it''s'",
        "g: \"a\n  b\"",
        "  # deeper",
        "h:",
        "i: |-\n  {{ text }}\n   more",
        "j:\n    k: {l: m}",
    ];

    fn file() -> impl Strategy<Value = String> {
        let lines = subsequence(LINES.to_vec(), 1..LINES.len()).prop_shuffle();
        let headers = select(vec![
            "values:",
            "values: # ours",
            "|",
            "|-",
            "|+",
            "| # ours",
            "|2",
            "|-2",
        ]);
        let after = select(vec![
            "",
            "  timeout: 1m\n",
            "\n  # after\n  timeout: 1m\n",
            "---\nnext: 1\n",
            "\n\n---\n",
            "...\n",
        ]);
        let endings = (any::<bool>(), any::<bool>());
        (lines, headers, 1_usize..5, after, endings).prop_map(
            |(lines, header, more, after, (crlf, open))| {
                let is_text = header.starts_with('|');
                let indent = if header.contains('2') { 4 } else { 2 + more };
                let (head, header) = if is_text {
                    (HELM_CHART, format!("valuesContent: {header}"))
                } else {
                    (FLUX, header.to_owned())
                };
                let mut text = format!("{head}  {header}\n");
                for line in lines.join("\n").lines() {
                    let blanks = if line.is_empty() { 0 } else { indent };
                    text.extend([" ".repeat(blanks).as_str(), line, "\n"]);
                }
                text.push_str(after);
                if open {
                    text.truncate(text.trim_end_matches('\n').len());
                }
                if crlf {
                    text.replace('\n', "\r\n")
                } else {
                    text
                }
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(100) })]
        #[test]
        fn values_go_back_as_they_came_and_edits_leave_no_trace(text in file()) {
            // What is no YAML, or begins deeper than its header lets it, is refused.
            let Ok(Some(kept)) = Kept::find(&text, &wanted()) else { return Ok(()) };
            let Ok(inner) = kept.get(&text) else { return Ok(()) };
            prop_assert_eq!(&kept.put(&text, &inner).unwrap(), &text);
            let Ok(mut document) = crate::yaml::Document::parse(&inner) else { return Ok(()) };
            document.note_former_values();
            let value = serde_yaml::from_str("[{alias: a, pem: \"one\\ntwo\\n\"}]").unwrap();
            if document.set(["certs", "list"], &value).is_err() {
                return Ok(());
            }
            // A header that ends the file is refused by the editor.
            if inner.is_empty() && !text.ends_with('\n') {
                return Ok(());
            }
            let added = kept.put(&text, document.text());
            let added = added.unwrap_or_else(|refused| panic!("{refused:?}"));
            let read = find(&added).get(&added).unwrap();
            prop_assert_eq!(&crate::yaml::value_of(&read).unwrap(), document.value(), "{}", added);
            prop_assert_eq!(&edited(&added, drop), &text, "{}", added);
        }
    }
}
