//! A machine on which the plugin gets installed: a Helm home without it, a plugin tree, and a release to download.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::{Helm, file_server, platform, programs, repository};

/// The user and group that tests take when they must not be root: Debian's `nogroup`, Fedora's `nobody`.
const NOBODY: u32 = 65534;

/// What Helm and the hook find on this machine: what the hook calls, and what Helm calls to fetch a plugin.
const PROGRAMS: &[&str] = &[
    "sh",
    "sed",
    "awk",
    "tr",
    "uname",
    "dirname",
    "mktemp",
    "mkdir",
    "rm",
    "cp",
    "mv",
    "chmod",
    "tar",
    "gzip",
    "sha256sum",
    "cut",
    "id",
    "curl",
    "git",
];

/// A machine, and what is served to it on loopback.
pub struct Machine {
    folder: TempDir,
    pub helm: Helm,
    variables: Vec<(String, String)>,
    is_root: bool,
}

impl Machine {
    /// A machine whose plugin tree lists the right checksum of a release that is served to it.
    pub fn new(helm: Helm) -> Self {
        let folder = TempDir::new().unwrap();
        platform::set_mode(folder.path(), 0o755);
        let machine = Self {
            folder,
            helm,
            variables: Vec::new(),
            is_root: true,
        };
        machine.write_plugin_tree();
        programs::link(PROGRAMS, &machine.path("programs"));
        let release = machine.path("served").join(format!("v{}", version()));
        fs::create_dir_all(&release).unwrap();
        fs::write(release.join(archive_name()), archive()).unwrap();
        machine.list_checksum(archive_sum());
        let url = file_server::serve(&machine.path("served"));
        machine.with("HELM_CLEARML_CERTS_MIRROR", &url)
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn url(&self) -> String {
        self.variable("HELM_CLEARML_CERTS_MIRROR")
    }

    /// Sets a variable for Helm and its hooks.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// From now on commands run as a user without rights, who owns the plugin tree and the home.
    pub fn with_a_plain_user(mut self) -> Self {
        self.is_root = false;
        if am_root() {
            let owner = format!("{NOBODY}:{NOBODY}");
            fs::create_dir_all(self.path("home/tmp")).unwrap();
            run(Command::new("chown")
                .args(["-R", &owner])
                .arg(self.folder.path()));
        }
        self
    }

    /// What `checksums` says of the release archive of this platform.
    pub fn list_checksum(&self, sum: &str) {
        let text = format!("{sum}  {}\n", archive_name());
        fs::write(self.path("plugin/checksums"), text).unwrap();
    }

    /// The plugin as it is in a release's tarball: no sources.
    fn write_plugin_tree(&self) {
        fs::create_dir_all(self.path("plugin")).unwrap();
        fs::create_dir_all(self.path("home/tmp")).unwrap();
        for name in [
            "plugin.yaml",
            "completion.yaml",
            "plugin.complete",
            "install-binary.sh",
            "Cargo.toml",
            "LICENSE",
        ] {
            fs::copy(repository().join(name), self.path("plugin").join(name)).unwrap();
        }
    }

    /// Serves the plugin tree as a git repository and gives its URL.
    pub fn git_url(&self) -> String {
        let tree = self.path("plugin");
        if !tree.join(".git").exists() {
            git(&tree, &["init", "-q", "-b", "main"]);
        }
        git(&tree, &["add", "-A"]);
        git(&tree, &["commit", "-q", "--allow-empty", "-m", "release"]);
        let bare = self.path("served/plugin.git");
        if bare.exists() {
            git(&tree, &["push", "-q", &bare.display().to_string(), "main"]);
        } else {
            let bare = bare.display().to_string();
            git(&tree, &["clone", "-q", "--bare", ".", &bare]);
        }
        git(&bare, &["update-server-info"]);
        format!("{}/plugin.git", self.url())
    }

    /// Serves the plugin tree as a tarball and gives its URL.
    pub fn tarball_url(&self) -> String {
        let name = format!("clearml-certs-{}.tgz", version());
        let file = self.path("served").join(&name);
        run(Command::new("tar")
            .arg("-C")
            .arg(self.path("plugin"))
            .arg("-czf")
            .arg(file)
            .args([
                "plugin.yaml",
                "completion.yaml",
                "plugin.complete",
                "install-binary.sh",
                "Cargo.toml",
                "checksums",
            ]));
        format!("{}/{name}", self.url())
    }

    /// `helm plugin install SOURCE`, unverified where Helm would insist on a signature.
    pub fn install(&self, source: &str) -> Outcome {
        let mut arguments = vec!["plugin", "install", source];
        if self.helm == Helm::V4 {
            arguments.push("--verify=false");
        }
        self.helm(&arguments)
    }

    pub fn helm(&self, arguments: &[&str]) -> Outcome {
        let helm = self.helm_for_everyone().display().to_string();
        self.run(&[&[helm.as_str()], arguments].concat())
    }

    /// Runs the hook by hand.
    pub fn hook(&self) -> Outcome {
        let script = self.path("plugin/install-binary.sh").display().to_string();
        self.run(&["sh", &script])
    }

    /// A plain user cannot look into root's cache.
    fn helm_for_everyone(&self) -> PathBuf {
        if self.is_root {
            return self.helm.binary();
        }
        let copy = self.path("helm-binary");
        if !copy.exists() {
            fs::copy(self.helm.binary(), &copy).unwrap();
        }
        copy
    }

    /// Runs a program, by its path or from the PATH.
    pub fn run(&self, line: &[&str]) -> Outcome {
        let mut command = if !self.is_root && am_root() {
            let mut command = Command::new(programs::program("setpriv"));
            command
                .args([
                    "--reuid",
                    &NOBODY.to_string(),
                    "--regid",
                    &NOBODY.to_string(),
                ])
                .arg("--clear-groups")
                .args(line);
            command
        } else {
            let mut command = Command::new(line[0]);
            command.args(&line[1..]);
            command
        };
        let output = command
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", self.path("programs"))
            .env("HOME", self.path("home"))
            .env("TMPDIR", self.path("home/tmp"))
            .env("HELM_DATA_HOME", self.path("home/data"))
            .env("HELM_CONFIG_HOME", self.path("home/config"))
            .env("HELM_CACHE_HOME", self.path("home/cache"))
            .envs(programs::clock())
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        Outcome(output)
    }

    fn variable(&self, wanted: &str) -> String {
        let found = self.variables.iter().find(|(name, _)| name == wanted);
        found.unwrap().1.clone()
    }

    /// The files that installing put into the home, temporary ones included; Helm's caches are Helm's.
    pub fn left_in_home(&self) -> Vec<PathBuf> {
        let mut left = files_below(&self.path("home/data"));
        left.extend(files_below(&self.path("home/tmp")));
        left
    }
}

/// What a command did.
pub struct Outcome(Output);

impl Outcome {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
            + &String::from_utf8_lossy(&self.0.stderr)
    }

    #[track_caller]
    pub fn succeeds(&self) -> &Self {
        assert!(self.0.status.success(), "{}", self.text());
        self
    }

    #[track_caller]
    pub fn fails(&self) -> &Self {
        assert!(!self.0.status.success(), "{}", self.text());
        self
    }

    #[track_caller]
    pub fn says(&self, words: &str) -> &Self {
        assert!(
            self.text().contains(words),
            "no {words:?} in:\n{}",
            self.text()
        );
        self
    }
}

/// The plugin's version.
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The release archive of the platform that the tests run on.
pub fn archive_name() -> String {
    let machine = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let os = match std::env::consts::OS {
        "macos" => "darwin",
        other => other,
    };
    format!("clearml-certs-{}-{os}-{machine}.tar.gz", version())
}

/// A release archive with the binary under test.
pub fn archive() -> &'static [u8] {
    static ARCHIVE: OnceLock<Vec<u8>> = OnceLock::new();
    ARCHIVE.get_or_init(|| {
        let folder = TempDir::new().unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_helm-clearml-certs"));
        fs::create_dir(folder.path().join("bin")).unwrap();
        let packed = folder.path().join("bin/helm-clearml-certs");
        fs::copy(binary, &packed).unwrap();
        // Debug symbols are most of it, and every test unpacks it.
        run(Command::new("strip").arg(&packed));
        let file = folder.path().join("archive");
        run(Command::new("tar")
            .env("GZIP", "-1")
            .arg("-C")
            .arg(folder.path())
            .arg("-czf")
            .arg(&file)
            .arg("./bin"));
        fs::read(file).unwrap()
    })
}

/// The SHA-256 of [`archive`].
pub fn archive_sum() -> &'static str {
    static SUM: OnceLock<String> = OnceLock::new();
    SUM.get_or_init(|| sha256(archive()))
}

/// The SHA-256 of `bytes`, as lists of checksums write it.
pub fn sha256(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let sum = Sha256::digest(bytes);
    sum.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn am_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    TempDir::new().unwrap().path().metadata().unwrap().uid() == 0
}

fn git(folder: &Path, arguments: &[&str]) {
    run(Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=test", "-c", "user.email=test@example.com"])
        .args(arguments));
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    let message = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{command:?}: {message}");
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .flat_map(|path| {
            if path.is_dir() && !path.is_symlink() {
                files_below(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}
