//! The shape of the code: what may stand where.

use std::fs;
use std::path::{Path, PathBuf};

/// Every source file below a folder, but for one folder.
fn sources(folder: &Path, but: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && path != but {
            found.extend(sources(&path, but));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found
}

/// What is compiled into the program: no comments, no tests.
fn program(text: &str) -> String {
    let text = text.split("#[cfg(test)]").next().unwrap();
    let lines = text.lines().filter(|line| !line.trim().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Keys of the vendor's values that name a place in them.
const KEYS: [&str; 17] = [
    "agentk8sglue",
    "orchestratork8sglue",
    "clearmlApplications",
    "customCertificates",
    "extraCerts",
    "overrideCaCertificatesCrt",
    "propagateToTasks",
    "basePodTemplate",
    "templateOverrides",
    "extraVolumes",
    "extraVolumeMounts",
    "appsQueue",
    "clearmlConfig",
    "UrlReference",
    "externalURL",
    "heckCertificate",
    "imageRegistry",
];

#[test]
fn no_value_path_of_the_vendors_charts_stands_outside_of_vendor() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = sources(&src, &src.join("vendor"));
    assert!(files.len() > 100, "{}", files.len());
    for file in files {
        if file.ends_with("tests.rs") {
            continue;
        }
        let text = program(&fs::read_to_string(&file).unwrap());
        for key in KEYS {
            assert!(!text.contains(key), "{} has {key}", file.display());
        }
    }
}
