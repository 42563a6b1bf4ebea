//! What the tests are written in: a world with its own Helm home, files and certificates, and the real `helm` in it.

#![allow(
    dead_code,
    unused_macros,
    unreachable_pub,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "shared by several test binaries, none of which uses all of it; a test fails by panicking"
)]

pub mod authority;
pub mod canaries;
pub mod certificates;
#[macro_use]
pub mod cluster;
pub mod deployed;
pub mod der;
pub mod fake_helm;
pub mod file_server;
pub mod gatekeeper;
pub mod intercepting_proxy;
pub mod link;
#[cfg(unix)]
pub mod packaging;
pub mod platform;
pub mod programs;
pub mod proxy_server;
pub mod real_node;
pub mod reference;
pub mod repository_server;
pub mod schema;
#[cfg(unix)]
pub mod terminal;
pub mod tls_server;
#[cfg(unix)]
pub mod watched_helm;

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use canaries::Canaries;
use tempfile::TempDir;

/// Helm's major versions, each in the release the tests pin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Helm {
    V3,
    V4,
}

impl Helm {
    /// Either of them, by a test's name, so that each sees half of the tests that take either.
    pub fn either(test: &str) -> Self {
        match test.bytes().fold(0, u8::wrapping_add) % 2 {
            0 => Self::V3,
            _ => Self::V4,
        }
    }

    /// The binary, from `HELM3` or `HELM4`, else from the cache that `scripts/tools` fills.
    pub fn binary(self) -> PathBuf {
        let (variable, tool) = match self {
            Self::V3 => ("HELM3", "helm3"),
            Self::V4 => ("HELM4", "helm4"),
        };
        if let Some(path) = std::env::var_os(variable) {
            return path.into();
        }
        let script = repository().join("scripts/tools");
        let output = Command::new(&script)
            .args(["--offline", tool])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "no {tool}: set {variable}, or run {} {tool}",
            script.display()
        );
        String::from_utf8(output.stdout).unwrap().trim().into()
    }
}

/// The root of this repository.
pub fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A stand-in chart's folder.
pub fn chart(name: &str) -> String {
    let path = repository().join("tests/charts").join(name);
    assert!(path.is_dir(), "no chart {}", path.display());
    path.display().to_string()
}

/// The override file of a gateway, and what its chart does not render without.
pub const GATEWAY_FILE: &str = "clearml-app-gateway-values.override.yaml";
pub const GATEWAY_NEEDS: &str = "clearml:\n  apiKey: gateway-key\n  apiSecret: gateway-secret\n  apiServerUrlReference: https://api.clearml.acme.example\n";

/// A user's file as GPU clusters have it: a queue with shared memory and variables of its own.
pub const GPU_QUEUES: &str = "\
# our queues
agentk8sglue:
  queues:
    default: {}
    gpu:
      templateOverrides:
        env: # NCCL talks a lot
          - name: NCCL_DEBUG
            value: INFO
        volumes:
          - name: shm
            emptyDir: {medium: Memory}
        volumeMounts:
          - {name: shm, mountPath: /dev/shm}
";

/// A folder to work in, with an isolated Helm home that has the plugin.
pub struct World {
    folder: TempDir,
    pub helm: Helm,
    kubeconfig: PathBuf,
    pub canaries: Canaries,
}

impl World {
    /// A world without a cluster: its kubeconfig names a closed port.
    pub fn new(helm: Helm) -> Self {
        // Lines break where a path ends, so it is as long on every machine.
        let folder = TempDir::new_in(if cfg!(unix) {
            "/tmp".into()
        } else {
            std::env::temp_dir()
        })
        .unwrap();
        let kubeconfig = folder.path().join("no-cluster");
        fs::write(&kubeconfig, CLOSED_PORT).unwrap();
        let world = Self {
            folder,
            helm,
            kubeconfig,
            canaries: Canaries::default(),
        };
        world.install_plugin();
        world.plant_credentials();
        fs::write(world.home("bundle.pem"), PUBLIC_ROOTS).unwrap();
        fs::create_dir(world.path("")).unwrap();
        world
    }

    /// A world with the cluster of `kubeconfig`, and kubectl.
    pub fn with_cluster(helm: Helm, kubeconfig: &Path) -> Self {
        let world = Self {
            kubeconfig: kubeconfig.to_path_buf(),
            ..Self::new(helm)
        };
        world.has_on_path("kubectl", &cluster::kubectl());
        world
    }

    /// As `helm plugin install` leaves it: the files for Helm, and the binary under bin/.
    fn install_plugin(&self) {
        let plugin = self.home("data").join("plugins/clearml-certs");
        fs::create_dir_all(plugin.join("bin")).unwrap();
        for name in ["plugin.yaml", "completion.yaml", "plugin.complete"] {
            fs::copy(repository().join(name), plugin.join(name)).unwrap();
        }
        platform::link(
            env!("CARGO_BIN_EXE_helm-clearml-certs"),
            self.plugin_binary(),
        );
    }

    fn plugin_binary(&self) -> PathBuf {
        let name = format!("helm-clearml-certs{}", std::env::consts::EXE_SUFFIX);
        self.home("data/plugins/clearml-certs/bin").join(name)
    }

    /// Credentials where Helm keeps them: of a repository, and of a registry.
    fn plant_credentials(&self) {
        let secret = canaries::IN_CONFIGURATION;
        let repositories = format!(
            "repositories:\n- {{name: private, url: 'http://127.0.0.1:1', username: us, password: {secret}}}\n"
        );
        let registries = format!(
            r#"{{"auths": {{"127.0.0.1:1": {{"auth": "{}"}}}}}}"#,
            STANDARD.encode(format!("us:{secret}"))
        );
        fs::create_dir_all(self.home("config/registry")).unwrap();
        fs::write(self.home("config/repositories.yaml"), repositories).unwrap();
        fs::write(self.home("config/registry/config.json"), registries).unwrap();
    }

    pub fn home(&self, part: &str) -> PathBuf {
        self.folder.path().join("helm").join(part)
    }

    /// A path in the folder where commands run.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("work").join(name)
    }

    /// Writes a file; the credentials in it may not come out of any run from now on.
    pub fn write(&self, name: &str, text: &str) -> &Self {
        self.canaries.learn(text);
        fs::write(self.path(name), text).unwrap();
        self
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    /// A file's content with stable paths, as [`Run`] has them.
    pub fn stable(&self, name: &str) -> String {
        stable(self, self.read(name).as_bytes())
    }

    /// The names of the files in the folder, sorted.
    pub fn files(&self) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(self.path(""))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    /// Runs `helm ARGUMENTS`.
    pub fn helm<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Run {
        self.command(&self.helm.binary(), arguments, &[])
    }

    /// The version of this world's helm, as the plugin tells it.
    pub fn helm_version(&self) -> String {
        let run = self.helm(["version", "--template", "{{.Version}}"]);
        run.stdout.trim_start_matches('v').to_owned()
    }

    /// Runs `helm clearml-certs LINE`, the line split into [`words`].
    pub fn plugin(&self, line: &str) -> Run {
        self.helm(std::iter::once("clearml-certs".to_owned()).chain(words(line)))
    }

    /// Runs the plugin's binary itself, with `helm_bin` in the place of helm.
    pub fn plugin_with(&self, helm_bin: &Path, line: &str, variables: &[(&str, &str)]) -> Run {
        self.starts_plugin_with(helm_bin, line, variables).ends()
    }

    /// The same, without waiting for its end.
    pub fn starts_plugin_with(
        &self,
        helm_bin: &Path,
        line: &str,
        variables: &[(&str, &str)],
    ) -> Running<'_> {
        let helm_bin = helm_bin.display().to_string();
        let mut all = vec![
            ("HELM_BIN", helm_bin.as_str()),
            ("HELM_NAMESPACE", "team-a"),
        ];
        all.extend_from_slice(variables);
        let binary = Path::new(env!("CARGO_BIN_EXE_helm-clearml-certs"));
        self.start(binary, words(line), &all)
    }

    fn command<S: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Run {
        self.start(program, arguments, variables).ends()
    }

    /// Starts a program, in a process group of its own.
    pub fn start<S: AsRef<OsStr>>(
        &self,
        program: &Path,
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Running<'_> {
        self.spawn(Command::new(program), arguments, variables)
    }

    fn spawn<S: AsRef<OsStr>>(
        &self,
        mut command: Command,
        arguments: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Running<'_> {
        command.args(arguments);
        let program = PathBuf::from(command.get_program());
        let words: Vec<String> = command
            .get_args()
            .map(|word| word.to_string_lossy().into_owned())
            .collect();
        let child = platform::in_its_own_group(&mut command)
            .current_dir(self.path(""))
            .env_clear()
            .envs(self.variables())
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        // These print manifests with all that is in them.
        let prints_secrets = ["helm", "helmfile"]
            .iter()
            .any(|one| program.ends_with(one));
        let is_ours = !prints_secrets || words.iter().any(|word| word == "clearml-certs");
        Running {
            world: self,
            child,
            is_ours,
            whole_files: words.iter().any(|word| word == "--full"),
        }
    }

    /// The copies of files that were replaced.
    pub fn backups(&self) -> Vec<PathBuf> {
        let folder = self
            .folder
            .path()
            .join(".local/state/helm-clearml-certs/backups");
        let entries = std::fs::read_dir(folder).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    /// The environment of every command.
    fn variables(&self) -> Vec<(&'static str, OsString)> {
        let secret = canaries::IN_ENVIRONMENT;
        let mut variables = vec![
            ("PATH", self.search_path().into()),
            ("HOME", self.folder.path().into()),
            ("TMPDIR", self.temporary().into()),
            ("KUBECONFIG", self.kubeconfig.clone().into()),
            ("LANG", "C".into()),
            ("TZ", "UTC".into()),
            ("GIT_CONFIG_GLOBAL", "/dev/null".into()),
            // Nothing here may depend on a network: whatever is not on the loopback meets a closed door.
            (
                "HTTPS_PROXY",
                format!("http://us:{secret}@127.0.0.1:1").into(),
            ),
            ("NO_PROXY", "localhost,127.0.0.1".into()),
            ("CLEARML_API_SECRET_KEY", secret.into()),
            ("DOCKER_PASSWORD", secret.into()),
            ("HELM_DATA_HOME", self.home("data").into()),
            ("HELM_CONFIG_HOME", self.home("config").into()),
            ("HELM_CACHE_HOME", self.home("cache").into()),
            ("SSL_CERT_FILE", self.home("bundle.pem").into()),
        ];
        variables.extend(programs::clock());
        variables
    }

    /// What was put on the path of this world, and nothing of the machine's.
    fn search_path(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// Puts a program on the path of this world's commands.
    pub fn has_on_path(&self, name: &str, program: &Path) -> &Self {
        let folder = self.search_path();
        fs::create_dir_all(&folder).unwrap();
        platform::link(program, folder.join(name));
        self
    }

    /// Puts programs of this machine on the path of this world's commands.
    pub fn has_programs(&self, names: &[&str]) -> &Self {
        programs::link(names, &self.search_path());
        self
    }

    /// Where the commands put their temporary files.
    fn temporary(&self) -> PathBuf {
        let folder = self.folder.path().join("tmp");
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    /// Fails if a command left a temporary file behind.
    pub fn is_tidy(&self) -> &Self {
        let left: Vec<_> = fs::read_dir(self.temporary())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert!(left.is_empty(), "left behind: {left:?}");
        self
    }
}

/// Waits until something is so, and fails if it never comes.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(120);
    while !is_so() {
        assert!(Instant::now() < deadline, "never came: {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// A company's own chart with an agent (`agent`) and a gateway (`door`) inside it.
pub fn platform_of_two(world: &World) {
    copy_folder(
        chart("acme-platform-2.0.0").as_ref(),
        &world.path("platform"),
    );
    for (vendors, name) in [
        (
            "clearml-enterprise-agent-6.14.6",
            "clearml-enterprise-agent",
        ),
        ("clearml-enterprise-app-gateway-3.2.0", "door"),
    ] {
        let inside = world.path(&format!("platform/charts/{name}"));
        copy_folder(chart(vendors).as_ref(), &inside);
    }
    let text = world.read("platform/Chart.yaml");
    let door =
        "dependencies:\n  - {name: clearml-enterprise-app-gateway, version: 3.x, alias: door}\n";
    world.write(
        "platform/Chart.yaml",
        &text.replace("dependencies:\n", door),
    );
}

/// Its values.
pub const OF_TWO: &str = "\
# the platform
site: eu-2

agent:
  agentk8sglue: # queues
    queues: {default: {}}

door: # to the applications
  clearml:
    apiKey: gateway-key
    apiSecret: gateway-secret
    apiServerUrlReference: https://api.clearml.acme.example
";

/// A command line about both.
pub fn of_two(command: &str, more: &str) -> String {
    let of = |component| {
        format!(
            "--{component}-release acme --{component}-chart platform --{component}-values v.yaml"
        )
    };
    format!(
        "{command} agent gateway {} {} {more}",
        of("agent"),
        of("gateway")
    )
}

/// Copies a folder with all that is in it.
pub fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A line split at spaces, but for those in the repository's own path.
pub fn words(line: &str) -> Vec<String> {
    const STAND_IN: &str = "\u{1}";
    let repository = repository().display().to_string();
    line.replace(&repository, STAND_IN)
        .split_whitespace()
        .map(|word| word.replace(STAND_IN, &repository))
        .collect()
}

/// Output with paths that are the same in every run.
fn stable(world: &World, bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes)
        .replace(&world.folder.path().display().to_string(), "[WORLD]")
        .replace(&repository().display().to_string(), "[REPOSITORY]");
    // A path with a space stands in quotes where it is to be pasted.
    let mut pieces = text.split("'[REPOSITORY]");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        text + "[REPOSITORY]" + &piece.replacen('\'', "", 1)
    })
}

/// What stands for the machine's own bundle: three of the roots of Mozilla's list that end last (2046).
const PUBLIC_ROOTS: &str = include_str!("public-roots.pem");

const CLOSED_PORT: &str = "\
apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: 'http://127.0.0.1:1'}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
current-context: none
users: [{name: none, user: {token: canary-of-the-configuration-1c8e2}}]
";

/// A program that runs.
pub struct Running<'a> {
    world: &'a World,
    child: Child,
    is_ours: bool,
    whole_files: bool,
}

impl Running<'_> {
    /// Waits until the program itself has ended, whatever it started.
    #[track_caller]
    pub fn is_gone(&mut self) {
        let child = &mut self.child;
        until("its end", || child.try_wait().unwrap().is_some());
    }

    /// Kills the program itself; what it started goes on.
    pub fn is_killed(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Waits for its end. No planted secret may have come out, but where whole files were asked for.
    #[track_caller]
    pub fn ends(self) -> Run {
        let output = self.child.wait_with_output().unwrap();
        let run = Run::new(self.world, &output);
        if self.is_ours {
            self.world.canaries.are_silent_in(&run.stderr);
            if !self.whole_files {
                self.world.canaries.are_silent_in(&run.stdout);
            }
        }
        run
    }
}

/// What a command did, its paths made stable.
#[derive(Debug)]
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Run {
    fn new(world: &World, output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: stable(world, &output.stdout),
            stderr: stable(world, &output.stderr),
        }
    }

    #[track_caller]
    pub fn exits(&self, code: i32) -> &Self {
        assert_eq!(self.code, code, "{self}");
        self
    }

    #[track_caller]
    pub fn says(&self, text: &str) -> &Self {
        assert!(self.stdout.contains(text), "stdout lacks {text:?}\n{self}");
        self
    }

    #[track_caller]
    pub fn warns(&self, text: &str) -> &Self {
        assert!(self.stderr.contains(text), "stderr lacks {text:?}\n{self}");
        self
    }

    #[track_caller]
    pub fn never_says(&self, text: &str) -> &Self {
        let silent = !self.stdout.contains(text) && !self.stderr.contains(text);
        assert!(silent, "output has {text:?}\n{self}");
        self
    }

    /// How often `text` stands in both streams together.
    pub fn count(&self, text: &str) -> usize {
        self.stdout.matches(text).count() + self.stderr.matches(text).count()
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "exit {}\n--- stdout\n{}\n--- stderr\n{}",
            self.code, self.stdout, self.stderr
        )
    }
}

/// Each test once, for what Helm has no part in: half of them with each major version.
macro_rules! either_major {
    ($(fn $name:ident($world:ident) $body:block)*) => {
        $(#[test]
        fn $name() {
            let $world = World::new(Helm::either(stringify!($name)));
            $body
        })*
    };
}

/// Each test once for each major version of Helm: `test_name::helm3` and `test_name::helm4`.
macro_rules! both_majors {
    ($(fn $name:ident($world:ident) $body:block)*) => {
        $(mod $name {
            use super::*;
            fn check($world: World) $body
            #[test]
            fn helm3() { check(World::new(Helm::V3)); }
            #[test]
            fn helm4() { check(World::new(Helm::V4)); }
        })*
    };
}
