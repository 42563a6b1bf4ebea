//! What holds for every edit of every file.

use crate::yaml_support::config;
use crate::yaml_support::generate::{any_file, ordinary_file, value};
use helm_clearml_certs::yaml::{Document, Path, Step, YamlError};
use proptest::prelude::*;
use proptest::sample::Index;
use serde_yaml::{Mapping, Value};

/// Every path of a value whose keys are texts.
fn paths(value: &Value) -> Vec<Path> {
    fn collect(value: &Value, path: &Path, found: &mut Vec<Path>) {
        found.push(path.clone());
        match value {
            Value::Mapping(mapping) => {
                for (key, value) in mapping {
                    if let Some(key) = key.as_str() {
                        collect(value, &path.then(key), found);
                    }
                }
            }
            Value::Sequence(items) => {
                for (at, item) in items.iter().enumerate() {
                    collect(item, &path.then(at), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(value, &Path::root(), &mut found);
    found
}

fn at<'v>(value: &'v Value, path: &Path) -> &'v Value {
    path.steps().iter().fold(value, |value, step| match step {
        Step::Key(key) => &value[key.as_str()],
        Step::Index(index) => &value[*index],
    })
}

fn at_mut<'v>(value: &'v mut Value, path: &Path) -> &'v mut Value {
    path.steps().iter().fold(value, |value, step| match step {
        Step::Key(key) => value.get_mut(key.as_str()).unwrap(),
        Step::Index(index) => value.get_mut(*index).unwrap(),
    })
}

fn pick(paths: &[Path], index: Index) -> Option<Path> {
    if paths.is_empty() {
        None
    } else {
        Some(index.get(paths).clone())
    }
}

/// The paths of one kind of value.
fn paths_where(document: &Document, is: impl Fn(&Value) -> bool) -> Vec<Path> {
    let value = document.value();
    paths(value)
        .into_iter()
        .filter(|path| is(at(value, path)))
        .collect()
}

fn parent(path: &Path) -> Path {
    let steps = path.steps();
    steps
        .iter()
        .take(steps.len().saturating_sub(1))
        .cloned()
        .collect()
}

fn is_below(path: &Path, above: &Path) -> bool {
    path.steps().starts_with(above.steps())
}

/// Everything that must hold after an edit at `path` that was meant to give `expected`.
fn check(
    before: &Document,
    path: &Path,
    result: Result<(), YamlError>,
    after: &Document,
    expected: &Value,
) {
    let source = before.text();
    if let Err(error) = result {
        assert_eq!(after.text(), source, "changed in spite of {error}");
        let at = error.position();
        assert!(
            at.line >= 1 && at.column >= 1 && at.line <= source.lines().count() + 1,
            "{error}"
        );
    } else {
        let read = Document::parse(after.text()).unwrap();
        assert_eq!(
            read.value(),
            expected,
            "\nfrom\n{source}\nto\n{}",
            after.text()
        );
        assert_eq!(after.value(), expected);
        // What the edit does not concern keeps its bytes, wherever it is now.
        let concerned = parent(path);
        let elsewhere = before.scalars().map(|scalar| scalar.path);
        for path in elsewhere.filter(|path| !is_below(path, &concerned)) {
            let (was, is) = (before.span(&path).unwrap(), after.span(&path).unwrap());
            assert_eq!(after.text()[is], source[was], "{path} in\n{}", after.text());
        }
        let crlf = source.contains("\r\n");
        let text = after.text();
        assert!(
            !crlf || text.matches('\n').count() == text.matches("\r\n").count(),
            "{text:?}"
        );
    }
}

/// Refusals that an ordinary file can give cause to.
fn is_expected(error: &YamlError) -> bool {
    matches!(error.code(), "no-final-newline")
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn an_added_key_changes_nothing_else_and_can_be_removed_again(
        file in ordinary_file(), index: Index, new in value()
    ) {
        let Ok(before) = Document::parse(&file.text) else { return Err(TestCaseError::reject("not YAML")) };
        let path = pick(&paths_where(&before, Value::is_mapping), index).unwrap().then("added");
        let mut document = before.clone();
        let mut expected = before.value().clone();
        at_mut(&mut expected, &parent(&path)).as_mapping_mut().unwrap().insert("added".into(), new.clone());
        let result = document.set(&path, &new);
        if let Err(error) = &result {
            prop_assert!(is_expected(error), "{error}\n{}", file.text);
        }
        check(&before, &path, result, &document, &expected);
        let with_added = document.text().to_owned();

        if with_added != file.text {
            document.set(&path, &new).unwrap();
            prop_assert_eq!(document.text(), &with_added, "a second time");

            let was_empty = at(before.value(), &parent(&path)).as_mapping().unwrap().is_empty();
            document.remove(&path).unwrap();
            let gained_newline = !file.text.ends_with('\n') && with_added.ends_with('\n');
            if !was_empty && !gained_newline {
                prop_assert_eq!(document.text(), &file.text, "after\n{}", with_added);
            }
        }
    }

    #[test]
    fn an_appended_item_changes_nothing_else_and_can_be_removed_again(
        file in ordinary_file(), index: Index, new in value()
    ) {
        let Ok(before) = Document::parse(&file.text) else { return Err(TestCaseError::reject("not YAML")) };
        let Some(path) = pick(&paths_where(&before, Value::is_sequence), index) else { return Ok(()) };
        let count = at(before.value(), &path).as_sequence().unwrap().len();
        let mut expected = before.value().clone();
        at_mut(&mut expected, &path).as_sequence_mut().unwrap().push(new.clone());
        let mut document = before.clone();
        let result = document.append(&path, &new);
        if let Err(error) = &result {
            prop_assert!(is_expected(error), "{error}\n{}", file.text);
        }
        let added = result.is_ok();
        check(&before, &path.then(count), result, &document, &expected);
        let with_item = document.text().to_owned();
        let gained_newline = !file.text.ends_with('\n') && with_item.ends_with('\n');
        if added && count > 0 && !gained_newline {
            document.remove(path.then(count)).unwrap();
            prop_assert_eq!(document.text(), &file.text, "after\n{}", with_item);
        }
    }

    #[test]
    fn merged_items_replace_their_namesakes_and_can_be_unmerged_again(
        file in ordinary_file(), index: Index, values in prop::collection::vec(value(), 1..3), name in "[ab]|new|yes"
    ) {
        let Ok(before) = Document::parse(&file.text) else { return Err(TestCaseError::reject("not YAML")) };
        let Some(path) = pick(&paths_where(&before, Value::is_sequence), index) else { return Ok(()) };
        let items: Vec<Value> = values.into_iter().enumerate().map(|(at, value)| {
            let name = if at == 0 { name.clone() } else { format!("{name}-{at}") };
            Mapping::from_iter([("name".into(), name.into()), ("content".into(), value)]).into()
        }).collect();
        let present = at(before.value(), &path).as_sequence().unwrap().clone();
        let named = |item: &Value, other: &Value| item.get("name") == other.get("name") && item.get("name").is_some();
        let mut merged = present.clone();
        for item in &items {
            match merged.iter_mut().find(|other| named(item, other)) {
                Some(other) => *other = item.clone(),
                None => merged.push(item.clone()),
            }
        }
        let mut expected = before.value().clone();
        *at_mut(&mut expected, &path) = Value::Sequence(merged.clone());
        let mut document = before.clone();
        let result = document.merge(&path, "name", &items);
        if let Err(error) = &result {
            prop_assert!(is_expected(error) || error.code() == "ambiguous-item", "{error}\n{}", file.text);
        }
        let succeeded = result.is_ok();
        check(&before, &path.then(0), result, &document, &expected);
        let with_items = document.text().to_owned();
        let gained_newline = !file.text.ends_with('\n') && with_items.ends_with('\n');
        if succeeded && !present.is_empty() && merged.len() == present.len() + items.len() && !gained_newline {
            let names: Vec<&str> = items.iter().filter_map(|item| item["name"].as_str()).collect();
            document.unmerge(&path, "name", &names).unwrap();
            prop_assert_eq!(document.text(), &file.text, "after\n{}", with_items);
        }
    }

    #[test]
    fn whatever_is_set_anywhere_is_what_is_read_back(
        file in any_file(), edits in prop::collection::vec((any::<Index>(), value()), 1..4)
    ) {
        let Ok(mut document) = Document::parse(&file.text) else { return Err(TestCaseError::reject("not YAML")) };
        for (index, new) in edits {
            let path = pick(&paths(document.value()), index).unwrap();
            let before = document.clone();
            let mut expected = before.value().clone();
            *at_mut(&mut expected, &path) = new.clone();
            let result = document.set(&path, &new);
            check(&before, &path, result, &document, &expected);
        }
    }

    #[test]
    fn whatever_is_removed_is_all_that_is_gone(
        file in any_file(), indices in prop::collection::vec(any::<Index>(), 1..4)
    ) {
        let Ok(mut document) = Document::parse(&file.text) else { return Err(TestCaseError::reject("not YAML")) };
        for index in indices {
            let below_root: Vec<Path> = paths(document.value()).into_iter().skip(1).collect();
            let Some(path) = pick(&below_root, index) else { break };
            let before = document.clone();
            let mut expected = before.value().clone();
            match (at_mut(&mut expected, &parent(&path)), path.steps().last().unwrap()) {
                (Value::Mapping(mapping), Step::Key(key)) => { mapping.shift_remove(key.as_str()); }
                (Value::Sequence(items), Step::Index(index)) => { items.remove(*index); }
                _ => unreachable!(),
            }
            let result = document.remove(&path);
            check(&before, &path, result, &document, &expected);
        }
    }

    #[test]
    fn no_text_makes_the_editor_panic(
        file in any_file(),
        damage in prop::collection::vec((any::<Index>(), 0_usize..12, "[ -~\n\t\r]{0,3}|\u{feff}|\u{85}|---\n|: |- |[&*]a |[|>][+-]?\n"), 1..6),
        index: Index,
        new in value(),
    ) {
        let mut text = file.text;
        for (at, length, inserted) in damage {
            let mut start = at.index(text.len() + 1);
            while !text.is_char_boundary(start) {
                start -= 1;
            }
            let mut end = (start + length).min(text.len());
            while !text.is_char_boundary(end) {
                end += 1;
            }
            text.replace_range(start..end, &inserted);
        }
        try_everything(&text, index, &new);
    }

    #[test]
    fn no_characters_make_the_editor_panic(text in "[\\PC\n]{0,200}", index: Index, new in value()) {
        try_everything(&text, index, &new);
    }
}

type Edit<'a> = dyn Fn(&mut Document) -> Result<(), YamlError> + 'a;

/// Every edit at one place of whatever the text is; each must succeed as intended or change nothing.
fn try_everything(text: &str, index: Index, new: &Value) {
    let Ok(before) = Document::parse(text) else {
        return;
    };
    let Some(path) = pick(&paths(before.value()), index) else {
        return;
    };
    assert!(
        before
            .scalars()
            .all(|scalar| text.get(scalar.span).is_some())
    );
    let edits: [&Edit<'_>; 5] = [
        &|document| document.set(&path, new),
        &|document| document.append(&path, new),
        &|document| document.merge(&path, "name", std::slice::from_ref(new)),
        &|document| document.unmerge(&path, "name", &["a"]),
        &|document| document.remove(&path),
    ];
    for edit in edits {
        let mut document = before.clone();
        match edit(&mut document) {
            Ok(()) => assert_eq!(
                Document::parse(document.text()).unwrap().value(),
                document.value()
            ),
            Err(_) => assert_eq!(document.text(), text),
        }
    }
}

proptest! {
    // Each takes twice the edits, and more of them.
    #![proptest_config(ProptestConfig { cases: config().cases / 4, ..config() })]

    #[test]
    fn edits_made_together_give_what_they_give_one_by_one(
        file in any_file(), indexes: [Index; 4], new in value()
    ) {
        let Ok(before) = Document::parse(&file.text) else { return Err(TestCaseError::reject("not YAML")) };
        // Each edit goes by what the one before left.
        let edits = |document: &mut Document| -> Result<(), YamlError> {
            for (turn, index) in indexes.iter().enumerate() {
                let mappings = paths_where(document, Value::is_mapping);
                let Some(mapping) = pick(&mappings, *index) else { continue };
                match turn {
                    0 => document.set(mapping.then("added"), &new)?,
                    1 => document.extend(mapping.then("list"), vec![new.clone(), Value::from(1)])?,
                    2 => {
                        let all = paths(document.value());
                        document.remove(index.get(&all).clone())?;
                    }
                    _ => document.set(Path::root().then("last").then("one"), &new)?,
                }
            }
            Ok(())
        };
        let (mut alone, mut together) = (before.clone(), before.clone());
        let alone_result = edits(&mut alone);
        let together_result = together.transaction(edits);
        prop_assert_eq!(&alone_result, &together_result);
        if alone_result.is_ok() {
            prop_assert_eq!(together.text(), alone.text());
            prop_assert_eq!(together.value(), alone.value());
        } else {
            prop_assert_eq!(together.text(), &file.text, "all or nothing");
        }
    }
}
