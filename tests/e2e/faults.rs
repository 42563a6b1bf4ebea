//! What can go wrong at each step of an install and of an upgrade, against a real Kubernetes API, with both major versions of
//! Helm: the way to the cluster is cut or clogged, the API server answers with an error, helm or the plugin is killed, a colleague
//! deploys, or writes to the file.
//!
//! Whatever happens, nothing of the user's is lost, the file and the release agree or the run says that it could not tell, and a
//! second run brings it to its end.

use crate::support::cluster::{Namespace, kubeconfig};
use crate::support::gatekeeper::Gatekeeper;
use crate::support::link::Link;
use crate::support::platform::Signal;
use crate::support::watched_helm::WatchedHelm;
use crate::support::{Helm, Run, World, certificates, chart, until};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const USERS_FILE: &str = "# ours\nimageCredentials:\n  password: hunter2-very-secret\n";
const AGENT: &str = "clearml-enterprise-agent-6.9.3";
const THEIRS: &str = "# theirs\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    Cut,
    Clogged,
    HelmKilled,
    PluginKilled,
    PluginAsked,
    Colleague,
    FileWritten,
    /// The API server answers a method on a resource with a status.
    Answered(u16, &'static str, &'static str),
}

const FAULTS: [Fault; 7] = [
    Fault::Cut,
    Fault::Clogged,
    Fault::HelmKilled,
    Fault::PluginKilled,
    Fault::PluginAsked,
    Fault::Colleague,
    Fault::FileWritten,
];

/// Of so many errors, one is tried in every run. It is coprime to the numbers of steps and of errors, so that each comes up.
const FEW: usize = 7;

/// What the API server may answer to everything: too busy for a moment, broken, down, forbidden, a conflict.
const ANSWERS: [u16; 5] = [429, 500, 503, 403, 409];

/// What it may answer while helm upgrades: to the record of the release that is made, to its end, to what carries the
/// certificates, to the workload.
const WRITES: [(&str, &str); 4] = [
    ("POST", "secrets"),
    ("PUT", "secrets"),
    ("*", "configmaps"),
    ("*", "deployments"),
];

/// How often a server that is too busy says so, before it has time again.
const BUSY: usize = 2;

/// The helm calls of a run, in their order: which one of its kind.
const INSTALL: [(usize, &str); 6] = [
    (1, "list"),
    (1, "template"),
    (2, "list"),
    (1, "status"),
    (1, "upgrade"),
    (2, "status"),
];
const UPGRADE: [(usize, &str); 6] = [
    (1, "list"),
    (1, "status"),
    (1, "template"),
    (2, "status"),
    (1, "upgrade"),
    (3, "status"),
];

struct Scene {
    world: World,
    namespace: Namespace,
    link: Link,
    gatekeeper: Option<Gatekeeper>,
    /// A line of the certificate that the run brings.
    mark: String,
}

impl Scene {
    fn new(helm: Helm, is_upgrade: bool, fault: Fault) -> Self {
        let gatekeeper = matches!(fault, Fault::Answered(..))
            .then(|| Gatekeeper::before_server_of(&kubeconfig()));
        let server = gatekeeper.as_ref().map(|one| one.kubeconfig.clone());
        let link = Link::to_server_of(&server.unwrap_or_else(kubeconfig));
        let world = World::with_cluster(helm, &link.kubeconfig);
        let namespace = Namespace::new();
        world.write(AGENT_FILE, USERS_FILE);
        let mut scene = Self {
            world,
            namespace,
            link,
            gatekeeper,
            mark: String::new(),
        };
        if is_upgrade {
            scene.world.write("ca.pem", &certificates::ca("Acme Root"));
            scene.run("").exits(0);
        }
        let pem = certificates::ca("Acme Next");
        pem.lines().nth(2).unwrap().clone_into(&mut scene.mark);
        scene.world.write("ca.pem", &pem);
        scene
    }

    fn line(&self, more: &str) -> String {
        format!(
            "install agent --ca ca.pem --chart {} -n {} --skip-probe --yes {more}",
            chart(AGENT),
            self.namespace.name
        )
    }

    fn run(&self, more: &str) -> Run {
        self.world.plugin(&self.line(more))
    }

    /// Runs into a fault at a step.
    fn run_into(&self, fault: Fault, (nth, verb): (usize, &str)) -> Run {
        let helm = WatchedHelm::new(&self.world);
        let command = match fault {
            Fault::Cut => self.link.cut(),
            Fault::Clogged => self.link.clog(),
            Fault::Answered(status, method, resource) => {
                let times = if status == 429 { BUSY } else { usize::MAX };
                let gatekeeper = self.gatekeeper.as_ref().unwrap();
                gatekeeper.answers(status, method, resource, times)
            }
            Fault::HelmKilled => "kill -9 $CALL".to_owned(),
            Fault::PluginKilled => "kill -9 $PLUGIN".to_owned(),
            Fault::PluginAsked => "kill -TERM $PLUGIN".to_owned(),
            Fault::Colleague => format!(
                "\"$HELM\" upgrade -i clearml-agent {} -n {} --reuse-values --set imageCredentials.username=theirs",
                shell_words::quote(&chart(AGENT)),
                self.namespace.name
            ),
            Fault::FileWritten => format!(
                "echo '{}' >>{}",
                THEIRS.trim(),
                self.world.path(AGENT_FILE).display()
            ),
        };
        helm.before_the(nth, verb, &command);
        self.world.notes_the_plugins_process();
        let running = helm.starts(&self.line(""));
        if fault == Fault::Clogged {
            until(&format!("helm {verb}"), || self.link.is_clogged());
            // Nobody waits for ever: the first is heeded where it can be, the second ends it.
            self.world.signal_plugin(Signal::INT);
            self.world.signal_plugin(Signal::TERM);
        }
        let run = running.ends();
        self.link.heal();
        if let Some(gatekeeper) = &self.gatekeeper {
            gatekeeper.lets_through();
        }
        run
    }

    fn file(&self) -> String {
        self.world.read(AGENT_FILE)
    }

    fn values(&self) -> String {
        let words = ["get", "values", "clearml-agent", "-n", &self.namespace.name];
        self.world.helm(words).stdout
    }

    /// Comes to the end that was wanted, by what the runs themselves say.
    fn comes_to_an_end(&self) -> String {
        let mut runs = Vec::new();
        for _ in 0..3 {
            let run = self.run("--adopt-values");
            if run.code == 0 {
                return format!("{} more", runs.len() + 1);
            }
            let way_out = run.stderr.split_once("if no helm is running: helm ");
            let way_out = way_out.and_then(|(_, rest)| rest.lines().next());
            if let Some(way_out) = way_out {
                let words = shell_words::split(way_out).unwrap();
                self.world.helm(words).exits(0);
            }
            runs.push(run.to_string());
        }
        panic!("it comes to no end:\n{}", runs.join("\n"));
    }
}

fn check(helm: Helm, is_upgrade: bool, step: (usize, &str), fault: Fault) {
    let scene = Scene::new(helm, is_upgrade, fault);
    let before = scene.file();
    let run = scene.run_into(fault, step);
    let context = format!("{fault:?} at the {}. helm {} {run}", step.0, step.1);
    let (file, values) = (scene.file(), scene.values());
    // The user's own words, and a colleague's.
    assert!(file.starts_with(USERS_FILE), "{context}\n{file}");
    assert_eq!(
        file.contains(THEIRS),
        fault == Fault::FileWritten,
        "{context}\n{file}"
    );
    let is_whole = file.trim_end_matches(THEIRS) == before || file.contains(&scene.mark);
    assert!(is_whole, "{context}\n{file}");
    // The file and the release agree, or nobody could tell.
    let says_that_it_cannot_tell = ["cannot be asked", "was not asked"]
        .iter()
        .any(|words| run.stderr.contains(words));
    let agree = file.contains(&scene.mark) == values.contains(&scene.mark);
    assert!(
        agree || fault == Fault::PluginKilled || says_that_it_cannot_tell,
        "{context}\n{file}\n{values}"
    );
    // Who is asked to come again comes again.
    if matches!(fault, Fault::Answered(429, ..)) {
        run.exits(0);
    }
    // What a colleague deployed is not deployed over, but in the moment in which helm begins: it has no word for that.
    if fault == Fault::Colleague && step.1 != "upgrade" {
        assert!(values.contains("theirs"), "{context}\n{values}");
    }
    let more = scene.comes_to_an_end();
    let (file, values) = (scene.file(), scene.values());
    assert!(
        file.starts_with(USERS_FILE) && file.contains(&scene.mark),
        "{context}\n{file}"
    );
    assert!(
        values.contains(&scene.mark) && values.contains("hunter2-very-secret"),
        "{context}\n{values}"
    );
    let live = Namespace::kubectl(&[
        "get",
        "configmap",
        "-n",
        &scene.namespace.name,
        "-o",
        "yaml",
    ]);
    assert!(live.contains(&scene.mark), "{context}");
    if fault != Fault::PluginKilled {
        scene.world.is_tidy();
    }
    let what = if is_upgrade { "upgrade" } else { "install" };
    let said = run.stderr.lines().find(|line| line.starts_with("error:"));
    let said = said.unwrap_or_default();
    let (nth, verb) = step;
    // For the table of `FAULTS=all scripts/e2e faults --nocapture`.
    #[expect(
        clippy::print_stdout,
        reason = "the table is what it is run for by hand"
    )]
    {
        println!(
            "| {helm:?} {what} | {nth}. {verb} | {fault:?} | {} | {said} | {more} |",
            run.code
        );
    }
}

/// Every fault at every step. Each with one of the majors, in turns, unless `FAULTS=all` asks for both.
fn survives(is_upgrade: bool, steps: [(usize, &str); 6]) {
    let all = std::env::var_os("FAULTS").is_some_and(|asked| asked == "all");
    let pairs = steps
        .iter()
        .flat_map(|step| FAULTS.map(|fault| (*step, fault)));
    for (index, (step, fault)) in pairs.enumerate() {
        for (turn, helm) in [Helm::V3, Helm::V4].into_iter().enumerate() {
            if all || index % 2 == turn {
                check(helm, is_upgrade, step, fault);
            }
        }
    }
}

/// Every error at every step, and at every kind of write, with both majors, which takes many minutes: `FAULTS=all` asks for that.
/// Else a few of them, each with one of the majors.
fn survives_answers(is_upgrade: bool, steps: [(usize, &str); 6]) {
    let all = std::env::var_os("FAULTS").is_some_and(|asked| asked == "all");
    let to_everything = steps
        .iter()
        .flat_map(|step| ANSWERS.map(|status| (*step, Fault::Answered(status, "*", "*"))));
    let upgrade = steps.iter().find(|(_, verb)| *verb == "upgrade");
    let to_writes = WRITES.iter().flat_map(|(method, resource)| {
        [500, 403, 409].map(|status| {
            let fault = Fault::Answered(status, method, resource);
            (*upgrade.unwrap(), fault)
        })
    });
    for (index, (step, fault)) in to_everything.chain(to_writes).enumerate() {
        for (turn, helm) in [Helm::V3, Helm::V4].into_iter().enumerate() {
            if all || index % FEW == 0 && index / FEW % 2 == turn {
                check(helm, is_upgrade, step, fault);
            }
        }
    }
}

#[test]
#[ignore = "needs a cluster: make e2e"]
fn an_install_survives_whatever_the_server_answers() {
    survives_answers(false, INSTALL);
}

#[test]
#[ignore = "needs a cluster: make e2e"]
fn an_upgrade_survives_whatever_the_server_answers() {
    survives_answers(true, UPGRADE);
}

#[test]
#[ignore = "needs a cluster: make e2e"]
fn an_install_survives_whatever_happens() {
    survives(false, INSTALL);
}

#[test]
#[ignore = "needs a cluster: make e2e"]
fn an_upgrade_survives_whatever_happens() {
    survives(true, UPGRADE);
}
