//! A helm that does what a test tells it to: the test binary run again.
//!
//! The script is a JSON file, a list of rules. A call takes the first rule whose `when` words all stand in its arguments
//! and that still has a use left; a call without a rule fails, so that no call goes unnoticed.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{World, copy_folder, until};

/// Set for the runs in which the test binary is helm.
const SCRIPT: &str = "FAKE_HELM_SCRIPT";

/// What helm does when it is called so.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Rule {
    when: Vec<String>,
    stdout: String,
    stderr: String,
    exit: u8,
    /// Ends by a signal instead, without a word.
    killed: bool,
    /// Comes to no end until a signal ends it, or is heeded.
    hangs: bool,
    signals: Signals,
    /// Goes on once there is this file.
    waits_for: Option<PathBuf>,
    /// What it prints has the mark of the pod that `verify` sent in the place of `{mark}`.
    is_marked: bool,
    /// The real helm answers.
    real: Option<PathBuf>,
    /// The folder of a chart that it leaves where `helm pull` was told to unpack.
    pulls: Option<PathBuf>,
    /// A file that somebody else writes at this moment, and its text.
    meanwhile: Option<(PathBuf, String)>,
    /// What it is to read is kept here; each object of the list in it is answered as an access review that allows it.
    allows: Option<PathBuf>,
    /// The objects of a cluster: those that are asked for by name and are in the files of this folder, each a JSON list, are printed.
    cluster: Option<PathBuf>,
    /// How often the rule holds; 0 for ever.
    times: usize,
}

/// What a signal does to it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Signals {
    #[default]
    EndIt,
    /// It fails, in its own words.
    AreHeeded,
    /// Nothing.
    AreIgnored,
}

impl Rule {
    pub fn when(words: &str) -> Self {
        Self {
            when: words.split_whitespace().map(str::to_owned).collect(),
            ..Self::default()
        }
    }

    pub fn prints(mut self, stdout: &str) -> Self {
        stdout.clone_into(&mut self.stdout);
        self
    }

    pub fn fails(mut self, stderr: &str) -> Self {
        stderr.clone_into(&mut self.stderr);
        self.exit = 1;
        self
    }

    /// Waits, whatever signal comes, as helm does where a cluster does not answer.
    pub fn hangs_for_ever(self) -> Self {
        Self {
            signals: Signals::AreIgnored,
            ..self.hangs()
        }
    }

    /// Waits for a file before it does anything.
    pub fn waits_for(mut self, file: &Path) -> Self {
        self.waits_for = Some(file.to_path_buf());
        self
    }

    /// Leaves a chart as `helm pull --untar` does.
    pub fn pulls(mut self, chart: &Path) -> Self {
        self.pulls = Some(chart.to_path_buf());
        self
    }

    /// Meanwhile somebody else writes a file.
    pub fn meanwhile(mut self, file: &Path, text: &str) -> Self {
        self.meanwhile = Some((file.to_path_buf(), text.to_owned()));
        self
    }

    /// Says yes to each access review that it is given, and keeps the questions in a file.
    pub fn allows(mut self, questions: &Path) -> Self {
        self.allows = Some(questions.to_path_buf());
        self
    }

    /// Answers as a cluster with the objects of a folder's files, which may change.
    pub fn looks_up_in(mut self, cluster: &Path) -> Self {
        self.cluster = Some(cluster.to_path_buf());
        self
    }

    /// Prints this, with the mark of the pod that `verify` asked for in the place of `{mark}`: for kubectl, of which the same
    /// script tells.
    pub fn prints_marked(self, stdout: &str) -> Self {
        Self {
            is_marked: true,
            ..self.prints(stdout)
        }
    }

    pub fn dies(mut self) -> Self {
        self.killed = true;
        self
    }

    /// Waits until a signal kills it.
    pub fn hangs(mut self) -> Self {
        self.hangs = true;
        self
    }

    /// Waits until it gets a signal, and fails then in its own words, as `helm upgrade` does.
    pub fn ends_cancelled(self, stderr: &str) -> Self {
        Self {
            hangs: true,
            signals: Signals::AreHeeded,
            ..self.fails(stderr)
        }
    }

    pub fn once(mut self) -> Self {
        self.times = 1;
        self
    }

    /// For a release: as it is for the preview, and again right before the upgrade.
    pub fn twice(mut self) -> Self {
        self.times = 2;
        self
    }

    /// So often.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    pub fn runs_real(mut self, helm: &Path) -> Self {
        self.real = Some(helm.to_path_buf());
        self
    }
}

/// A script in a world, and the calls made so far.
pub struct FakeHelm<'a> {
    world: &'a World,
}

impl<'a> FakeHelm<'a> {
    pub fn new(world: &'a World, rules: &[Rule]) -> Self {
        let fake = Self { world };
        fs::write(fake.script(), serde_json::to_string(rules).unwrap()).unwrap();
        fake
    }

    pub fn runs(&self, line: &str) -> super::Run {
        self.starts(line).ends()
    }

    /// Runs a command line with more variables in its environment.
    pub fn runs_with(&self, line: &str, variables: &[(&str, &str)]) -> super::Run {
        self.starts_with(line, variables).ends()
    }

    /// Runs a command line without waiting for its end.
    pub fn starts(&self, line: &str) -> super::Running<'a> {
        self.starts_with(line, &[])
    }

    fn starts_with(&self, line: &str, variables: &[(&str, &str)]) -> super::Running<'a> {
        let script = self.script().display().to_string();
        let this = std::env::current_exe().unwrap();
        let variables = [&[(SCRIPT, script.as_str())], variables].concat();
        self.world.starts_plugin_with(&this, line, &variables)
    }

    /// The same, as a plugin of a caller who can be ended by himself.
    #[cfg(unix)]
    pub fn starts_below_a_shell(&self, line: &str) -> super::Running<'a> {
        let script = self.script().display().to_string();
        let this = std::env::current_exe().unwrap().display().to_string();
        let variables = [
            (SCRIPT, script.as_str()),
            ("HELM_BIN", &this),
            ("HELM_NAMESPACE", "team-a"),
            ("HELM_PLUGIN_DIR", "/nowhere"),
        ];
        let binary = env!("CARGO_BIN_EXE_helm-clearml-certs").to_owned();
        // The shell stays, since something comes after.
        let words = ["-c".to_owned(), "\"$0\" \"$@\"; true".to_owned(), binary];
        let words = words.into_iter().chain(super::words(line));
        self.world.start(Path::new("/bin/sh"), words, &variables)
    }

    /// Runs a command line with nothing on the path.
    pub fn runs_without_path(&self, line: &str) -> super::Run {
        self.runs_with(line, &[("PATH", "/nowhere")])
    }

    /// Forgets the calls made so far.
    pub fn forgets(&self) {
        fs::remove_file(log_of(&self.script())).unwrap_or_default();
    }

    /// Waits until a call with this first word has begun.
    #[track_caller]
    pub fn is_asked_for(&self, verb: &str) {
        until(&format!("helm {verb}"), || {
            self.calls().iter().any(|call| call == verb)
        });
    }

    /// The first word of each call, in order.
    pub fn calls(&self) -> Vec<String> {
        let first = |line: &String| line.split(' ').next().unwrap_or_default().to_owned();
        self.lines().iter().map(first).collect()
    }

    /// The words of each call, in order.
    pub fn lines(&self) -> Vec<String> {
        lines(&self.script())
    }

    fn script(&self) -> PathBuf {
        self.world.home("fake-helm.json")
    }
}

/// A kubectl of a world that does what a script says, beside the fake helm.
pub struct FakeKubectl {
    script: PathBuf,
}

impl FakeKubectl {
    pub fn new(world: &World, rules: &[Rule]) -> Self {
        let script = world.home("fake-kubectl.json");
        world.has_on_path("kubectl", &std::env::current_exe().unwrap());
        let fake = Self { script };
        fake.goes_by(rules);
        fake
    }

    /// Goes by other rules from now on.
    pub fn goes_by(&self, rules: &[Rule]) {
        fs::write(&self.script, serde_json::to_string(rules).unwrap()).unwrap();
    }

    /// The words of each call so far, in order, which are forgotten with it.
    pub fn takes_lines(&self) -> Vec<String> {
        let lines = lines(&self.script);
        fs::remove_file(log_of(&self.script)).unwrap_or_default();
        lines
    }
}

/// Plays helm, or kubectl where it was started by that name, if this run is meant to. A kubectl without a script of its own goes
/// by helm's.
pub fn play() -> Option<ExitCode> {
    let mut script: PathBuf = std::env::var_os(SCRIPT)?.into();
    let name = std::env::args_os().next().map(PathBuf::from);
    let of_kubectl = script.with_file_name("fake-kubectl.json");
    if name.is_some_and(|name| name.file_stem().is_some_and(|stem| stem == "kubectl"))
        && of_kubectl.exists()
    {
        script = of_kubectl;
    }
    let rules: Vec<Rule> = serde_json::from_str(&fs::read_to_string(&script).unwrap()).unwrap();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let used = used_rules(&script);
    let found = rules.iter().enumerate().find(|(index, rule)| {
        let left = rule.times == 0 || used.get(index).copied().unwrap_or(0) < rule.times;
        left && rule.when.iter().all(|word| arguments.contains(word))
    });
    let Some((index, rule)) = found else {
        // Asked in the background of every run, and no test's subject unless it has a rule.
        if arguments.first().is_some_and(|word| word == "version") {
            std::io::stdout().write_all(b"v3.17.2").unwrap();
            return Some(ExitCode::SUCCESS);
        }
        let missing = format!("Error: there is no rule for: {}\n", arguments.join(" "));
        std::io::stderr().write_all(missing.as_bytes()).unwrap();
        return Some(ExitCode::from(99));
    };
    let (heard, signals) = std::sync::mpsc::channel();
    match rule.signals {
        Signals::EndIt => {}
        Signals::AreHeeded => {
            ctrlc::set_handler(move || heard.send(()).unwrap_or_default()).unwrap();
        }
        Signals::AreIgnored => ctrlc::set_handler(|| {}).unwrap(),
    }
    note_call(&script, &arguments, index);
    if let Some(file) = &rule.waits_for {
        let deadline = Instant::now() + Duration::from_secs(60);
        while !file.exists() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
    if rule.hangs {
        // A test that forgets it must not leave it behind.
        let _ = signals.recv_timeout(Duration::from_secs(60));
    }
    if rule.killed {
        std::process::abort();
    }
    if let Some(chart) = &rule.pulls {
        let mut words = arguments.iter();
        words.find(|word| *word == "--untardir");
        copy_folder(chart, &Path::new(words.next().unwrap()).join("chart"));
    }
    let with_mark = rule.is_marked.then(|| Rule {
        stdout: marked(&rule.stdout, &mark_in(&script)),
        ..rule.clone()
    });
    let code = answer(with_mark.as_ref().unwrap_or(rule), &arguments);
    if let Some((file, text)) = &rule.meanwhile {
        // In one step: somebody may read it at this moment.
        let new = file.with_extension("new");
        fs::write(&new, text).unwrap();
        fs::rename(new, file).unwrap();
    }
    Some(code)
}

fn answer(rule: &Rule, arguments: &[String]) -> ExitCode {
    if let Some(helm) = &rule.real {
        // There is no cluster that it could ask for its version, so it is told one.
        let online = [
            "--validate",
            "--dry-run=server",
            "--disable-openapi-validation",
        ];
        let offline = arguments
            .iter()
            .filter(|word| !online.contains(&word.as_str()));
        let status = std::process::Command::new(helm)
            .args(offline)
            .args(["--kube-version", "1.32.0"])
            .status()
            .unwrap();
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        return ExitCode::from(code.unwrap_or(98));
    }
    if let Some(kept) = &rule.allows {
        let questions: Value = serde_json::from_reader(std::io::stdin()).unwrap();
        let count = questions["items"].as_array().unwrap().len();
        let yes = json!({"status": {"allowed": true}}).to_string();
        std::io::stdout()
            .write_all(yes.repeat(count).as_bytes())
            .unwrap();
        fs::write(kept, questions.to_string()).unwrap();
    }
    if let Some(cluster) = &rule.cluster {
        let asked: Value = serde_json::from_reader(std::io::stdin()).unwrap();
        let files = fs::read_dir(cluster)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
        let read = |path| -> Vec<Value> {
            serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
        };
        let mut found: Vec<Value> = files.flat_map(read).collect();
        let name = |one: &Value| {
            let metadata = &one["metadata"];
            [&one["kind"], &metadata["namespace"], &metadata["name"]].map(Value::to_string)
        };
        let asked: Vec<_> = asked["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(name)
            .collect();
        found.retain(|one| asked.contains(&name(one)));
        let printed = match found.as_slice() {
            [] => String::new(),
            [one] => one.to_string(),
            several => json!({"kind": "List", "items": several}).to_string(),
        };
        std::io::stdout().write_all(printed.as_bytes()).unwrap();
    }
    std::io::stdout().write_all(rule.stdout.as_bytes()).unwrap();
    std::io::stderr().write_all(rule.stderr.as_bytes()).unwrap();
    ExitCode::from(rule.exit)
}

/// A text with the mark, and the first six characters of it.
fn marked(text: &str, mark: &str) -> String {
    let text = text.replace("{mark}", mark);
    text.replace("{mark:6}", mark.get(..6).unwrap_or_default())
}

/// The mark in the label by which a pod was asked for.
fn mark_in(script: &Path) -> String {
    let log = fs::read_to_string(log_of(script)).unwrap_or_default();
    let mut labels = log.split("clearml-certs/verify=").skip(1);
    let mark = labels.next().unwrap_or_default();
    mark.split(' ').next().unwrap_or_default().to_owned()
}

fn log_of(script: &Path) -> PathBuf {
    script.with_extension("log")
}

/// The words of each call, in order.
fn lines(script: &Path) -> Vec<String> {
    let log = fs::read_to_string(log_of(script)).unwrap_or_default();
    let words = |line: &str| line.rsplit_once(' ').map(|(words, _)| words.to_owned());
    log.lines().filter_map(words).collect()
}

/// How often each rule was used: the last word of each line of the log.
fn used_rules(script: &Path) -> BTreeMap<usize, usize> {
    let log = fs::read_to_string(log_of(script)).unwrap_or_default();
    let mut used = BTreeMap::new();
    for index in log
        .lines()
        .filter_map(|line| line.rsplit(' ').next()?.parse().ok())
    {
        *used.entry(index).or_default() += 1;
    }
    used
}

fn note_call(script: &Path, arguments: &[String], rule: usize) {
    let mut log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log_of(script))
        .unwrap();
    // In one piece: two calls at once would else write into each other's line.
    let line = format!("{} {rule}\n", arguments.join(" "));
    log.write_all(line.as_bytes()).unwrap();
}
