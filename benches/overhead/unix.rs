//! With shell scripts in the places of helm and kubectl.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, KeyUsagePurpose};

const RUNS: usize = 30;
/// One that the chart takes: helm's own may be too new for it.
const KUBERNETES: &str = "1.32.0";
const CHART: &str = "tests/charts/clearml-enterprise-agent-6.9.3";

/// Measures, and prints what came out.
pub(crate) fn main() {
    measure("one certificate, no file", 1, "");
    measure(
        "150 certificates into a file of 5,000 lines",
        150,
        &large_file(),
    );
}

/// Values of every kind, with comments.
fn large_file() -> String {
    let sections = (0..500).map(|index| {
        format!(
            "section{index}:\n  # the {index}th\n  name: value{index}\n  list:\n    - a{index}\n    - b: {index}\n      c: 'x{index}'\n  text: |\n    some text\n    more\n"
        )
    });
    sections.collect()
}

fn measure(what: &str, certificates: usize, file: &str) {
    let folder = tempfile::tempdir().unwrap();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let chart = repository.join(CHART);
    let real = real_helm(repository);
    let pems: Vec<String> = (0..certificates).map(certificate).collect();
    fs::write(folder.path().join("ca.pem"), pems.concat()).unwrap();
    fs::write(folder.path().join("values.yaml"), file).unwrap();

    // One run with the real helm's template tells what the answers are.
    let install = |helm: &Path| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_helm-clearml-certs"));
        command
            .args([
                "install",
                "agent",
                "--ca",
                "ca.pem",
                "--skip-probe",
                "--dry-run",
                "-f",
                "values.yaml",
                "--chart",
            ])
            .arg(&chart)
            .current_dir(folder.path())
            .env("HELM_BIN", helm)
            .env("HELM_CONTENT_CACHE", "/nowhere") // so that the version need not be asked for
            .env("HELM_NAMESPACE", "team-a")
            .env("PATH", search_path(folder.path()));
        command
    };
    let canned = canned_helm(folder.path(), &real);
    let kubectl = executable(
        &folder.path().join("kubectl"),
        &noting("kubectl", folder.path()),
    );
    let first = install(&canned).output().unwrap();
    assert!(
        first.status.success(),
        "{}",
        String::from_utf8_lossy(&first.stderr)
    );
    let calls = fs::read_to_string(folder.path().join("calls")).unwrap();
    let calls: Vec<&str> = calls.lines().collect();
    fs::write(folder.path().join("ready"), "").unwrap();

    let plugin = median(|| run(&mut install(&canned)));
    let answers = median(|| {
        for call in &calls {
            let mut words = call.split(' ');
            let program = if words.next() == Some("kubectl") {
                &kubectl
            } else {
                &canned
            };
            run(Command::new(program).args(words));
        }
    });
    let helm = median(|| {
        run(Command::new(&real)
            .args(["template", "--kube-version", KUBERNETES, "clearml-agent"])
            .arg(&chart));
    });
    let own = plugin.saturating_sub(answers);
    let called: Vec<String> = calls.iter().map(|call| two_words(call)).collect();
    println!("{what}");
    println!("calls             {}", called.join(", "));
    println!("plugin            {plugin:>8.1?}");
    println!("ready answers     {answers:>8.1?}");
    println!("our own time      {own:>8.1?}");
    println!("one helm template {helm:>8.1?}");
    println!(
        "ours / template   {:>8.2}\n",
        own.as_secs_f64() / helm.as_secs_f64()
    );
}

/// A helm that prints what it has ready. It asks the real one for the template once.
fn canned_helm(folder: &Path, real: &Path) -> PathBuf {
    let answers = format!(
        "case $1 in\nlist) echo '[]' ;;\ntemplate)\n  if [ ! -f rendered ]; then\n    shift\n    {} template --kube-version {KUBERNETES} $(echo \"$*\" | sed 's/--dry-run=server//') >rendered.new && mv rendered.new rendered\n  fi\n  cat rendered ;;\nesac\n",
        real.display()
    );
    executable(&folder.join("helm"), &(noting("helm", folder) + &answers))
}

/// The beginning of a script that notes how it was called, until all answers are ready.
fn noting(name: &str, folder: &Path) -> String {
    format!(
        "#!/bin/sh\ncd {}\n[ -f ready ] || echo \"{name} $*\" >>calls\n",
        folder.display()
    )
}

fn executable(path: &Path, text: &str) -> PathBuf {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    path.to_path_buf()
}

/// The folder with what takes the real ones' places, then the caller's path.
fn search_path(folder: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = [folder.to_path_buf()]
        .into_iter()
        .chain(std::env::split_paths(&path));
    std::env::join_paths(folders).unwrap()
}

fn two_words(call: &str) -> String {
    call.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

fn run(command: &mut Command) {
    let status = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

fn median(mut work: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed()
        })
        .collect();
    times.sort_unstable();
    times.swap_remove(RUNS / 2)
}

fn real_helm(repository: &Path) -> PathBuf {
    if let Some(path) = std::env::var_os("HELM4") {
        return path.into();
    }
    let output = Command::new(repository.join("scripts/tools"))
        .args(["--offline", "helm4"])
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap().trim().into()
}

fn certificate(index: usize) -> String {
    let mut params = CertificateParams::default();
    params
        .distinguished_name
        .push(DnType::CommonName, format!("Acme Root {index}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let key = KeyPair::generate().unwrap();
    params.self_signed(&key).unwrap().pem()
}
