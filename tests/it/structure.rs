//! The shape of the code: what may stand where.

use std::collections::{BTreeMap, BTreeSet};
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

/// The floors of the house, from the ground up: a module uses those below its own floor alone.
const FLOORS: [&[&str]; 14] = [
    &[
        "conf",
        "environment",
        "exit",
        "installation",
        "log_lines",
        "nearest",
        "pattern",
        "platform",
        "side_by_side",
        "trust_store",
        "yaml",
    ],
    &["files", "finding", "interrupt", "secrets", "tls"],
    &["certs", "process", "values"],
    &["backups", "kube", "proof", "vendor"],
    &["completion", "engine", "helm", "overrides", "verify"],
    &["doctor", "release", "sources"],
    &["plan"],
    &["request"],
    &["fleet", "preflight", "status"],
    &["cli"],
    &["guided", "run"],
    &["export", "report"],
    &["ui"],
    &["commands"],
];

/// Modules that decide and touch nothing: no file, no process, no network, no clock.
const PURE: [&str; 14] = [
    "certs",
    "conf",
    "export",
    "finding",
    "log_lines",
    "overrides",
    "plan",
    "proof",
    "secrets",
    "status",
    "values",
    "vendor",
    "verify",
    "yaml",
];

/// By which the world is touched.
const WORLD: [&str; 7] = [
    "std::fs",
    "std::env",
    "std::process",
    "std::net::Tcp",
    "ureq",
    "now_utc",
    "SystemTime::now",
];

/// The program's files by their module's path: `src/proof/pods.rs` is `proof::pods`. Tests in files of their own are none.
fn modules() -> BTreeMap<Vec<String>, String> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut modules = BTreeMap::new();
    for file in sources(&src, Path::new("")) {
        let path = file.strip_prefix(&src).unwrap().with_extension("");
        let mut module: Vec<String> = path
            .iter()
            .map(|name| name.to_str().unwrap().to_owned())
            .collect();
        if module.last().is_some_and(|name| name == "mod") {
            module.pop();
        }
        if !["lib", "main"].contains(&module[0].as_str()) && module.last().unwrap() != "tests" {
            modules.insert(module, program(&fs::read_to_string(&file).unwrap()));
        }
    }
    assert!(modules.len() > 200, "{}", modules.len());
    modules
}

/// `a::{b, c::{d}}` as `a::b` and `a::c::d`.
fn expanded(tree: &str) -> Vec<String> {
    let Some((before, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap().trim().to_owned()];
    };
    let inner = &rest[..rest.rfind('}').unwrap()];
    let mut depth = 0;
    let parts = inner.split(|c| {
        depth += match c {
            '{' => 1,
            '}' => -1,
            _ => 0,
        };
        c == ',' && depth == 0
    });
    parts
        .filter(|part| !part.trim().is_empty())
        .flat_map(expanded)
        .map(|one| format!("{}{one}", before.trim()))
        .collect()
}

/// What the `use` lines of a module name, as paths from the crate's root.
fn used(module: &[String], text: &str) -> Vec<Vec<String>> {
    let starts = text.match_indices("use ").filter(|(at, _)| {
        let line = text[..*at].rsplit('\n').next().unwrap();
        let is_word = line.is_empty() || line.ends_with(' ');
        is_word && (line.trim().is_empty() || line.trim().starts_with("pub"))
    });
    let lines = starts.map(|(at, word)| {
        let tree = text[at + word.len()..].split(';').next().unwrap();
        tree.replace('\n', " ")
    });
    let paths = lines.flat_map(|tree| expanded(&tree)).map(|path| {
        let mut words = path
            .split("::")
            .map(|word| word.trim().to_owned())
            .peekable();
        let mut base = module.to_vec();
        match words.peek().map(String::as_str) {
            Some("crate") => base.clear(),
            Some("super") => {}
            _ => return [module.to_vec(), words.collect()].concat(),
        }
        while let Some(word) = words.next_if(|word| word == "super" || word == "crate") {
            if word == "super" {
                base.pop();
            }
        }
        base.extend(words);
        base
    });
    paths.collect()
}

#[test]
fn every_module_uses_only_what_stands_below_it() {
    let floor_of = |name: &str| FLOORS.iter().position(|floor| floor.contains(&name));
    for (module, text) in modules() {
        let own = floor_of(&module[0]).unwrap_or_else(|| panic!("{} has no floor", module[0]));
        for rest in text.split("crate::").skip(1) {
            let trees = rest.split(';').next().unwrap();
            let names: Vec<String> = if trees.starts_with('{') {
                expanded(trees)
            } else {
                vec![trees.to_owned()]
            };
            for name in names {
                let end = |c: char| !c.is_alphanumeric() && c != '_';
                let name = name.split(end).next().unwrap();
                let is_below = name == module[0] || floor_of(name).is_some_and(|floor| floor < own);
                assert!(is_below, "{} uses {name}", module.join("::"));
            }
        }
    }
}

#[test]
fn what_decides_touches_nothing() {
    for (module, text) in modules() {
        if PURE.contains(&module[0].as_str()) {
            for word in WORLD {
                assert!(!text.contains(word), "{} has {word}", module.join("::"));
            }
        }
    }
}

/// But for the three that make one edit, in a file each: they are one algorithm.
#[test]
fn no_files_use_each_other_in_a_circle() {
    let modules = modules();
    let mut arrows: BTreeMap<&[String], BTreeSet<&[String]>> = BTreeMap::new();
    for (module, text) in &modules {
        for path in used(module, text) {
            // Of `certs::chain::Chain`, the file; of what a folder hands on, the folder.
            let file = (1..=path.len())
                .rev()
                .find_map(|end| modules.get_key_value(&path[..end]));
            let Some((file, _)) = file else { continue };
            if !module.starts_with(file) {
                arrows.entry(module).or_default().insert(file);
            }
        }
    }
    let reached = |from: &[String]| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&[String]> = arrows.get(from).into_iter().flatten().copied().collect();
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(arrows.get(next).into_iter().flatten());
            }
        }
        seen
    };
    let in_circles = arrows
        .keys()
        .filter(|module| reached(module).contains(*module));
    let in_circles: Vec<String> = in_circles.map(|module| module.join("::")).collect();
    assert_eq!(
        in_circles,
        ["yaml::document", "yaml::edit", "yaml::replace"]
    );
}
