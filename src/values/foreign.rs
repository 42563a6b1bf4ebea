//! Files that are YAML and no values file: what was meant is said, and nothing is written into them or deployed from them.

use serde_yaml::Value;

/// What a file is instead of a values file, and what to do; `None` where it may be one.
#[must_use]
pub fn kind(text: &str, values: &Value) -> Option<String> {
    if text.starts_with("$ANSIBLE_VAULT;") {
        return Some("is encrypted by ansible-vault: decrypt it first (ansible-vault view FILE > NEW), and name that".to_owned());
    }
    let has = |key: &str| values.get(key).is_some();
    let word = |key: &str| values.get(key).and_then(Value::as_str);
    // The MAC covers every value: an edit by anybody else makes the file unreadable for SOPS.
    if values
        .get("sops")
        .is_some_and(|sops| sops.get("mac").is_some())
    {
        return Some("is encrypted by SOPS: an edit would break its seal, and helm would deploy the ciphertext. Decrypt it (sops -d FILE > NEW), or keep the certificates in a file of their own and let helm-secrets deploy both".to_owned());
    }
    if let (Some(version), Some(kind)) = (word("apiVersion"), word("kind")) {
        return Some(format!(
            "is a Kubernetes object ({kind}, {version}), and no values file{}. Render the certificates into a file of their own (render -f NEW --new-file --in-place), or print them (render) and put them there",
            place_of_values(kind)
        ));
    }
    if word("apiVersion").is_some_and(|version| ["v1", "v2"].contains(&version))
        && has("name")
        && has("version")
    {
        return Some("is a Chart.yaml, and no values file".to_owned());
    }
    of_a_tool(values).map(str::to_owned)
}

/// What a file is that tells another tool what to deploy.
fn of_a_tool(values: &Value) -> Option<&'static str> {
    let has = |key: &str| values.get(key).is_some();
    let list = |key: &str| values.get(key).and_then(Value::as_sequence);
    let all_have = |key: &str, keys: &[&str]| {
        list(key).is_some_and(|items| {
            let has_all = |item: &Value| keys.iter().all(|key| item.get(key).is_some());
            !items.is_empty() && items.iter().all(has_all)
        })
    };
    let has_any = |keys: &[&str]| keys.iter().any(|key| has(key));
    let is_helmfile = list("releases").is_some()
        && has_any(&["repositories", "helmDefaults", "environments", "helmfiles"]);
    if is_helmfile || all_have("releases", &["name", "chart"]) {
        return Some(
            "is a helmfile, and no values file: name one of the files that its releases list under values",
        );
    }
    if all_have("targets", &["component"]) {
        return Some(
            "lists targets for helm clearml-certs, and is no values file: it goes behind -c, and not behind -f",
        );
    }
    let are_texts = |items: &Vec<Value>| !items.is_empty() && items.iter().all(Value::is_string);
    if all_have("helmCharts", &["name"])
        || all_have("configMapGenerator", &["name"])
        || all_have("secretGenerator", &["name"])
        || list("resources").is_some_and(are_texts)
    {
        return Some(
            "is a kustomization, and no values file: name the file that its helmCharts list under valuesFile; what stands under valuesInline goes over that",
        );
    }
    let helm = |key: &str| {
        values
            .get("helm")
            .is_some_and(|helm| helm.get(key).is_some())
    };
    let is_fleet = has_any(&["defaultNamespace", "targetCustomizations", "namespace"]);
    if helm("chart") || helm("releaseName") || is_fleet && (helm("values") || helm("valuesFiles")) {
        return Some(
            "is a fleet.yaml of Rancher's Fleet, and no values file: name one of the files that it lists under helm.valuesFiles; what stands under helm.values goes over them",
        );
    }
    None
}

/// Where an object keeps the values of a chart.
fn place_of_values(kind: &str) -> &'static str {
    match kind {
        "HelmRelease" => ": its values stand under spec.values",
        "Application" => ": its values stand under spec.source.helm",
        "ApplicationSet" => ": its values stand under spec.template.spec.source.helm",
        "HelmChart" | "HelmChartConfig" => ": its values stand in the text of spec.valuesContent",
        "ConfigMap" | "Secret" => ": values in it stand in a text under data",
        _ => "",
    }
}

/// What a word means that Helm takes for more than a file.
#[must_use]
pub fn kind_of_word(word: &str) -> Option<&'static str> {
    match word {
        "-" => Some(
            "is helm's standard input, which is read once and cannot be edited: write it to a file, and name that",
        ),
        _ if word.starts_with("secrets://") => Some(
            "is for helm-secrets, which decrypts it: keep the certificates in a file of their own, and let helm-secrets deploy both",
        ),
        _ if word.contains("://") => Some(
            "is an address, and what is there cannot be edited, and may be another next time: download it, and name the file",
        ),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Option<String> {
        kind(text, &serde_yaml::from_str(text).unwrap_or_default())
    }

    #[test]
    fn what_is_no_values_file_is_told_as_what_it_is() {
        for (text, what) in [
            (
                "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nspec: {values: {}}\n",
                "(HelmRelease, helm.toolkit.fluxcd.io/v2), and no values file: its values stand under spec.values",
            ),
            (
                "apiVersion: argoproj.io/v1alpha1\nkind: Application\n",
                "spec.source.helm",
            ),
            (
                "apiVersion: helm.cattle.io/v1\nkind: HelmChart\n",
                "spec.valuesContent",
            ),
            ("apiVersion: v1\nkind: ConfigMap\n", "(ConfigMap, v1)"),
            (
                "a: ENC[x]\nsops:\n  mac: ENC[y]\n  version: 3.9.0\n",
                "SOPS",
            ),
            ("$ANSIBLE_VAULT;1.1;AES256\n3132\n", "ansible-vault"),
            ("apiVersion: v2\nname: c\nversion: 1.0.0\n", "Chart.yaml"),
            ("repositories: []\nreleases: []\n", "helmfile"),
            (
                "releases:\n- {name: a, chart: oci://x/y, values: [v.yaml]}\n",
                "helmfile",
            ),
            ("targets:\n- component: agent\n", "goes behind -c"),
            ("resources: [a.yaml]\n", "kustomization"),
            (
                "helmCharts: [{name: agent, valuesInline: {}}]\n",
                "kustomization",
            ),
            (
                "defaultNamespace: ml\nhelm: {values: {a: 1}}\n",
                "fleet.yaml",
            ),
            ("helm: {chart: agent, values: {a: 1}}\n", "fleet.yaml"),
        ] {
            assert!(
                said(text).is_some_and(|said| said.contains(what)),
                "{text}: {:?}",
                said(text)
            );
        }
        for text in [
            "agentk8sglue: {queue: gpu}\n",
            "kind: DaemonSet\nreplicas: 1\n",
            "apiVersion: networking.k8s.io/v1\n",
            "releases: [a]\n",
            "resources: {limits: {cpu: 1}}\n",
            "helm: {values: {a: 1}}\n",
            "targets: [a]\n",
            "sops: enabled\n",
            "name: x\nversion: 2\n",
            "",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }

    #[test]
    fn words_that_are_no_files_are_told() {
        for word in [
            "-",
            "secrets://values.yaml",
            "https://acme.example/values.yaml",
        ] {
            assert!(kind_of_word(word).is_some(), "{word}");
        }
        assert_eq!(kind_of_word("./values.yaml"), None);
        assert_eq!(kind_of_word("C:\\values.yaml"), None);
    }
}
