//! The container images that `scripts/image` makes of release archives.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::Helm;
use crate::support::packaging::{Machine, sha256, version};
use crate::support::{chart, repository};

/// What an image holds beside the plugin, in the place where `scripts/tools` keeps it: nothing is fetched.
fn tools(folder: &Path, helm: &[u8]) {
    let script = fs::read_to_string(repository().join("scripts/tools")).unwrap();
    let pinned = |name: &str| {
        let (_, rest) = script.split_once(&format!("readonly {name}=")).unwrap();
        rest.lines().next().unwrap().to_owned()
    };
    let contents = [
        ("helm", "4.3.1".to_owned(), helm),
        ("kubectl", pinned("KUBECTL_VERSION"), b"kubectl".as_slice()),
        ("roots", pinned("ROOTS_VERSION"), b"roots"),
    ];
    for (name, version, content) in contents {
        for place in ["", "linux-amd64", "linux-arm64"] {
            let folder = folder.join("helm-clearml-certs").join(name);
            let file = folder.join(&version).join(place).join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
}

/// A release archive that is quickly packed.
fn small_archive() -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    let mut archive = tar::Builder::new(&mut packed);
    archive
        .append_path_with_name(repository().join("plugin.yaml"), "./plugin.yaml")
        .unwrap();
    archive.finish().unwrap();
    drop(archive);
    packed.finish().unwrap()
}

/// A release archive of the plugin in `tree`, with the binary under test.
fn whole_archive(tree: &Path) -> Vec<u8> {
    let binary = tree.join("bin/helm-clearml-certs");
    fs::create_dir(tree.join("bin")).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_helm-clearml-certs"), binary).unwrap();
    let tar = Command::new("tar")
        .arg("-C")
        .arg(tree)
        .args(["-czf", "-", "."])
        .output()
        .unwrap();
    assert!(tar.status.success());
    tar.stdout
}

/// The image for `processor`, made in `folder` and unpacked there.
fn image(folder: &Path, archive: &[u8], helm: &[u8], processor: &str) -> Image {
    let dist = folder.join("dist");
    fs::create_dir_all(&dist).unwrap();
    let name = format!("clearml-certs-{}-linux-{processor}.tar.gz", version());
    fs::write(dist.join(name), archive).unwrap();
    tools(&folder.join("cache"), helm);
    let output = Command::new(repository().join("scripts/image"))
        .env("DIST_FOLDER", &dist)
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("SOURCE_DATE_EPOCH", "1767225600")
        .env("GZIP", "-1") // of a helm of 60 MB, for a test
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    let name = format!("clearml-certs-{}-image-linux-{processor}.tar", version());
    let bytes = fs::read(dist.join(name)).unwrap();
    let layout = folder.join("layout");
    tar::Archive::new(bytes.as_slice()).unpack(&layout).unwrap();
    Image { bytes, layout }
}

struct Image {
    bytes: Vec<u8>,
    layout: PathBuf,
}

impl Image {
    fn file(&self, name: &str) -> Value {
        serde_json::from_slice(&fs::read(self.layout.join(name)).unwrap()).unwrap()
    }

    fn path(&self, descriptor: &Value) -> PathBuf {
        let digest = descriptor["digest"].as_str().unwrap();
        self.layout.join(digest.replace("sha256:", "blobs/sha256/"))
    }

    /// What a descriptor names, which has to be as long, and have the sum, that it says.
    fn blob(&self, descriptor: &Value) -> Vec<u8> {
        let bytes = fs::read(self.path(descriptor)).unwrap();
        assert_eq!(descriptor["size"].as_u64(), Some(bytes.len() as u64));
        let sum = format!("sha256:{}", sha256(&bytes));
        assert_eq!(descriptor["digest"], sum);
        bytes
    }

    fn json(&self, descriptor: &Value) -> Value {
        serde_json::from_slice(&self.blob(descriptor)).unwrap()
    }

    fn manifest(&self) -> Value {
        self.json(&self.file("index.json")["manifests"][0])
    }

    fn config(&self) -> Value {
        self.json(&self.manifest()["config"])
    }

    fn layers(&self) -> Vec<Value> {
        self.manifest()["layers"].as_array().unwrap().clone()
    }

    fn variable(&self, name: &str) -> String {
        let config = self.config();
        let all = config["config"]["Env"].as_array().unwrap();
        let start = format!("{name}=");
        let found = all
            .iter()
            .find_map(|one| one.as_str()?.strip_prefix(&start));
        found.unwrap().to_owned()
    }
}

#[test]
fn an_image_holds_what_its_descriptors_say() {
    for processor in ["amd64", "arm64"] {
        let folder = TempDir::new().unwrap();
        let image = image(folder.path(), &small_archive(), b"helm", processor);
        let entry = &image.file("index.json")["manifests"][0];
        assert_eq!(entry["platform"]["architecture"], processor);
        assert_eq!(image.file("oci-layout")["imageLayoutVersion"], "1.0.0");
        let config = image.config();
        assert_eq!(config["architecture"], processor);
        assert_eq!(config["created"], "2026-01-01T00:00:00Z");
        let sums = image.layers().into_iter().map(|layer| {
            let mut content = Vec::new();
            let packed = image.blob(&layer);
            let mut packed = GzDecoder::new(packed.as_slice());
            packed.read_to_end(&mut content).unwrap();
            format!("sha256:{}", sha256(&content))
        });
        assert_eq!(config["rootfs"]["diff_ids"], sums.collect::<Value>());
        // docker load of old reads this file and no other.
        let docker = &image.file("manifest.json")[0];
        let named = |path: &Value| image.layout.join(path.as_str().unwrap());
        assert_eq!(
            named(&docker["Config"]),
            image.path(&image.manifest()["config"])
        );
        let layers = docker["Layers"].as_array().unwrap().iter().map(named);
        assert!(layers.eq(image.layers().iter().map(|layer| image.path(layer))));
        assert_eq!(
            docker["RepoTags"][0],
            entry["annotations"]["io.containerd.image.name"]
        );
    }
}

#[test]
fn an_image_runs_as_nobody_in_particular_and_says_where_it_comes_from() {
    let folder = TempDir::new().unwrap();
    let config = &image(folder.path(), &small_archive(), b"helm", "amd64").config()["config"];
    // A name would not do for Kubernetes' runAsNonRoot.
    assert_eq!(config["User"], "65532:65532");
    assert_eq!(config["Entrypoint"][0], "helm");
    let source = &config["Labels"]["org.opencontainers.image.source"];
    assert_eq!(source, env!("CARGO_PKG_REPOSITORY"));
}

#[test]
fn the_same_archive_gives_the_same_image() {
    let [one, other] = [0, 1].map(|_| {
        let folder = TempDir::new().unwrap();
        image(folder.path(), &small_archive(), b"helm", "arm64").bytes
    });
    assert!(one == other);
}

#[test]
fn without_an_archive_the_way_to_one_is_named() {
    let folder = TempDir::new().unwrap();
    let output = Command::new(repository().join("scripts/image"))
        .env("DIST_FOLDER", folder.path())
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success());
    assert!(message.contains("scripts/dist linux-amd64"), "{message}");
}

/// Helm as the image has it, in a root that belongs to somebody else: only what the image declares may be written.
#[test]
fn the_images_helm_finds_the_plugin_whoever_runs_it() {
    let helm = fs::read(Helm::V4.binary()).unwrap();
    let machine = Machine::new(Helm::V4).with_a_plain_user();
    let root = machine.path("root");
    let archive = whole_archive(&machine.path("plugin"));
    let image = image(&machine.path("image"), &archive, &helm, "amd64");
    fs::create_dir(&root).unwrap();
    for layer in image.layers() {
        let unpacked = Command::new("tar")
            .arg("-xzpf")
            .arg(image.path(&layer))
            .arg("-C")
            .arg(&root)
            .status();
        assert!(unpacked.unwrap().success());
    }
    // A copy: whoever runs it may not look into the repository's folder.
    let copied = Command::new("cp")
        .args(["-R", &chart("clearml-enterprise-agent-6.14.6")])
        .arg(root.join("work/chart"))
        .status();
    assert!(copied.unwrap().success());
    fs::copy(
        repository().join("examples/acme-root.pem"),
        root.join("work/root.pem"),
    )
    .unwrap();
    let inside = |name: &str| format!("{}{}", root.display(), image.variable(name));
    let mut machine = machine
        .with("HELM_PLUGINS", &inside("HELM_PLUGINS"))
        .with("HOME", &inside("HOME"))
        .with("TMPDIR", &inside("HOME"));
    for name in ["HELM_DATA_HOME", "HELM_CONFIG_HOME", "HELM_CACHE_HOME"] {
        machine = machine.with(name, &format!("{}/{name}", inside("HOME")));
    }
    let helm = root.join("usr/local/bin/helm").display().to_string();
    let work = root.join("work").display().to_string();
    machine
        .run(&[&helm, "clearml-certs", "--version"])
        .succeeds()
        .says(version());
    let render = ["clearml-certs", "render", "agent", "-n", "team"];
    let certificate = format!("{work}/root.pem");
    let chart = format!("{work}/chart");
    let line = [
        &[helm.as_str()],
        &render[..],
        &["--ca", &certificate, "--agent-chart", &chart],
    ];
    machine.run(&line.concat()).succeeds().says("extraCerts");
    assert_eq!(
        image.config()["config"]["Volumes"]["/tmp"],
        serde_json::json!({})
    );
    // That may be written, and nothing else was.
    assert!(root.join("tmp/HELM_CACHE_HOME").exists());
}
