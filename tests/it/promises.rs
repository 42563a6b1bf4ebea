//! docs/promises.md: what is promised, the code that holds it, and the tests that notice when it is taken away.
//!
//! `make mutants` takes each away; here it is seen that the table is about this code, and that the page is made of it.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::support::repository;

#[derive(Deserialize)]
struct Table {
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    title: String,
    promise: Vec<Promise>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promise {
    says: String,
    file: String,
    code: String,
    mutant: Option<String>,
    switched: Option<String>,
    #[serde(default)]
    noticed_by: Vec<String>,
}

fn table() -> Table {
    let path = repository().join("tests/promises.toml");
    toml::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn page(table: &Table) -> String {
    let mut page = "# Promises\n\nWhat this plugin promises, where the code holds it, and the tests that notice when it does not. `make mutants` takes each\nof them away, one at a time, and lets those tests run.\n\nThis page is made of `tests/promises.toml`.\n".to_owned();
    for group in &table.group {
        writeln!(
            page,
            "\n## {}\n\n| promise | held by | noticed by |\n| --- | --- | --- |",
            group.title
        )
        .unwrap();
        for one in &group.promise {
            let tests: Vec<String> = one
                .noticed_by
                .iter()
                .map(|test| format!("`{test}`"))
                .collect();
            writeln!(
                page,
                "| {} | `{}` | {} |",
                one.says,
                one.file,
                tests.join(", ")
            )
            .unwrap();
        }
    }
    page
}

/// All test sources in one text.
fn tests_of(folder: &Path) -> String {
    let mut text = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            text += &tests_of(&path);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            text += &fs::read_to_string(&path).unwrap();
        }
    }
    text
}

#[test]
fn each_promise_is_held_by_one_place_and_noticed_by_tests_that_exist() {
    let tests = tests_of(&repository().join("tests")) + &tests_of(&repository().join("src"));
    for one in table().group.iter().flat_map(|group| &group.promise) {
        let source = fs::read_to_string(repository().join(&one.file)).unwrap();
        assert_eq!(
            source.matches(&one.code).count(),
            1,
            "{}: {}",
            one.file,
            one.code
        );
        assert!(
            one.mutant.is_some() != one.switched.is_some(),
            "{}",
            one.says
        );
        assert!(!one.noticed_by.is_empty(), "no test notices: {}", one.says);
        for name in &one.noticed_by {
            let test = name.trim_end_matches("::helm3").trim_end_matches("::helm4");
            let test = test.rsplit([':', '/']).next().unwrap();
            assert!(
                tests.contains(&format!("fn {test}(")) || tests.contains(&format!("\"{test}\"")),
                "there is no test {name}"
            );
        }
    }
}

#[test]
fn the_page_of_promises_is_made_of_the_table() {
    let path = repository().join("docs/promises.md");
    let expected = page(&table());
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == expected,
        "docs/promises.md is out of date: UPDATE_REFERENCE=1 cargo test --test it promises"
    );
}
