//! The pages hold together: links lead somewhere, command lines are understood, the reference is the command line's own.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::{reference, repository};
use clap::{CommandFactory as _, Parser as _};
use helm_clearml_certs::cli::Cli;

/// A page, by its path, and its text.
type Page = (PathBuf, String);

/// Every page: those at the root, and all below `docs` and `fuzz`.
fn pages() -> Vec<Page> {
    let mut pages = Vec::new();
    let mut folders = vec![(repository().to_path_buf(), false)];
    folders.extend(
        ["docs", "tests/charts", "tests/controlplane"].map(|name| (repository().join(name), true)),
    );
    while let Some((folder, deep)) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && deep {
                folders.push((path, true));
            } else if path.extension().is_some_and(|end| end == "md") {
                let text = fs::read_to_string(&path).unwrap();
                pages.push((path, text));
            }
        }
    }
    assert!(pages.len() > 15, "only {} pages", pages.len());
    pages
}

/// What Markdown shows as code, line by line, joined where a line ends in a backslash.
fn code_lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut fenced = false;
    let mut continued = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            continue;
        }
        if fenced || line.starts_with("    ") {
            let (line, more) = match line.strip_suffix('\\') {
                Some(line) => (line, true),
                None => (line, false),
            };
            match lines.last_mut() {
                Some(last) if continued => *last += line,
                _ => lines.push(line.trim().to_owned()),
            }
            continued = more;
        }
    }
    lines
}

/// The words that reach the program: Helm takes its own flags away, the shell the rest. In a container, Helm stands before
/// them unseen.
fn words_for_us(line: &str) -> Option<Vec<String>> {
    let (_, line) = line.split_once(" clearml-certs ")?;
    let line = [" #", " > ", " | "]
        .iter()
        .fold(line, |line, end| line.split(end).next().unwrap());
    let mut words = vec!["clearml-certs".to_owned()];
    let mut given = shell_words::split(line).ok()?.into_iter();
    while let Some(word) = given.next() {
        match word.as_str() {
            "-n" | "--namespace" | "--kube-context" | "--kubeconfig" => drop(given.next()),
            "--debug" => {}
            _ => words.push(word),
        }
    }
    Some(words)
}

/// A heading as GitHub makes an anchor of it.
fn anchor(heading: &str) -> String {
    let kept = heading.trim_start_matches('#').trim().to_lowercase();
    kept.chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn has_anchor(page: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(page).unwrap();
    text.lines()
        .filter(|line| line.starts_with('#'))
        .any(|line| anchor(line) == wanted)
}

#[test]
fn every_link_leads_somewhere() {
    let mut checked = 0;
    let mut broken = Vec::new();
    for (page, text) in pages() {
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        for link in links.filter(|link| !link.contains("://")) {
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            checked += 1;
            let leads = target.exists() && (fragment.is_empty() || has_anchor(&target, fragment));
            if !leads {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(checked > 50, "only {checked} links");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn every_page_can_be_found_from_the_documentations_first_page() {
    let index = fs::read_to_string(repository().join("docs/README.md")).unwrap();
    for (page, _) in pages() {
        let Ok(path) = page.strip_prefix(repository().join("docs")) else {
            continue;
        };
        let link = format!("]({}", path.display());
        assert!(
            path.ends_with("README.md") || index.contains(&link),
            "docs/README.md does not link to {}",
            path.display()
        );
    }
}

#[test]
fn every_command_line_in_the_pages_is_understood() {
    let mut read = 0;
    let mut wrong = Vec::new();
    for (page, text) in pages() {
        if page.ends_with("docs/reference.md") {
            continue; // usage lines, which are clap's own
        }
        for line in code_lines(&text) {
            let Some(words) = words_for_us(&line) else {
                continue;
            };
            read += 1;
            match Cli::try_parse_from(words) {
                Err(error) if error.use_stderr() => {
                    wrong.push(format!("{}: {line}\n{error}", page.display()));
                }
                _ => {}
            }
        }
    }
    assert!(read > 30, "only {read} command lines");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_playgrounds_page_has_its_tour() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).unwrap();
    let (tour, page) = (read("tests/playground/tour"), read("docs/playground.md"));
    let shown: Vec<String> = tour.lines().map(|line| format!("    {line}")).collect();
    let shown = shown.join("\n").replace("    \n", "\n");
    assert!(page.contains(&shown), "docs/playground.md lacks:\n{shown}");
    let commands = tour
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    assert_eq!(commands.count(), 10, "the page counts them");
}

#[test]
fn the_job_for_kubernetes_says_what_is_understood() {
    let page = fs::read_to_string(repository().join("docs/guides/container.md")).unwrap();
    let mut blocks = page.split("```yaml\n").skip(1);
    let block = blocks
        .find(|block| block.contains("kind: CronJob"))
        .unwrap();
    let job: serde_yaml::Value = serde_yaml::from_str(block.split("```").next().unwrap()).unwrap();
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let words: Vec<String> = serde_yaml::from_value(container["args"].clone()).unwrap();
    let words = words_for_us(&format!("helm {}", words.join(" "))).unwrap();
    Cli::try_parse_from(words).unwrap();
    // A read-only root leaves Helm without a cache, and it loads no plugin then.
    assert_eq!(container["volumeMounts"][0]["mountPath"], "/tmp");
    assert_eq!(
        container["volumeMounts"][0]["name"],
        pod["volumes"][0]["name"]
    );
}

/// The YAML of a page's blocks, document by document.
fn yaml_of(page: &str) -> Vec<serde_yaml::Value> {
    use serde::Deserialize as _;

    let text = fs::read_to_string(repository().join(page)).unwrap();
    let blocks = text.split("```yaml\n").skip(1);
    let blocks = blocks.map(|block| block.split("```").next().unwrap().to_owned());
    let documents = blocks.flat_map(|block| {
        let documents = serde_yaml::Deserializer::from_str(&block);
        let read = documents.map(|one| serde_yaml::Value::deserialize(one).unwrap());
        read.collect::<Vec<_>>()
    });
    documents.collect()
}

/// A line of the job's script and the metrics that alerts are made of: both exist.
#[test]
fn the_job_and_the_alerts_of_the_status_page_name_what_there_is() {
    let documents = yaml_of("docs/status.md");
    let of = |kind: &str| documents.iter().find(|one| one["kind"] == kind).unwrap();
    let job = of("CronJob");
    let pod = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let container = &pod["containers"][0];
    let script = container["args"][0].as_str().unwrap();
    let line = script
        .lines()
        .find(|line| line.contains(" clearml-certs "))
        .unwrap();
    Cli::try_parse_from(words_for_us(line).unwrap()).unwrap();
    let mounts: Vec<&serde_yaml::Value> = container["volumeMounts"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    let volumes: Vec<&serde_yaml::Value> = pod["volumes"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!(mounts, volumes);
    assert_eq!(of("Role")["metadata"]["name"], pod["serviceAccountName"]);
    // The metrics of the alerts are those that the program prints and the page describes.
    let code = fs::read_to_string(repository().join("src/report/prometheus.rs")).unwrap();
    let page = fs::read_to_string(repository().join("docs/status.md")).unwrap();
    let printed: Vec<&str> = code
        .split("name: \"")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .filter(|name| name.starts_with("clearml_certs_"))
        .collect();
    assert_eq!(printed.len(), 7, "{printed:?}");
    for name in &printed {
        assert!(
            page.contains(&format!("| `{name}` |")),
            "docs/status.md lacks {name}"
        );
    }
    let alerts = documents
        .iter()
        .find(|one| one.get("groups").is_some())
        .unwrap();
    let rules = alerts["groups"][0]["rules"].as_sequence().unwrap();
    assert_eq!(rules.len(), 3);
    for rule in rules {
        let expression = rule["expr"].as_str().unwrap();
        let named: Vec<&str> = expression
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .filter(|word| word.starts_with("clearml_certs_"))
            .collect();
        assert!(!named.is_empty(), "{expression}");
        for name in named {
            assert!(printed.contains(&name), "{expression} names {name}");
        }
    }
}

#[test]
fn the_reference_is_what_the_command_line_says_of_itself() {
    let page = repository().join("docs/reference.md");
    let expected = reference::page(Cli::command());
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&page, &expected).unwrap();
    }
    let written = fs::read_to_string(&page).unwrap_or_default();
    assert!(
        written == expected,
        "docs/reference.md is out of date: UPDATE_REFERENCE=1 cargo test --test it docs_pages"
    );
}

#[test]
fn commands_over_several_lines_and_helms_own_flags_are_read() {
    let page =
        "text\n\n    helm clearml-certs install agent -n team \\\n        --ca 'a b.pem' # why\n";
    let lines = code_lines(page);
    let words = words_for_us(&lines[0]).unwrap();
    assert_eq!(
        words,
        ["clearml-certs", "install", "agent", "--ca", "a b.pem"]
    );
}
