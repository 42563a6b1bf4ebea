//! The edits that the lossless document was designed against: 194 files, what to do to them, and what must come out.

use std::fmt::Write as _;

use helm_clearml_certs::yaml::{Document, Path, Step, YamlError};
use serde_json::Value as Json;
use serde_yaml::Value;

use crate::yaml_support::{read_with_libyaml, read_with_saphyr};

struct Case {
    id: String,
    group: String,
    source: String,
    steps: Vec<Json>,
    refuse: bool,
    expected: Json,
    may_change: Vec<String>,
    undo: Option<Vec<Json>>,
}

fn cases() -> Vec<Case> {
    let text = |value: &Json| value.as_str().unwrap().to_owned();
    include_str!("../yaml/cases.jsonl")
        .lines()
        .map(|line| {
            let case: Json = serde_json::from_str(line).unwrap();
            Case {
                id: text(&case["id"]),
                group: text(&case["group"]),
                source: text(&case["source"]),
                steps: case["steps"].as_array().unwrap().clone(),
                refuse: case["refuse"] == true,
                expected: case["expected_value"].clone(),
                may_change: case["lines_that_may_change"]
                    .as_array()
                    .map(|lines| lines.iter().map(text).collect())
                    .unwrap_or_default(),
                undo: case["undo"].as_array().cloned(),
            }
        })
        .collect()
}

fn path(step: &Json) -> Path {
    let steps = step["path"].as_array().unwrap().iter();
    steps
        .map(|step| match step {
            Json::String(key) => Step::from(key.as_str()),
            index => Step::from(usize::try_from(index.as_u64().unwrap()).unwrap()),
        })
        .collect()
}

fn value(json: &Json) -> Value {
    serde_yaml::to_value(json).unwrap()
}

fn apply(document: &mut Document, steps: &[Json]) -> Result<(), YamlError> {
    for step in steps {
        let path = path(step);
        let texts = |name: &str| -> Vec<String> {
            let list = step[name].as_array().unwrap();
            list.iter()
                .map(|text| text.as_str().unwrap().to_owned())
                .collect()
        };
        match step["op"].as_str().unwrap() {
            "set" => document.set(path, &value(&step["value"]))?,
            "append" => document.append(path, &value(&step["item"]))?,
            "remove" => document.remove(path)?,
            "merge" => {
                let items: Vec<Value> = step["items"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(value)
                    .collect();
                document.merge(path, step["key"].as_str().unwrap(), &items)?;
            }
            "unmerge" => {
                let names = texts("names");
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                document.unmerge(path, step["key"].as_str().unwrap(), &names)?;
            }
            other => panic!("unknown step {other}"),
        }
    }
    Ok(())
}

/// Runs `check` on every case of a kind and reports all that fail, by name.
fn every_case(kind: impl Fn(&Case) -> bool, check: impl Fn(&Case) -> Result<(), String>) {
    let cases: Vec<Case> = cases().into_iter().filter(kind).collect();
    assert!(!cases.is_empty(), "no case of this kind");
    let mut failures = String::new();
    for case in &cases {
        if let Err(problem) = check(case) {
            writeln!(failures, "{} ({}): {problem}", case.id, case.group).unwrap();
        }
    }
    assert!(failures.is_empty(), "\n{failures}");
}

fn edited(case: &Case) -> Result<Document, String> {
    let mut document = Document::parse(&case.source).map_err(|error| error.to_string())?;
    apply(&mut document, &case.steps).map_err(|error| error.to_string())?;
    Ok(document)
}

#[test]
fn there_are_194_cases() {
    assert_eq!(cases().len(), 194);
}

#[test]
fn two_independent_readers_see_the_expected_value() {
    every_case(
        |case| !case.refuse,
        |case| {
            let document = edited(case)?;
            for (reader, found) in [
                ("libyaml", read_with_libyaml(document.text())?),
                ("saphyr", read_with_saphyr(document.text())?),
            ] {
                if found != case.expected {
                    return Err(format!(
                        "{reader} reads\n{found:#}\nfrom\n{}",
                        document.text()
                    ));
                }
            }
            Ok(())
        },
    );
}

#[test]
fn lines_that_the_edit_need_not_touch_stay_in_order() {
    every_case(
        |case| !case.refuse,
        |case| {
            let document = edited(case)?;
            let mut after = document.text().lines();
            for line in case.source.lines() {
                let must_stay = !case.may_change.iter().any(|may| may == line.trim());
                if must_stay && !after.any(|other| other == line) {
                    return Err(format!("lost the line {line:?} in\n{}", document.text()));
                }
            }
            Ok(())
        },
    );
}

#[test]
fn line_ends_stay_what_the_file_uses() {
    every_case(
        |case| !case.refuse,
        |case| {
            let document = edited(case)?;
            let text = document.text();
            let crlf = text.matches("\r\n").count();
            let expected = if case.source.contains("\r\n") {
                text.matches('\n').count()
            } else {
                0
            };
            if crlf == expected {
                Ok(())
            } else {
                Err(format!("{crlf} CRLF instead of {expected} in\n{text:?}"))
            }
        },
    );
}

#[test]
fn a_missing_final_newline_stays_missing_unless_a_block_text_comes_last() {
    every_case(
        |case| !case.refuse && !case.source.is_empty() && !case.source.ends_with('\n'),
        |case| {
            let document = edited(case)?;
            let text = document.text();
            let last_is_pem = text.trim_end().ends_with("-----END CERTIFICATE-----");
            if text.ends_with('\n') == last_is_pem {
                Ok(())
            } else {
                Err(format!("{text:?}"))
            }
        },
    );
}

#[test]
fn a_certificate_is_a_literal_block_unless_it_stands_in_a_flow_collection() {
    every_case(
        |case| !case.refuse && case.id.split('~').next() != Some("1e6-flow-list-multiline"),
        |case| {
            let document = edited(case)?;
            let quoted = document.text().matches("\"-----BEGIN").count();
            if quoted == case.source.matches("\"-----BEGIN").count() {
                Ok(())
            } else {
                Err(document.text().to_owned())
            }
        },
    );
}

#[test]
fn undoing_gives_back_the_source_byte_for_byte() {
    every_case(
        |case| case.undo.is_some(),
        |case| {
            let mut document = edited(case)?;
            let between = document.text().to_owned();
            let undo = case.undo.as_deref().unwrap_or_default();
            apply(&mut document, undo).map_err(|error| format!("{error}\n{between}"))?;
            if document.text() == case.source {
                Ok(())
            } else {
                Err(format!("from\n{between}\nback to\n{}", document.text()))
            }
        },
    );
}

#[test]
fn a_refusal_names_its_place_and_changes_nothing() {
    every_case(
        |case| case.refuse,
        |case| {
            let error = match Document::parse(&case.source) {
                Err(error) => error,
                Ok(mut document) => match apply(&mut document, &case.steps) {
                    Ok(()) => return Err(format!("not refused:\n{}", document.text())),
                    Err(_) if document.text() != case.source => {
                        return Err("changed the text".to_owned());
                    }
                    Err(error) => error,
                },
            };
            let at = error.position();
            let lines = case.source.lines().count() + 1;
            if at.line == 0
                || at.line > lines
                || !error
                    .to_string()
                    .contains(&format!("line {}, column", at.line))
            {
                return Err(format!("no place in {error}"));
            }
            Ok(())
        },
    );
}

#[test]
fn the_same_steps_again_change_nothing() {
    let repeatable = |step: &Json| {
        let by_index = step["path"]
            .as_array()
            .unwrap()
            .last()
            .is_some_and(Json::is_number);
        step["op"] != "append" && !(step["op"] == "remove" && by_index)
    };
    every_case(
        |case| !case.refuse && case.steps.iter().all(repeatable),
        |case| {
            let mut document = edited(case)?;
            let once = document.text().to_owned();
            apply(&mut document, &case.steps).map_err(|error| error.to_string())?;
            if document.text() == once {
                Ok(())
            } else {
                Err(format!("from\n{once}\nto\n{}", document.text()))
            }
        },
    );
}
