//! Many targets on two clusters, by a `clearml-certs.yaml`. With `FLEET=all` there are four times as many.
//! Where the tests have one cluster alone (KUBECONFIG), both contexts lead
//! there, and the second has namespaces of its own.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io::Read as _;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::cluster::{Namespace, kubeconfig, kubectl};
use crate::support::schema;
use crate::support::terminal::{ENTER, Terminal};
use crate::support::{GATEWAY_NEEDS, Helm, Run, World, certificates, chart, until};

const AGENT: &str = "clearml-enterprise-agent-6.14.6";
const GATEWAY: &str = "clearml-enterprise-app-gateway-3.2.0";
const APPS: &str = "clearml-enterprise-10.11.3";

/// Contexts `one` and `two` for the clusters of the tests, `dead` where nobody listens, and `mute` for a server that takes
/// connections and never says a word.
struct Clusters {
    config: String,
    /// Whether two is another cluster than one.
    are_two: bool,
    /// What was made: the context, and the namespace.
    made: RefCell<Vec<(String, String)>>,
    _mute: TcpListener,
}

impl Drop for Clusters {
    fn drop(&mut self) {
        for (context, name) in self.made.take() {
            self.kubectl(&context, &["delete", "namespace", &name, "--wait=false"]);
        }
    }
}

fn entry(config: &Value, list: &str, content: &str, name: &str) -> Value {
    json!({"name": name, content: config[list][0][content].clone()})
}

impl Clusters {
    fn of(world: &World) -> Self {
        let read = |path: &std::path::Path| -> Value {
            serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
        };
        let first = read(&kubeconfig());
        let other = std::env::var_os("E2E_SECOND_KUBECONFIG");
        let second = other
            .as_ref()
            .map_or_else(|| first.clone(), |path| read(path.as_ref()));
        let mute = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = mute.local_addr().unwrap().port();
        let acceptor = mute.try_clone().unwrap();
        std::thread::spawn(move || {
            let mut kept = Vec::new();
            for mut stream in acceptor.incoming().flatten() {
                let _ = stream.read(&mut [0; 1]);
                kept.push(stream);
            }
        });
        let context =
            |name: &str| json!({"name": name, "context": {"cluster": name, "user": name}});
        let server = |name: &str, url: String| json!({"name": name, "cluster": {"server": url}});
        let user = |name: &str| entry(&first, "users", "user", name);
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "one",
            "clusters": [
                entry(&first, "clusters", "cluster", "one"), entry(&second, "clusters", "cluster", "two"),
                server("dead", "http://127.0.0.1:1".to_owned()), server("mute", format!("http://127.0.0.1:{port}")),
            ],
            "users": [user("one"), entry(&second, "users", "user", "two"), user("dead"), user("mute")],
            "contexts": [context("one"), context("two"), context("dead"), context("mute")],
        });
        world.write("kubeconfig", &config.to_string());
        Self {
            config: world.path("kubeconfig").display().to_string(),
            are_two: other.is_some(),
            made: RefCell::default(),
            _mute: mute,
        }
    }

    /// A pod that mounts what the agent's tasks mount, and is about to run for as long as the test wants.
    fn starts_task(&self, world: &World, context: &str, namespace: &str) {
        let words = ["get", "configmaps", "-n", namespace, "-o", "name"];
        let names = self.kubectl(context, &words);
        let map = names
            .lines()
            .find(|name| name.contains("r-agent") && name.contains("ca"));
        let map = map
            .and_then(|name| name.strip_prefix("configmap/"))
            .unwrap();
        let pod = json!({
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "task"},
            "spec": {
                "schedulerName": "nobody",
                "containers": [{"name": "task", "image": "ubuntu:18.04", "volumeMounts": [{"name": "ca", "mountPath": "/ca"}]}],
                "volumes": [{"name": "ca", "configMap": {"name": map}}],
            },
        });
        world.write("task.json", &pod.to_string());
        let path = world.path("task.json").display().to_string();
        self.kubectl(context, &["create", "-n", namespace, "-f", &path]);
    }

    fn kubectl(&self, context: &str, words: &[&str]) -> String {
        let mut command = Command::new(kubectl());
        command.args(["--kubeconfig", &self.config, "--context", context]);
        let output = command.args(words).output().unwrap();
        assert!(
            output.status.success(),
            "{words:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Namespaces of a context, which are not those of any other test.
    fn namespaces(&self, namespace: &Namespace, context: &str, count: usize) -> Vec<String> {
        let own = if self.are_two { "" } else { context };
        let names = (0..count).map(|index| format!("{}-{index}{own}", namespace.name));
        let names: Vec<String> = names.collect();
        for name in &names {
            self.kubectl(context, &["create", "namespace", name]);
            self.made
                .borrow_mut()
                .push((context.to_owned(), name.clone()));
        }
        names
    }

    fn run(&self, world: &World, line: &str) -> Run {
        world.plugin(&format!("{line} --kubeconfig {}", self.config))
    }

    fn releases(&self, world: &World, context: &str, namespace: &str) -> Vec<(String, String)> {
        let words = [
            "list",
            "-n",
            namespace,
            "-o",
            "json",
            "--kube-context",
            context,
            "--kubeconfig",
            &self.config,
        ];
        let all: Value = serde_json::from_str(&world.helm(words).exits(0).stdout).unwrap();
        let all = all.as_array().unwrap().iter();
        let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
        all.map(|one| (text(one, "name"), text(one, "revision")))
            .collect()
    }
}

/// Targets of one component.
fn target(component: &str, context: &str, namespaces: &[String], more: &str) -> String {
    let chart = chart(match component {
        "agent" => AGENT,
        "gateway" => GATEWAY,
        _ => APPS,
    });
    format!(
        "  - component: {component}\n    context: {context}\n    namespaces: [{}]\n    chart: {chart}\n    release: r-{component}\n    values: {component}.yaml\n{more}",
        namespaces.join(", ")
    )
}

fn files(world: &World) {
    world.write("acme.pem", &certificates::ca("Acme Root"));
    world.write("next.pem", &certificates::ca("Acme Next Root"));
    world.write(
        "agent.yaml",
        "# ours\nimageCredentials:\n  password: hunter2-very-secret\n",
    );
    world.write("gateway.yaml", GATEWAY_NEEDS);
    world.write("apps.yaml", "clearml: {cookieDomain: acme.example}\n");
}

const CERTIFICATES: &str = "certificates:\n  acme-root: acme.pem\ntargets:\n";

fn revisions(world: &World, clusters: &Clusters, places: &[(&str, Vec<String>)]) -> Vec<String> {
    let all = places
        .iter()
        .flat_map(|(context, names)| names.iter().map(move |name| (*context, name)));
    all.flat_map(|(context, name)| clusters.releases(world, context, name))
        .map(|(_, revision)| revision)
        .collect()
}

on_the_cluster! {
    fn three_components_in_several_namespaces_of_two_clusters(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let mut text = CERTIFICATES.to_owned();
        let count = if std::env::var_os("FLEET").is_some_and(|word| word == "all") { 4 } else { 1 };
        let releases = 3 * 2 * count;
        let places = ["one", "two"].map(|context| (context, clusters.namespaces(&namespace, context, count)));
        for (context, names) in &places {
            for component in ["gateway", "agent", "apps"] {
                text += &target(component, context, names, "");
            }
        }
        world.write("clearml-certs.yaml", &text);
        let run = clusters.run(&world, "install --skip-probe --yes --parallel 6");
        run.exits(0).says(&format!("{} releases of the ClearML Agent", 2 * count)).never_says("hunter2");
        assert_eq!(revisions(&world, &clusters, &places), vec!["1"; releases], "{run}");
        // Each file was edited once, whoever came first.
        for file in ["agent.yaml", "gateway.yaml", "apps.yaml"] {
            assert_eq!(world.read(file).matches("BEGIN CERTIFICATE").count(), 1, "{file}");
        }
        // In each cluster the control plane came before the agents, and these before the gateways.
        let begun = |component: &str| run.stdout.find(&format!("[r-{component} in {} of one] $ helm", places[0].1[0])).unwrap();
        assert!(begun("apps") < begun("agent") && begun("agent") < begun("gateway"), "{run}");
        clusters.run(&world, "install --skip-probe --yes").exits(0).says("Nothing to change");
        assert_eq!(revisions(&world, &clusters, &places), vec!["1"; releases]);
        let run = clusters.run(&world, "status --skip-probe -o json");
        let seen = schema::holds("status", &run.exits(0).stdout);
        assert_eq!(seen["releases"].as_array().unwrap().len(), releases);
        // A rotation in two steps, over all of them. In the second cluster a task runs since before.
        let (context, names) = &places[1];
        clusters.starts_task(&world, context, &names[0]);
        let rotate = "rotate --from acme-root --to acme-next=next.pem --skip-probe --yes";
        clusters.run(&world, rotate).exits(2).says("Both are trusted from now on");
        clusters
            .run(&world, rotate)
            .exits(0)
            .warns("warning[config-brings-back]")
            .warns("acme-root (acme.pem)")
            .warns(&format!("1 of 1 pods of tasks that run in {} were started without acme-next (such as task)", names[0]));
        assert_eq!(revisions(&world, &clusters, &places), vec!["3"; releases]);
        for file in ["agent.yaml", "gateway.yaml", "apps.yaml"] {
            let written = world.read(file);
            assert!(written.contains("alias: acme-next") && !written.contains("alias: acme-root"), "{written}");
        }
        clusters.run(&world, rotate).exits(0).says("Rotated");
    }
}

on_the_cluster! {
    fn a_cluster_that_is_dead_or_mute_fails_its_own_targets_alone(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let own = clusters.namespaces(&namespace, "one", 1);
        let mut text = CERTIFICATES.to_owned();
        for context in ["dead", "mute", "one"] {
            text += &target("agent", context, &own, "");
        }
        world.write("clearml-certs.yaml", &text);
        let run = clusters.run(&world, "install --skip-probe --yes -o json");
        let seen = schema::holds("install", &run.exits(1).stdout);
        let unplanned: Vec<&str> = seen["unplanned"].as_array().unwrap().iter().map(|one| one["cluster"].as_str().unwrap()).collect();
        assert_eq!(unplanned.len(), 2, "{run}");
        assert!(unplanned[0].contains("dead") && unplanned[1].contains("mute"), "{run}");
        assert_eq!(seen["targets"][0]["result"]["outcome"], "done", "{run}");
        assert_eq!(clusters.releases(&world, "one", &own[0]).len(), 1);
        // What comes after them waits, unless that is not wanted.
        let later = format!("{text}{}", target("gateway", "one", &own, "    wave: 1\n"));
        world.write("clearml-certs.yaml", &later);
        clusters.run(&world, "install --skip-probe --yes").exits(1).warns("1 was not begun").warns("gateway release r-gateway in");
        assert_eq!(clusters.releases(&world, "one", &own[0]).len(), 1);
        clusters.run(&world, "install --skip-probe --yes --keep-going").exits(1).warns("2 of 4 targets failed");
        assert_eq!(clusters.releases(&world, "one", &own[0]).len(), 2);
        // So does a source that cannot be read.
        let sources = "certificates:\n  gone: gone.pem\n  acme-next: next.pem\ntargets:\n";
        let [agent, gateway] = [("agent", "gone"), ("gateway", "acme-next")]
            .map(|(component, name)| target(component, "one", &own, &format!("    certificates: {name}\n")));
        world.write("clearml-certs.yaml", &format!("{sources}{agent}{gateway}"));
        clusters.run(&world, "install --skip-probe --yes").exits(1).warns("gone.pem");
        let revision = |name: &str| clusters.releases(&world, "one", &own[0]).into_iter().find(|(one, _)| one == name).unwrap().1;
        assert_eq!([revision("r-agent"), revision("r-gateway")], ["1", "2"]);
    }

    fn a_target_that_hangs_is_cut_by_its_timeout_and_the_others_beside_it_go_on(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let own = clusters.namespaces(&namespace, "one", 3);
        for (name, tag) in own.iter().zip(["v1", "never-ready", "v1"]) {
            world.write(&format!("{name}.yaml"), &format!("agentk8sglue:\n  image: {{tag: {tag}}}\n"));
        }
        let agents = target("agent", "one", &own, "").replace("agent.yaml", "\"{namespace}.yaml\"");
        let later = target("gateway", "one", &own[..1], "    wave: 1\n");
        world.write("clearml-certs.yaml", &format!("{CERTIFICATES}{agents}{later}"));
        let line = "install --skip-probe --yes --wait --timeout 15s -o json";
        let run = clusters.run(&world, line);
        let seen = schema::holds("install", &run.exits(1).stdout);
        let outcomes: Vec<&str> = seen["targets"].as_array().unwrap().iter().map(|one| one["result"]["outcome"].as_str().unwrap()).collect();
        assert_eq!(outcomes, ["done", "failed", "done", "untouched"], "{run}");
        run.warns(&format!("in {}", own[1]));
        world.is_tidy();
        // What is left is that one, and what waited for it.
        world.write(&format!("{}.yaml", own[1]), "agentk8sglue:\n  image: {tag: v1}\n");
        clusters.run(&world, &format!("{line} --discard-values")).exits(0);
        let revision = |name: &str| clusters.releases(&world, "one", name)[0].1.clone();
        assert_eq!([&own[0], &own[2]].map(|name| revision(name)), ["1", "1"]);
        assert_eq!(clusters.releases(&world, "one", &own[0]).len(), 2);
    }

    fn a_canary_goes_ahead_and_somebody_at_a_terminal_decides_about_the_others(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let own = clusters.namespaces(&namespace, "one", 3);
        world.write("clearml-certs.yaml", &format!("{CERTIFICATES}{}", target("agent", "one", &own, "")));
        let line = format!("install --skip-probe --canary 1 --kubeconfig {}", clusters.config);
        let there = || revisions(&world, &clusters, &[("one", own.clone())]).len();
        let mut terminal = Terminal::plugin(&world, &line);
        terminal.shows("on context one").shows("[y/N]").press("y").press(ENTER);
        let question = "Go on with 2 targets more of the same wave?";
        terminal.shows("What went ahead is as planned.").shows(question).shows("[y/N]");
        // What tells how far the run is, twice a second, does not go over it.
        std::thread::sleep(Duration::from_millis(1500));
        assert!(terminal.text().trim_end().ends_with("[y/N] ›"), "{}", terminal.text());
        assert_eq!(there(), 1);
        let ended = terminal.press(ENTER).ends(4);
        assert!(ended.screen.contains("2 targets left for later"), "{}", ended.screen);
        assert_eq!(there(), 1);
        // The same line goes on with them, and one of them goes ahead.
        let mut terminal = Terminal::plugin(&world, &line);
        terminal.shows("on context one").shows("[y/N]").press("y").press(ENTER);
        terminal.shows("Go on with 1 target more of the same wave?").shows("[y/N]").press("y").press(ENTER);
        terminal.ends(0);
        assert_eq!(revisions(&world, &clusters, &[("one", own.clone())]), vec!["1"; 3]);
    }

    fn what_is_refused_or_in_somebody_elses_hands_keeps_no_other_from_its_turn(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let own = clusters.namespaces(&namespace, "one", 3);
        world.write("clearml-certs.yaml", &format!("{CERTIFICATES}{}", target("agent", "one", &own, "")));
        // Somebody else's upgrade of the second waits for pods that never come up.
        let mut words = vec!["upgrade", "-i", "r-agent"];
        let chart = chart(AGENT);
        words.extend([chart.as_str(), "-n", &own[1], "--wait", "--timeout", "100s", "--set", "agentk8sglue.image.tag=never-ready"]);
        words.extend(["--kube-context", "one", "--kubeconfig", &clusters.config]);
        let mut other = world.start(&world.helm.binary(), words, &[]);
        let pending = ["list", "-n", &own[1], "--pending", "-q", "--kube-context", "one", "--kubeconfig", &clusters.config];
        until("the release is pending", || world.helm(pending).stdout.contains("r-agent"));
        let run = clusters.run(&world, "install --skip-probe --yes");
        run.exits(3).warns("error[release-pending]").warns("1 of 3 targets failed");
        other.is_killed();
        for index in [0, 2] {
            assert_eq!(clusters.releases(&world, "one", &own[index]).len(), 1, "{run}");
        }
        assert!(world.read("agent.yaml").contains("acme-root"), "{run}");
    }

    fn a_killed_run_is_begun_again_and_does_what_is_left(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let own = clusters.namespaces(&namespace, "one", 4);
        let mut text = CERTIFICATES.to_owned();
        for (wave, name) in own.iter().enumerate() {
            let more = format!("    wave: {wave}\n");
            write!(text, "{}", target("agent", "one", std::slice::from_ref(name), &more)).unwrap();
        }
        world.write("clearml-certs.yaml", &text);
        let variables = [("KUBECONFIG", clusters.config.as_str())];
        let mut running = world.starts_plugin_with(&world.helm.binary(), "install --skip-probe --yes", &variables);
        until("two are there", || !clusters.releases(&world, "one", &own[1]).is_empty());
        running.is_killed();
        until("no helm is at work", || {
            let words = ["list", "-A", "--pending", "-q", "--kube-context", "one", "--kubeconfig", &clusters.config];
            !world.helm(words).stdout.contains("r-agent")
        });
        clusters.run(&world, "install --skip-probe --yes").exits(0);
        let places = [("one", own)];
        assert_eq!(revisions(&world, &clusters, &places), vec!["1"; 4]);
    }
}

on_the_cluster! {
    fn what_init_writes_of_what_is_deployed_leaves_nothing_to_change(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let own = clusters.namespaces(&namespace, "one", 3);
        // By hand, by the template of an old chart, and in replace mode: each another way to have certificates.
        for (component, of, place, more) in [
            ("agent", AGENT, &own[0], ""),
            ("agent", "clearml-enterprise-agent-6.9.3", &own[1], "--task-variables documented"),
            ("gateway", GATEWAY, &own[2], "--mode replace"),
        ] {
            std::fs::copy(world.path(&format!("{component}.yaml")), world.path("now.yaml")).unwrap();
            let line = format!("install {component} --ca acme.pem --chart {} --release r -n {place} -f now.yaml --skip-probe --yes {more}", chart(of));
            clusters.run(&world, &line).exits(0);
        }
        // The last one's file is here, the others are gone.
        let init = |namespace: &str, file: &str, chart: &str| clusters.run(&world, &format!("init {file} --contexts one -n {namespace} {chart}"));
        let gateway = format!("--gateway-chart {}", chart(GATEWAY));
        init(&own[2], "door.yaml", &gateway).exits(0).says("lists 1 release and 1 certificate.").never_says("ritten from what is deployed");
        for line in ["  # CN=Acme Root, ", ", SHA-256 ", "values: now.yaml", "mode: replace # in the place of the public roots"] {
            assert!(world.read("door.yaml").contains(line), "{line}: {}", world.read("door.yaml"));
        }
        for (place, of) in [(&own[0], AGENT), (&own[1], "clearml-enterprise-agent-6.9.3")] {
            let file = format!("{place}.yaml");
            let run = init(place, &file, &format!("--agent-chart {}", chart(of)));
            run.exits(0).says("Written from what is deployed: 1 values file,").never_says("hunter2");
            assert!(!world.read(&file).contains("hunter2"), "{}", world.read(&file));
            let values = world.path(&format!("values/one/{place}/r.yaml"));
            let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&values).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
            assert!(std::fs::read_to_string(values).unwrap().contains("hunter2"));
            init(place, &file, "").exits(3).warns("is there already");
        }
        for file in ["door.yaml", &format!("{}.yaml", own[0]), &format!("{}.yaml", own[1])] {
            let run = clusters.run(&world, &format!("install -c {file} --skip-probe --dry-run --detailed-exitcode"));
            run.exits(0).says("Nothing to change");
        }
        init("nowhere", "nothing.yaml", "").exits(3).warns("no release of a gateway, an agent or a control plane is there");
        assert!(!world.path("nothing.yaml").exists());
        world.is_tidy();
    }
}

on_the_cluster! {
    fn targets_that_share_a_file_go_in_their_order_however_they_are_listed(world, namespace) {
        let clusters = Clusters::of(&world);
        files(&world);
        let own = clusters.namespaces(&namespace, "one", 1);
        world.write("shared.yaml", GATEWAY_NEEDS);
        // A gateway before its agent; and what comes in a later wave before what comes in an earlier one.
        for (wave, name) in [("", "one-wave"), ("    wave: 1\n", "two-waves")] {
            let release = |text: String, component: &str| {
                text.replace(&format!("{component}.yaml"), "shared.yaml").replace(&format!("release: r-{component}"), &format!("release: {name}-{component}"))
            };
            let gateway = release(target("gateway", "one", &own, wave), "gateway");
            let agent = release(target("agent", "one", &own, ""), "agent");
            world.write("clearml-certs.yaml", &format!("{CERTIFICATES}{gateway}{agent}"));
            world.write("shared.yaml", GATEWAY_NEEDS);
            let run = clusters.run(&world, "install --skip-probe --yes");
            run.exits(0);
            let releases = clusters.releases(&world, "one", &own[0]);
            let ours = releases.iter().filter(|(release, _)| release.starts_with(name));
            assert_eq!(ours.count(), 2, "{run}");
            assert_eq!(world.read("shared.yaml").matches("BEGIN CERTIFICATE").count(), 1);
            clusters.run(&world, "install --skip-probe --yes").exits(0).says("Nothing to change");
        }
        world.is_tidy();
    }
}
