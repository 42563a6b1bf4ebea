//! The values files of one component, in the order that Helm merges them, and the one among them that is edited.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_yaml::Value;

use super::kept_files::Around;
use crate::values;
use crate::yaml;

/// The values files of one component.
#[derive(Debug, Clone)]
pub struct ValuesFiles {
    /// Each file and what it says; a file that does not exist yet says nothing.
    pub(super) files: Vec<(PathBuf, Value)>,
    /// What each says on disk: another target may have edited it before.
    values_on_disk: Vec<Value>,
    /// Their texts on disk.
    texts: Vec<Option<String>>,
    /// The objects around their values, where they are kept in some.
    pub(super) around: Vec<Option<Around>>,
    /// Deployed values that Helm keeps under them.
    kept: Option<Value>,
    pub(super) edited: usize,
    /// The edited file's content; `None` where it does not exist. Another target may have edited it before.
    pub text: Option<String>,
    /// Its content on disk.
    pub on_disk: Option<String>,
}

impl ValuesFiles {
    /// Chooses the file to edit: the last that holds `certificates` already, whose lists win over those of earlier files;
    /// else the last.
    #[must_use]
    pub fn new(files: Vec<(PathBuf, Option<String>, Value)>, certificates: &[&str]) -> Self {
        let holds = |values: &Value| values::lookup(values, certificates).is_some();
        let last = files.len().saturating_sub(1);
        let edited = files
            .iter()
            .rposition(|(.., values)| holds(values))
            .unwrap_or(last);
        let (files, texts): (Vec<_>, Vec<_>) = files
            .into_iter()
            .map(|(path, text, values)| ((path, values), text))
            .unzip();
        let text = texts.get(edited).cloned().flatten();
        Self {
            around: vec![None; files.len()],
            values_on_disk: files.iter().map(|(_, values)| values.clone()).collect(),
            files,
            texts,
            kept: None,
            edited,
            on_disk: text.clone(),
            text,
        }
    }

    /// The same where some of the files are objects that keep values: what was read of them are those.
    #[must_use]
    pub fn inside(self, around: Vec<Option<Around>>) -> Self {
        Self { around, ..self }
    }

    /// The same with what other targets make of the files.
    ///
    /// # Errors
    /// A draft is not YAML.
    pub fn drafted<'a>(mut self, draft: impl Fn(&Path) -> Option<&'a str>) -> Result<Self> {
        for (index, (path, values)) in self.files.iter_mut().enumerate() {
            let Some(text) = draft(path) else { continue };
            let text = match self.around.get_mut(index).and_then(Option::as_mut) {
                Some(around) => around.drafted(path, text)?,
                None => text.to_owned(),
            };
            *values = yaml::value_of(&text)?;
            if index == self.edited {
                self.text = Some(text);
            }
        }
        Ok(self)
    }

    /// Says that Helm keeps `deployed` values where no file says otherwise (`--reset-then-reuse-values`).
    #[must_use]
    pub fn over(self, deployed: Value) -> Self {
        Self {
            kept: Some(deployed),
            ..self
        }
    }

    /// The deployed values that Helm keeps under the files.
    #[must_use]
    pub fn kept(&self) -> Option<&Value> {
        self.kept.as_ref()
    }

    /// The edited file's path.
    #[must_use]
    pub fn edited(&self) -> &Path {
        self.files
            .get(self.edited)
            .map_or(Path::new(""), |(path, _)| path)
    }

    /// The files that are not edited, with their texts on disk.
    pub(super) fn others(&self) -> impl Iterator<Item = (&PathBuf, &str)> {
        let all = self.files.iter().zip(&self.texts).enumerate();
        all.filter(|(index, _)| *index != self.edited)
            .filter_map(|(index, ((path, _), text))| {
                let around = self.around.get(index).and_then(Option::as_ref);
                let whole = around.map(|around| around.on_disk.as_str());
                Some((path, whole.or(text.as_deref())?))
            })
    }

    /// All that is given to the chart, as the files are on disk.
    pub(super) fn merged_before(&self) -> Value {
        values::merge(self.kept.iter().chain([&self.merged_on_disk()]))
    }

    /// All files merged, as they are on disk.
    pub(super) fn merged_on_disk(&self) -> Value {
        values::merge(&self.values_on_disk)
    }

    /// All files merged, as they are.
    #[must_use]
    pub fn merged(&self) -> Value {
        values::merge(self.files.iter().map(|(_, values)| values))
    }

    /// All that is given to the chart, where the edited file says this.
    #[must_use]
    pub fn merged_with(&self, edited: &Value) -> Value {
        let files =
            self.files.iter().enumerate().map(
                |(index, (_, values))| {
                    if index == self.edited { edited } else { values }
                },
            );
        values::merge(self.kept.iter().chain(files))
    }

    /// The last file that says anything at `path`, which is the one that Helm goes by; `edited` is what the edited file says.
    pub(super) fn last_with(&self, path: &crate::yaml::Path, edited: &Value) -> Option<&Path> {
        let mut files = self.files.iter().enumerate();
        let (_, (file, _)) = files.rfind(|(index, (_, values))| {
            let values = if *index == self.edited {
                edited
            } else {
                values
            };
            values::at(values, path).is_some()
        })?;
        Some(file)
    }

    /// The edited file, and what it says now.
    pub(super) fn edited_file(&self) -> Option<(&Path, &Value)> {
        let (path, values) = self.files.get(self.edited)?;
        Some((path, values))
    }

    /// The object around its values, where there is one.
    pub(super) fn around_edited(&self) -> Option<&Around> {
        self.around.get(self.edited)?.as_ref()
    }

    /// Whose list at `path` is lost once the edited file says `after`: Helm replaces lists whole. Earlier files lose
    /// theirs when the edited one starts its own; the edited one loses its own to a later file.
    pub(super) fn shadowed(&self, path: &[&str], after: &Value) -> Option<(&Path, &Path)> {
        let list = |values: &Value| values::fills(values, path);
        if !list(after) {
            return None;
        }
        let (before, rest) = self.files.split_at_checked(self.edited)?;
        let ((edited, now), later) = rest.split_first()?;
        if let Some((winner, _)) = later.iter().rfind(|(_, values)| list(values)) {
            return Some((edited, winner));
        }
        // A list that the edited file has already shadows as it did before; that is the user's own arrangement.
        let loser = before
            .iter()
            .rfind(|(_, values)| list(values) && !list(now))?;
        Some((&loser.0, edited))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(texts: &[&str]) -> ValuesFiles {
        let files = texts.iter().enumerate().map(|(index, text)| {
            let values = serde_yaml::from_str(text).unwrap();
            (
                format!("{index}.yaml").into(),
                Some((*text).to_owned()),
                values,
            )
        });
        ValuesFiles::new(files.collect(), &["customCertificates"])
    }

    fn yaml(text: &str) -> Value {
        serde_yaml::from_str(text).unwrap()
    }

    #[test]
    fn the_file_that_holds_the_certificates_is_edited_else_the_last() {
        assert_eq!(files(&["a: 1", "b: 2"]).edited(), Path::new("1.yaml"));
        assert_eq!(
            files(&["customCertificates: {x: 1}", "b: 2"]).edited(),
            Path::new("0.yaml")
        );
        let both = [
            "customCertificates: {x: 1}",
            "customCertificates: {y: 1}",
            "b: 2",
        ];
        assert_eq!(files(&both).edited(), Path::new("1.yaml"));
    }

    #[test]
    fn the_edited_content_takes_its_place_in_helms_order() {
        let files = files(&["customCertificates: {}\na: 1", "a: 2"]);
        assert_eq!(files.edited(), Path::new("0.yaml"));
        assert_eq!(files.merged_with(&yaml("a: 3\nb: 4")), yaml("{a: 2, b: 4}"));
    }

    #[test]
    fn what_another_target_edits_is_not_what_was_there_before() {
        let both = files(&["a: 1", "b: 1"]);
        let files = both.drafted(|path| (path == Path::new("1.yaml")).then_some("b: 2\n"));
        let files = files.unwrap();
        assert_eq!(files.merged(), yaml("{a: 1, b: 2}"));
        assert_eq!(files.merged_on_disk(), yaml("{a: 1, b: 1}"));
        assert_eq!(
            files.over(yaml("{b: 0, c: 0}")).merged_before(),
            yaml("{a: 1, b: 1, c: 0}")
        );
    }

    #[test]
    fn deployed_values_that_helm_keeps_lie_under_every_file() {
        let files = files(&["a: 1"]).over(yaml("{a: 0, kept: 1}"));
        assert_eq!(files.merged_with(&yaml("a: 2")), yaml("{a: 2, kept: 1}"));
        assert_eq!(files.merged(), yaml("a: 1"));
    }

    #[test]
    fn a_list_that_vanishes_is_found_on_either_side() {
        let shadowed = |texts: &[&str], after: &str| {
            let files = files(texts);
            let found = files.shadowed(&["l"], &yaml(after));
            found.map(|(loser, winner)| (loser.display().to_string(), winner.display().to_string()))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(
            shadowed(&["l: [1]", "a: 1"], "l: [2]"),
            pair("0.yaml", "1.yaml")
        );
        assert_eq!(
            shadowed(&["customCertificates: {}", "l: [1]"], "l: [2]"),
            pair("0.yaml", "1.yaml")
        );
        assert_eq!(shadowed(&["l: [1]", "l: [2]"], "l: [2, 3]"), None);
        assert_eq!(shadowed(&["l: [1]", "a: 1"], "a: 1"), None);
    }
}
