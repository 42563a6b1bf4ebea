//! What was shown is what happens, on a real cluster with both major versions of Helm. Run by `make e2e`.
//!
//! The generated plans take 275 seconds of processor time: two to three minutes on two cores that have nothing else to do.

use crate::support::cluster::Namespace;
use crate::support::watched_helm::WatchedHelm;
use crate::support::{GATEWAY_FILE, GATEWAY_NEEDS, Helm, World, certificates, chart, copy_folder};
use helm_clearml_certs::{plan, proof};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const OLD_AGENT: &str = "clearml-enterprise-agent-6.9.3";
const NEW_AGENT: &str = "clearml-enterprise-agent-6.14.6";

/// What a platform team once deployed by other means, credentials and all.
const CREDENTIALS: &str = "\
imageCredentials:
  password: hunter2-very-secret
clearml:
  agentk8sglueKey: real-key-0001
  agentk8sglueSecret: real-secret-0001
agentk8sglue:
  queues:
    tenants: {}
";

/// Deploys an agent with credentials, from a file that is then gone.
fn deploy_with_credentials(world: &World, namespace: &Namespace) {
    world.write("one.pem", &certificates::ca("Acme Root"));
    world.write("gone.yaml", CREDENTIALS);
    let chart = chart(OLD_AGENT);
    let words = [
        "upgrade",
        "-i",
        "clearml-agent",
        &chart,
        "-f",
        "gone.yaml",
        "-n",
        &namespace.name,
    ];
    world.helm(words).exits(0);
    std::fs::remove_file(world.path("gone.yaml")).unwrap();
    world.write(
        AGENT_FILE,
        "# ours\nagentk8sglue:\n  replicaCount: 1 # one\n",
    );
}

fn install(namespace: &Namespace, chart_name: &str, more: &str) -> String {
    let chart = chart(chart_name);
    format!(
        "install agent --ca one.pem --chart {chart} -n {} --skip-probe --yes {more}",
        namespace.name
    )
}

/// The values of the deployed release.
fn deployed_values(world: &World, namespace: &Namespace) -> serde_yaml::Value {
    let values = world.helm([
        "get",
        "values",
        "clearml-agent",
        "-n",
        &namespace.name,
        "-o",
        "json",
    ]);
    values.exits(0);
    serde_yaml::from_str(&values.stdout).unwrap()
}

/// The objects of the deployed release, as Helm stored them.
fn stored(world: &World, namespace: &Namespace, release: &str) -> Vec<proof::Object> {
    let manifest = world.helm(["get", "manifest", release, "-n", &namespace.name]);
    manifest.exits(0);
    proof::parse(&manifest.stdout).unwrap()
}

on_the_cluster! {
    fn credentials_that_no_file_holds_stop_the_run(world, namespace) {
        deploy_with_credentials(&world, &namespace);
        let before = world.read(AGENT_FILE);
        let run = world.plugin(&install(&namespace, OLD_AGENT, ""));
        run.exits(3)
            .warns("error[deployed-values-lost]")
            .warns("imageCredentials.password")
            .warns("agentk8sglue.queues.tenants");
        for way in ["--adopt-values", "--reset-then-reuse-values", "--discard-values"] {
            run.warns(way);
        }
        for secret in ["hunter2", "real-key", "real-secret"] {
            run.never_says(secret);
        }
        assert_eq!(world.read(AGENT_FILE), before);
        assert_eq!(deployed_values(&world, &namespace)["imageCredentials"]["password"], "hunter2-very-secret");
    }

    fn adopted_credentials_are_in_the_file_and_stay(world, namespace) {
        deploy_with_credentials(&world, &namespace);
        let run = world.plugin(&install(&namespace, OLD_AGENT, "--adopt-values"));
        run.exits(0).says("+  password: ***").warns("note[values-adopted]").never_says("hunter2").never_says("real-");
        let file = world.read(AGENT_FILE);
        assert!(file.starts_with("# ours\nagentk8sglue:\n  replicaCount: 1 # one\n"), "{file}");
        for line in ["password: hunter2-very-secret", "agentk8sglueKey: real-key-0001", "tenants: {}"] {
            assert!(file.contains(line), "{line}\n{file}");
        }
        let values = deployed_values(&world, &namespace);
        assert_eq!(values["imageCredentials"]["password"], "hunter2-very-secret");
        assert!(values["agentk8sglue"]["queues"]["tenants"].is_mapping());
        // Nothing is lost from now on, and nothing is left to adopt.
        world.plugin(&install(&namespace, OLD_AGENT, "")).exits(0).says("Nothing to change");
        world.plugin(&install(&namespace, OLD_AGENT, "--adopt-values")).exits(0).says("Nothing to change");
    }

    fn adopted_certificates_change_their_mode_with_the_others(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&install(&namespace, OLD_AGENT, "")).exits(0);
        std::fs::remove_file(world.path(AGENT_FILE)).unwrap();
        world.write("one.pem", &certificates::ca("Acme Next"));
        world.plugin(&install(&namespace, OLD_AGENT, "--adopt-values --mode replace"))
            .exits(0)
            .warns("warning[mode-switched]")
            .says("✓ acme-next, acme-root\n");
        assert!(!world.read(AGENT_FILE).contains("extraCerts"));
    }

    fn kept_credentials_stay_in_the_release_alone(world, namespace) {
        deploy_with_credentials(&world, &namespace);
        let run = world.plugin(&install(&namespace, OLD_AGENT, "--reset-then-reuse-values"));
        run.exits(0).says("--reset-then-reuse-values").never_says("hunter2");
        assert!(!world.read(AGENT_FILE).contains("hunter2"));
        assert_eq!(deployed_values(&world, &namespace)["clearml"]["agentk8sglueKey"], "real-key-0001");
        world.plugin(&install(&namespace, OLD_AGENT, "--reset-then-reuse-values")).exits(0).says("Nothing to change");
        world.plugin(&install(&namespace, NEW_AGENT, "-- --reuse-values")).exits(3).warns("error[reuse-across-versions]");
    }

    fn discarded_credentials_are_shown_to_go(world, namespace) {
        deploy_with_credentials(&world, &namespace);
        let run = world.plugin(&install(&namespace, OLD_AGENT, "--discard-values"));
        run.exits(0).says("- imageCredentials.password: ***").never_says("hunter2");
        assert!(deployed_values(&world, &namespace).get("imageCredentials").is_none());
    }

    fn certificates_that_only_the_release_has_are_not_replaced(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&install(&namespace, NEW_AGENT, "")).exits(0);
        std::fs::remove_file(world.path(AGENT_FILE)).unwrap();
        world.write("one.pem", &certificates::ca("Acme Next"));
        world.plugin(&install(&namespace, NEW_AGENT, ""))
            .exits(3)
            .warns("error[deployed-values-lost]")
            .warns("customCertificates.extraCerts");
        world.plugin(&install(&namespace, NEW_AGENT, "--adopt-values")).exits(0);
        let file = world.read(AGENT_FILE);
        assert!(file.contains("alias: acme-root") && file.contains("alias: acme-next"), "{file}");
    }

    fn an_upgrade_shows_values_and_objects_that_change(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&install(&namespace, OLD_AGENT, "")).exits(0).says("Creates\n  + Secret clearml-agent");
        world.write("two.pem", &certificates::ca("Acme Next"));
        let run = world.plugin(&install(&namespace, OLD_AGENT, "--ca two.pem --dry-run"));
        run.exits(0)
            .says("  + customCertificates.extraCerts[acme-next]: ")
            .says("  + ConfigMap clearml-agent-clearml-enterprise-agent-custom-ca-1")
            .says("      +    <certificate Acme Next, ")
            .says("  ~ Deployment clearml-agent-clearml-enterprise-agent")
            .says("replaced: Deployment clearml-agent-clearml-enterprise-agent (1 pod)")
            .never_says("BEGIN CERTIFICATE");
        // The Secrets stay as they are.
        assert!(!run.stdout.contains("~ Secret"), "{run}");
        let other = world.plugin(&install(&namespace, NEW_AGENT, "--dry-run"));
        other.exits(0).says("chart 6.9.3 → 6.14.6").says("as with every upgrade: app.kubernetes.io/version, helm.sh/chart");
    }

    fn a_chart_that_excludes_the_clusters_version_is_refused_for_what_it_lacks(world, namespace) {
        world.write("one.pem", &certificates::ca("Acme Root"));
        world.plugin(&install(&namespace, "clearml-agent-5.3.3", ""))
            .exits(3)
            .warns("error[chart-ignores-certificates]")
            .warns("does not know customCertificates")
            .warns("incompatible with Kubernetes v1.");
        // Bounds that hold for helm's built-in version and not for the cluster's.
        let folder = world.path("bounded");
        copy_folder(std::path::Path::new(&chart(OLD_AGENT)), &folder);
        let metadata = std::fs::read_to_string(folder.join("Chart.yaml")).unwrap();
        std::fs::write(folder.join("Chart.yaml"), metadata.replace(">= 1.21.0-0 < 1.37.0-0", "< 1.30.0-0")).unwrap();
        let line = format!("install agent --ca one.pem --chart bounded -n {} --skip-probe --dry-run", namespace.name);
        world.plugin(&line).exits(1).warns("chart requires kubeVersion: < 1.30.0-0");
        world.plugin(&line.replace("install", "render").replace("--skip-probe --dry-run", "")).exits(0);
    }

    fn a_first_install_calls_helm_as_often_as_it_must(world, namespace) {
        let registry = std::env::var("E2E_REGISTRY").unwrap();
        let reference = format!("oci://{registry}/{}", namespace.name);
        world.helm(["package", &chart(OLD_AGENT), "-d", "packages"]).exits(0);
        let package = world.path("packages/clearml-enterprise-agent-6.9.3.tgz").display().to_string();
        world.helm(["push", "--plain-http", &package, &reference]).exits(0);
        world.write("one.pem", &certificates::ca("Acme Root"));
        let helm = WatchedHelm::new(&world);
        let line = format!(
            "install agent --ca one.pem --chart {reference}/clearml-enterprise-agent -n {} --skip-probe --yes -- --plain-http",
            namespace.name
        );
        helm.plugin(&line).exits(0);
        // Helm 4 says of itself that it is 4; Helm 3 is asked for its version while other calls run.
        let version: &[&str] = match world.helm {
            Helm::V3 => &["version"],
            Helm::V4 => &[],
        };
        // A new release is looked for in the other namespaces.
        // Chart and release are looked at once more right before the upgrade.
        let expected = [&["list", "list", "pull", "pull", "status", "status", "template", "upgrade"], version].concat();
        assert_eq!(helm.calls(), expected);
        helm.plugin(&line).exits(0).says("Nothing to change");
        // Whether the cluster has what the release says is looked at before nothing is done: Helm 4 tells it with the release.
        let live: &[&str] = match world.helm {
            Helm::V3 => &["status"],
            Helm::V4 => &[],
        };
        let expected = [&["list", "pull", "status"], live, &["template"], version].concat();
        assert_eq!(helm.calls(), expected);
    }

    fn the_manifest_of_a_hundred_generated_plans_is_the_one_that_is_stored(world, namespace) {
        let world = &world;
        let helm = WatchedHelm::new(world);
        for (index, name) in ["Acme One", "Acme Two", "Acme Three", "Acme Four"].iter().enumerate() {
            world.write(&format!("{index}.pem"), &certificates::ca(name));
        }
        let mut dice = Dice(if world.helm == Helm::V3 { 3 } else { 4 });
        let (mut compared, mut refused) = (0, 0);
        while compared < 100 {
            let plan = Generated::new(&mut dice, &namespace.name);
            plan.write_file(world);
            // The preview is the same with and without --dry-run; every fifth plan is asked both ways.
            let dry = (compared % 5 == 0).then(|| helm.plugin(&plan.line("--dry-run --show-manifest")));
            let run = helm.plugin(&plan.line("--yes --show-manifest"));
            // Not every combination is allowed; a refusal is a promise kept as well.
            if run.code == 3 {
                refused += 1;
                assert!(refused < 50, "{run}");
                continue;
            }
            run.exits(0);
            let rendered = proof::parse(&helm.rendered()).unwrap();
            let stored = stored(world, &namespace, &plan.release);
            let line = plan.line("");
            assert!(proof::same_objects(&rendered, &stored), "{line}\n{run}");
            let printed = printed_manifest(&run, &plan.release);
            assert_eq!(printed, plan::shown_manifest(&stored), "{line}");
            if let Some(dry) = dry {
                assert_eq!(printed_manifest(&dry, &plan.release), printed, "{line}");
            }
            compared += 1;
        }
    }
}

/// The manifest that `--show-manifest` printed.
fn printed_manifest(run: &crate::support::Run, release: &str) -> String {
    let (_, after) = run
        .stdout
        .split_once(&format!("Manifest of {release}\n"))
        .unwrap();
    let (manifest, _) = after
        .split_once(&format!("# end of the manifest of {release}"))
        .unwrap();
    manifest.to_owned()
}

/// Numbers that look random and are the same every time (`SplitMix64`).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let sides = u64::try_from(choices.len()).unwrap();
        &choices[usize::try_from(self.roll() % sides).unwrap()]
    }
}

/// One plan: a component's chart, a mode, a strategy, certificates, a file that is there already, and flags.
struct Generated {
    line: String,
    flags: String,
    release: String,
    file: &'static str,
    content: Option<&'static str>,
}

const CHARTS: [(&str, &str, &str); 7] = [
    ("agent", OLD_AGENT, AGENT_FILE),
    ("agent", NEW_AGENT, AGENT_FILE),
    ("agent", NEW_AGENT, AGENT_FILE),
    ("agent", "odd-agent-1.0.0", AGENT_FILE),
    (
        "apps",
        "clearml-enterprise-10.8.13",
        "clearml-values.override.yaml",
    ),
    (
        "apps",
        "clearml-enterprise-10.11.3",
        "clearml-values.override.yaml",
    ),
    (
        "gateway",
        "clearml-enterprise-app-gateway-3.2.0",
        "clearml-app-gateway-values.override.yaml",
    ),
];

/// Files that are there already; `None` leaves the one that the last plan wrote.
const FILES: [Option<&str>; 9] = [
    None,
    None,
    Some(
        "agentk8sglue:\n  queues:\n    default:\n    gpu:\n      templateOverrides:\n        env:\n        - {name: NCCL_DEBUG, value: INFO}\n        volumes:\n        - {name: shm, emptyDir: {medium: Memory}}\n        volumeMounts: [{name: shm, mountPath: /dev/shm}]\n",
    ),
    Some("agentk8sglue:\n  taskAsJob: true\n  clearmlcheckCertificate: false\n"),
    Some(""),
    Some("imageCredentials:\n  password: \"planted-secret-1\"\n"),
    Some("# ours\r\nimageCredentials: {enabled: true, username: someone}\r\n"),
    Some(
        "agentk8sglue:\n  basePodTemplate:\n    env:\n    - {name: MINE, value: x}\n    volumes:\n    - name: data\n      emptyDir: {}\n  queues:\n    gpu:\n      templateOverrides:\n        labels: {a: b}\n",
    ),
    Some(
        "clearmlApplications:\n  basePodTemplate:\n    labels: {team: ml}\n    initContainers:\n    - {name: mine, image: busybox}\n",
    ),
];

/// Names of objects by override; each has a release of its own, since a Deployment's selector cannot change.
const NAMES: [(&str, &str); 3] = [
    ("plain", ""),
    ("renamed", "--set-string nameOverride=renamed"),
    ("fixed", "--set-string fullnameOverride=fixed"),
];

impl Generated {
    fn new(dice: &mut Dice, namespace: &str) -> Self {
        let (component, chart_name, file) = *dice.pick(&CHARTS);
        let certificates = dice.pick(&[
            "--ca 0.pem",
            "--ca 0.pem --ca 1.pem",
            "--ca 2.pem",
            "--ca corp=3.pem --ca 0.pem",
        ]);
        let mode = dice.pick(&["", "", "--mode append", "--mode replace"]);
        let mut strategies = vec![
            "",
            "--task-pods template",
            "--task-pods off",
            "--task-variables documented",
        ];
        if [NEW_AGENT, "clearml-enterprise-10.11.3"].contains(&chart_name) {
            strategies.push("--task-pods propagate");
        }
        let strategy = dice.pick(&strategies);
        let queues = dice.pick(&["", "", "--task-queues base"]);
        let unheld = dice.pick(&[
            "--discard-values",
            "--discard-values",
            "--adopt-values",
            "--adopt-values",
            "--adopt-values",
            "--reset-then-reuse-values",
        ]);
        let set = dice.pick(&[
            "",
            "",
            "--set agentk8sglue.replicaCount=2",
            "--set-string imageCredentials.email=a@b.example",
        ]);
        let (name, rename) = dice.pick(&NAMES);
        let line = chart_name.split('-').next_back().unwrap().replace('.', "-");
        let release = format!(
            "{component}-{name}-{}",
            if component == "apps" { "0" } else { &line }
        );
        // A fixed name would be the same in two releases.
        let rename = rename.replace("=fixed", &format!("={release}-fixed"));
        let chart = chart(chart_name);
        Self {
            line: format!(
                "install {component} {certificates} --chart {chart} --release {release} -n {namespace} --skip-probe --ignore volume-missing {mode} {strategy} {queues} {unheld}"
            ),
            flags: format!("-- {set} {rename}"),
            release,
            file,
            content: *dice.pick(&FILES),
        }
    }

    fn line(&self, more: &str) -> String {
        format!("{} {more} {}", self.line, self.flags)
    }

    fn write_file(&self, world: &World) {
        // What a gateway's chart does not render without.
        let needs = if self.file == GATEWAY_FILE {
            GATEWAY_NEEDS
        } else {
            ""
        };
        match self.content {
            Some(content) => world.write(self.file, &format!("{needs}{content}")),
            None if !needs.is_empty() && !world.path(self.file).exists() => {
                world.write(self.file, needs)
            }
            None => world,
        };
    }
}
