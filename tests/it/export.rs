//! `export` through the real helm: what an engine gets renders as what `install` would run.

use std::collections::BTreeMap;
use std::fs;

use serde::Deserialize as _;
use serde_yaml::Value;

use crate::support::{
    GATEWAY_NEEDS, Helm, Run, World, canaries, certificates, chart, repository_server, words,
};

const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";
const USERS_FILE: &str = "# ours\nimageCredentials:\n  password: hunter2-very-secret\nagentk8sglue:\n  queues: {default: {}}\n";

/// Two clusters, two components, two waves; a file that targets share, and charts of a repository that wants a login.
const TARGETS: &str = "\
certificates:
  corp: ca.pem
targets:
  - component: gateway
    context: prod-eu
    namespace: team-a
    release: ai-gateway
    chart: acme/clearml-enterprise-app-gateway
    version: 3.2.0
    values: values/gateway.yaml
  - component: agent
    contexts: [prod-eu, prod-us]
    namespaces: [team-a, team-b]
    chart: acme/clearml-enterprise-agent
    version: 6.14.6
    values: values/agent.yaml
  - component: agent
    context: prod-us
    namespace: \"007\"
    release: late
    chart: acme/clearml-enterprise-agent
    version: 6.14.6
    values: values/agent.yaml
    wave: 1
";

const TO_ARGO_CD: &str =
    "export --to argocd --repo-url https://git.acme.example/deploy.git --revision main --path ml";

/// A folder as a company's repository has it: the values files hold the certificates, if `hold`. Gives the charts' URL.
fn repository(world: &World, hold: bool) -> String {
    world.write("ca.pem", &certificates::ca("Acme Root"));
    fs::create_dir(world.path("values")).unwrap();
    world.write("values/agent.yaml", USERS_FILE);
    world.write("values/gateway.yaml", GATEWAY_NEEDS);
    world.write("clearml-certs.yaml", TARGETS);
    repository_server::serve(world, AGENT);
    let url = repository_server::serve(world, GATEWAY);
    let secret = canaries::IN_CONFIGURATION;
    let login = ["--username", "us", "--password", secret];
    world
        .helm(["repo", "add", "acme", &url].iter().chain(&login))
        .exits(0);
    for (component, file) in [("agent", "agent"), ("gateway", "gateway")] {
        if hold {
            let chart = format!(
                "acme/clearml-enterprise-{}",
                if file == "agent" {
                    "agent"
                } else {
                    "app-gateway"
                }
            );
            world
                .plugin(&format!(
                    "render {component} --ca corp=ca.pem --chart {chart} -f values/{file}.yaml --in-place"
                ))
                .exits(0);
        }
    }
    url
}

/// All documents of a text.
fn documents(text: &str) -> Vec<Value> {
    let documents = serde_yaml::Deserializer::from_str(text);
    documents
        .map(|one| Value::deserialize(one).unwrap())
        .collect()
}

fn of_kind<'a>(documents: &'a [Value], kind: &str) -> Vec<&'a Value> {
    documents.iter().filter(|one| one["kind"] == kind).collect()
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("no text: {value:?}"))
        .to_owned()
}

fn texts(value: &Value) -> Vec<String> {
    value
        .as_sequence()
        .into_iter()
        .flatten()
        .map(text)
        .collect()
}

/// What an engine is told of one release.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Told {
    context: String,
    namespace: String,
    release: String,
    url: String,
    chart: String,
    version: String,
    values: Vec<String>,
    creates_namespace: bool,
}

impl Told {
    /// What helm makes of it, as the engine runs it.
    fn rendered(&self, world: &World) -> String {
        // An engine has no repositories of ours.
        let nothing = ["--repository-config", "nothing.yaml"];
        let mut line: Vec<&str> = vec!["template", &self.release, &self.chart];
        line.extend(["--repo", &self.url, "--version", &self.version]);
        line.extend(["-n", &self.namespace]);
        line.extend(nothing);
        for file in &self.values {
            line.extend(["-f", file]);
        }
        let run = world.helm(line);
        run.exits(0);
        run.stdout
    }
}

fn of_helmfile(run: &Run) -> Vec<Told> {
    let state = &documents(&run.stdout)[0];
    let repositories = state["repositories"].as_sequence().unwrap();
    let releases = state["releases"].as_sequence().unwrap().iter();
    let told = releases.map(|one| {
        let chart = text(&one["chart"]);
        let (alias, chart) = chart.split_once('/').unwrap();
        let repository = repositories
            .iter()
            .find(|one| one["name"] == alias)
            .unwrap();
        Told {
            context: text(&one["kubeContext"]),
            namespace: text(&one["namespace"]),
            release: text(&one["name"]),
            url: text(&repository["url"]),
            chart: chart.to_owned(),
            version: text(&one["version"]),
            values: texts(&one["values"]),
            creates_namespace: one["createNamespace"].as_bool().unwrap(),
        }
    });
    told.collect()
}

/// As the controller of such sets does: each element's fields in the place of the template's words.
fn of_argo_cd(run: &Run) -> Vec<Told> {
    let set = &documents(&run.stdout)[0];
    assert_eq!(set["kind"], "ApplicationSet");
    let template = &set["spec"]["template"]["spec"];
    let elements = set["spec"]["generators"][0]["list"]["elements"]
        .as_sequence()
        .unwrap();
    let told = elements.iter().map(|element| {
        let filled = |value: &Value| {
            let mut filled = text(value);
            for (key, value) in element.as_mapping().unwrap() {
                let key = text(key);
                for (at, one) in texts(value).iter().enumerate() {
                    filled = filled.replace(&format!("{{{{index .{key} {at}}}}}"), one);
                }
                if let Some(value) = value.as_str() {
                    filled = filled.replace(&format!("{{{{.{key}}}}}"), value);
                }
            }
            assert!(!filled.contains("{{"), "{filled}");
            filled
        };
        let (chart, files) = (&template["sources"][0], &template["sources"][1]);
        assert_eq!(files["ref"], "values");
        let values = chart["helm"]["valueFiles"].as_sequence().unwrap();
        Told {
            context: filled(&template["destination"]["name"]),
            namespace: filled(&template["destination"]["namespace"]),
            release: filled(&chart["helm"]["releaseName"]),
            url: filled(&chart["repoURL"]),
            chart: filled(&chart["chart"]),
            version: filled(&chart["targetRevision"]),
            // This folder is `ml` in the repository.
            values: values
                .iter()
                .map(|one| filled(one).replace("$values/ml/", ""))
                .collect(),
            creates_namespace: filled(&template["syncPolicy"]["syncOptions"][0])
                == "CreateNamespace=true",
        }
    });
    told.collect()
}

/// As kustomize and Flux's controllers do: a release refers to Secrets, and the kustomization beside it says of which files they are.
fn of_flux(world: &World, folder: &str) -> Vec<Told> {
    let read = |path: &str| documents(&world.read(&format!("{folder}/{path}")));
    let mut told = Vec::new();
    for context in ["prod-eu", "prod-us"] {
        let kustomization = &read(&format!("{context}/kustomization.yaml"))[0];
        let configuration = texts(&kustomization["configurations"]);
        let reference = &read(&format!("{context}/{}", configuration[0]))[0]["nameReference"][0];
        assert_eq!(reference["kind"], "Secret");
        assert_eq!(reference["fieldSpecs"][0]["path"], "spec/valuesFrom/name");
        assert_eq!(reference["fieldSpecs"][0]["kind"], "HelmRelease");
        let mut files: BTreeMap<String, String> = BTreeMap::new();
        for secret in kustomization["secretGenerator"].as_sequence().unwrap() {
            let file = text(&secret["files"][0]);
            let path = file.strip_prefix("values.yaml=../../").unwrap().to_owned();
            assert_eq!(secret["namespace"], "flux-system");
            files.insert(text(&secret["name"]), path);
        }
        let resources = texts(&kustomization["resources"]);
        let objects = resources
            .iter()
            .flat_map(|path| read(&format!("{context}/{path}")));
        let objects: Vec<Value> = objects.collect();
        let sources = of_kind(&objects, "HelmRepository");
        for release in of_kind(&objects, "HelmRelease") {
            let (spec, chart) = (&release["spec"], &release["spec"]["chart"]["spec"]);
            let source = sources
                .iter()
                .find(|one| one["metadata"]["name"] == chart["sourceRef"]["name"]);
            assert_eq!(release["metadata"]["namespace"], "flux-system");
            assert_eq!(spec["storageNamespace"], spec["targetNamespace"]);
            let values = spec["valuesFrom"].as_sequence().unwrap();
            told.push(Told {
                context: context.to_owned(),
                namespace: text(&spec["targetNamespace"]),
                release: text(&spec["releaseName"]),
                url: text(&source.unwrap()["spec"]["url"]),
                chart: text(&chart["chart"]),
                version: text(&chart["version"]),
                values: values
                    .iter()
                    .map(|one| files[&text(&one["name"])].clone())
                    .collect(),
                creates_namespace: spec["install"]["createNamespace"]
                    .as_bool()
                    .unwrap_or_default(),
            });
        }
    }
    told
}

/// The manifest of the very command that `install` prints for a target.
fn installed(world: &World, told: &Told) -> String {
    let (component, chart) = if told.release == "ai-gateway" {
        ("gateway", "app-gateway")
    } else {
        ("agent", "agent")
    };
    let run = world.plugin(&format!(
        "install {component} --ca corp=ca.pem -n {} --release {} --chart acme/clearml-enterprise-{chart} --version {} -f values/{component}.yaml --dry-run --skip-probe",
        told.namespace, told.release, told.version
    ));
    run.exits(0).never_says("+ extraCerts");
    let mut lines = run.stdout.lines();
    let command = lines
        .find(|line| line.trim().starts_with("helm upgrade -i "))
        .unwrap_or_else(|| panic!("{run}"));
    assert_eq!(
        command.contains("--create-namespace"),
        told.creates_namespace,
        "{command}"
    );
    let command = command
        .trim()
        .replace("helm upgrade -i", "template")
        .replace("--create-namespace", "");
    let command = command.split(" --kubeconfig").next().unwrap().to_owned();
    let rendered = world.helm(words(&command));
    rendered.exits(0);
    rendered.stdout
}

both_majors! {
    fn what_each_engine_gets_renders_as_the_command_that_install_prints(world) {
        let url = repository(&world, true);
        let to = |engine: &str| {
            let run = world.plugin(engine);
            run.exits(0);
            run
        };
        let mut engines = vec![
            of_helmfile(&to("export --to helmfile")),
            of_argo_cd(&to(TO_ARGO_CD)),
        ];
        to("export --to flux -d clusters");
        engines.push(of_flux(&world, "clusters"));
        for told in &mut engines {
            told.sort();
        }
        assert_eq!(engines[0], engines[1]);
        assert_eq!(engines[0], engines[2]);
        assert_eq!(engines[0].len(), 6);
        for told in &engines[0] {
            assert_eq!(told.url, url);
            let manifest = told.rendered(&world);
            assert!(manifest.contains("BEGIN CERTIFICATE"), "{manifest}");
            assert_eq!(manifest, installed(&world, told));
        }
        world.is_tidy();
    }
}

either_major! {
    fn the_same_targets_give_the_same_bytes_and_no_credential_is_in_them(world) {
        repository(&world, true);
        for line in ["export --to flux", "export --to helmfile", TO_ARGO_CD] {
            let (first, second) = (world.plugin(line), world.plugin(line));
            first.exits(0).never_says("hunter2");
            assert_eq!(first.stdout, second.stdout);
            assert!(first.stdout.contains("# Made by helm clearml-certs export"), "{first}");
        }
        world.plugin("export --to flux -d clusters").exits(0);
        for file in ["prod-eu/sources.yaml", "prod-eu/kustomization.yaml"] {
            world.canaries.are_silent_in(&world.read(&format!("clusters/{file}")));
        }
    }

    fn what_is_exported_reads_as_it_is_meant(world) {
        let url = repository(&world, true);
        for (engine, line) in [("flux", "export --to flux --only context=prod-eu --chart-secret charts"), ("helmfile", "export --to helmfile"), ("argocd", TO_ARGO_CD)] {
            let shown = world.plugin(line).stdout.replace(&url, "http://charts.acme.example");
            insta::with_settings!({omit_expression => true, prepend_module_to_snapshot => false}, {
                insta::assert_snapshot!(format!("export_{engine}"), shown);
            });
        }
    }

    fn what_an_engine_would_not_take_as_it_is_meant_is_told(world) {
        repository(&world, true);
        // Helm's own trust and login are no engine's.
        world.plugin("export --to helmfile -- --ca-file ca.pem").exits(0).warns("what --ca-file is for holds here alone");
        let quiet = world.plugin("export --to helmfile -- --plain-http");
        assert!(!quiet.exits(0).stderr.contains("holds here alone"), "{quiet}");
        // helmfile would render such a file, helm does not.
        fs::rename(world.path("values/agent.yaml"), world.path("values/agent.yaml.gotmpl")).unwrap();
        world.write("clearml-certs.yaml", &TARGETS.replace("values/agent.yaml", "values/agent.yaml.gotmpl"));
        world.plugin("export --to helmfile").exits(3).warns("values/agent.yaml.gotmpl is more than a path for helmfile");
    }

    fn values_files_without_the_certificates_are_not_handed_to_an_engine(world) {
        repository(&world, false);
        let run = world.plugin("export --to helmfile -d out");
        run.exits(2)
            .warns("  values/agent.yaml\n")
            .warns("  values/gateway.yaml\n")
            .warns("helm clearml-certs render -c clearml-certs.yaml --in-place\n");
        // The commands mean the same targets, fetched in the same way, and make the files that are missing.
        std::fs::remove_file(world.path("values/agent.yaml")).unwrap();
        world
            .plugin("export --to helmfile --only agent -- --plain-http")
            .exits(2)
            .warns("  helm clearml-certs render -c clearml-certs.yaml --only agent --check -- --plain-http\n")
            .warns("  helm clearml-certs render -c clearml-certs.yaml --only agent --in-place --new-file -- --plain-http\n");
        world.write("values/agent.yaml", USERS_FILE);
        assert!(!world.path("out").exists());
        assert_eq!(world.read("values/agent.yaml"), USERS_FILE);
        assert_eq!(world.plugin("export --to helmfile").stdout, "");
    }

    fn no_cluster_is_asked_and_no_kubeconfig_needed(world) {
        repository(&world, true);
        let run = world.helm(words("clearml-certs export --to helmfile --kubeconfig nowhere --only context=prod-us,wave=1"));
        run.exits(0).says("kubeContext: prod-us").never_says("prod-eu");
        // What a reader would take for a number is in quotes.
        run.says(r#"namespace: "007""#);
    }

    fn a_file_of_somebody_else_stays_and_one_of_ours_is_renewed(world) {
        repository(&world, true);
        let folder = world.path("clusters/prod-eu");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("sources.yaml"), "theirs: true\n").unwrap();
        world.plugin("export --to flux -d clusters").exits(3).warns("clusters/prod-eu/sources.yaml").warns("Nothing was written");
        assert_eq!(world.read("clusters/prod-eu/sources.yaml"), "theirs: true\n");
        assert!(!world.path("clusters/prod-us").exists());
        fs::remove_file(folder.join("sources.yaml")).unwrap();
        world.plugin("export --to flux -d clusters").exits(0).says("clusters/prod-eu/sources.yaml is written");
        world.plugin("export --to flux -d clusters").exits(0).never_says("is written");
        let before = world.read("clusters/prod-eu/sources.yaml");
        fs::write(folder.join("sources.yaml"), format!("{before}# by hand\n")).unwrap();
        let backups = world.backups().len();
        world.plugin("export --to flux -d clusters").exits(0).says("sources.yaml is written").says("its former content");
        assert_eq!(world.read("clusters/prod-eu/sources.yaml"), before);
        assert_eq!(world.backups().len(), backups + 1);
    }

    fn what_argo_cd_has_to_know_of_git_is_asked_for_and_never_made_up(world) {
        repository(&world, true);
        world
            .plugin("export --to argocd")
            .exits(4)
            .warns("--repo-url URL")
            .warns("--revision REVISION")
            .warns("--path FOLDER");
        // A checkout tells where in it we are.
        fs::create_dir(world.path("../.git")).unwrap();
        let line = TO_ARGO_CD.replace(" --path ml", "");
        world.plugin(&line).exits(0).says("- work/values/agent.yaml");
        let token = line.replace("https://", "https://ghp-canary@");
        world.plugin(&token).exits(3).warns("argocd repo add").never_says("ghp-canary");
        let token = line.replace("deploy.git", "deploy.git?private_token=canary");
        world.plugin(&token).exits(3).warns("--repo-url has a query").never_says("canary");
        world.plugin("export --to flux --revision main").exits(64).warns("--revision");
    }

    fn a_gateway_without_a_name_and_a_folder_without_targets_ask_for_what_is_missing(world) {
        repository(&world, true);
        world.write("clearml-certs.yaml", &TARGETS.replace("    release: ai-gateway\n", ""));
        world.plugin("export --to helmfile").exits(4).warns("release: NAME");
        fs::remove_file(world.path("clearml-certs.yaml")).unwrap();
        world.plugin("export --to helmfile").exits(4).warns("-c FILE");
    }

    fn what_an_engine_would_not_get_is_refused(world) {
        repository(&world, true);
        world.plugin("export --to helmfile -- --set a=b").exits(64).warns("--set would be lost");
        world.plugin("export --to helmfile -- --repo https://charts.acme.example").exits(64).warns("helm repo add");
        let local = TARGETS.replace("acme/clearml-enterprise-agent", &chart(AGENT));
        world.write("clearml-certs.yaml", &local);
        for line in ["export --to flux", TO_ARGO_CD] {
            world.plugin(line).exits(3).warns("helm push").warns("clearml-agent in team-a");
        }
        world.plugin("export --to helmfile").exits(0).says("chart: ./../");
    }

    fn targets_with_unlike_numbers_of_values_files_become_applications(world) {
        repository(&world, true);
        world.write("values/more.yaml", "agentk8sglue:\n  replicaCount: 2\n");
        let two = TARGETS.replace("    values: values/agent.yaml\n    wave: 1", "    values: [values/more.yaml, values/agent.yaml]\n    wave: 1");
        world.write("clearml-certs.yaml", &two);
        let run = world.plugin(TO_ARGO_CD);
        run.exits(0);
        let applications = documents(&run.stdout);
        assert_eq!(of_kind(&applications, "Application").len(), 6);
        let last = &applications[5];
        let files = texts(&last["spec"]["sources"][0]["helm"]["valueFiles"]);
        assert_eq!(files, ["$values/ml/values/more.yaml", "$values/ml/values/agent.yaml"]);
        assert_eq!(last["metadata"]["annotations"]["argocd.argoproj.io/sync-wave"], "3");
    }

    fn values_files_that_differ_in_their_ending_alone_become_secrets_of_their_own(world) {
        repository(&world, true);
        world.write("values/agent.prod", "agentk8sglue:\n  replicaCount: 2\n");
        let two = TARGETS.replace("    values: values/agent.yaml\n    wave: 1", "    values: [values/agent.prod, values/agent.yaml]\n    wave: 1");
        world.write("clearml-certs.yaml", &two);
        world.plugin("export --to flux --output-dir flux").exits(0);
        let told = of_flux(&world, "flux");
        let late = told.iter().find(|one| one.release == "late").unwrap();
        assert_eq!(late.values, ["values/agent.prod", "values/agent.yaml"]);
    }

    fn a_version_that_nobody_names_is_told(world) {
        repository(&world, true);
        world.write("clearml-certs.yaml", &TARGETS.replace("    version: 3.2.0\n", ""));
        world.plugin("export --to helmfile").exits(0).says("version: 3.2.0").warns("no version is named for acme/clearml-enterprise-app-gateway");
    }

    fn the_hook_for_commits_tells_what_is_behind_and_is_content_afterwards(world) {
        repository(&world, false);
        let hooks = fs::read_to_string(crate::support::repository().join(".pre-commit-hooks.yaml")).unwrap();
        let entry = text(&documents(&hooks)[0][0]["entry"]);
        let entry = entry.strip_prefix("helm ").unwrap();
        world.helm(words(entry)).exits(2).says("+customCertificates:");
        assert_eq!(world.read("values/agent.yaml"), USERS_FILE);
        world.plugin("render -c clearml-certs.yaml --in-place").exits(0);
        world.helm(words(entry)).exits(0);
        world.plugin("export --to helmfile").exits(0);
    }

    fn an_object_that_holds_values_is_no_values_file(world) {
        repository(&world, true);
        let object = "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: clearml-agent, namespace: team-a}\nspec:\n  chart: {spec: {chart: clearml-enterprise-agent, version: 6.14.6, sourceRef: {kind: HelmRepository, name: acme}}}\n  values:\n    agentk8sglue: {queues: {default: {}}}\n";
        world.write("values/agent.yaml", object);
        world.plugin("export --to helmfile").exits(3).warns("values/agent.yaml is no values file but an object").warns("--only");
    }
}
