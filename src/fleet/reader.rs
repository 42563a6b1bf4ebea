//! Reading a file of ours, so that whatever is wrong with it is told with its line and column.

use std::fmt::Display;
use std::path::{Path as FilePath, PathBuf};

use serde_yaml::Value;

use crate::exit::Stop;
use crate::nearest::nearest;
use crate::yaml::{Document, Path, Position};

/// A file, and what it says.
#[derive(Debug)]
pub(super) struct Reader {
    file: PathBuf,
    document: Document,
}

impl Reader {
    /// Reads a text that stands in `file`.
    pub(super) fn new(file: &FilePath, text: &str) -> Result<Self, Stop> {
        let document = Document::parse(text)
            .map_err(|error| Stop::refused(format!("{}: {error}", file.display())))?;
        Ok(Self {
            file: file.to_path_buf(),
            document,
        })
    }

    /// The folder that its paths start from.
    pub(super) fn folder(&self) -> &FilePath {
        self.file.parent().unwrap_or(FilePath::new(""))
    }

    /// What is wrong with the value at a path.
    pub(super) fn wrong(&self, path: &Path, what: impl Display) -> Stop {
        self.wrong_at(path, what, |path| self.document.position(path))
    }

    /// What is wrong with the key at a path.
    fn wrong_key(&self, path: &Path, what: impl Display) -> Stop {
        self.wrong_at(path, what, |path| self.document.position_of_key(path))
    }

    fn wrong_at(
        &self,
        path: &Path,
        what: impl Display,
        position: impl Fn(&Path) -> Option<Position>,
    ) -> Stop {
        let mut known = path.clone();
        // The place of what is missing is that of what it is missing in.
        let at = loop {
            match position(&known) {
                Some(at) => break Some(at),
                None => match known.steps().split_last() {
                    Some((_, parent)) => known = parent.to_vec().into(),
                    None => break None,
                },
            }
        };
        let at = at.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
        let name = match path.steps() {
            [] => String::new(),
            _ => format!("{path}: "),
        };
        Stop::refused(format!("{}{at}: {name}{what}", self.file.display()))
    }

    /// The value at a path; what is null is not there.
    pub(super) fn value(&self, path: &Path) -> Result<Option<Value>, Stop> {
        let value = self
            .document
            .get(path)
            .map_err(|error| self.wrong(path, error))?;
        Ok(value.filter(|value| !value.is_null()))
    }

    /// The keys of the mapping at a path, each one of `known`.
    pub(super) fn known_keys(&self, path: &Path, known: &[&str]) -> Result<(), Stop> {
        for key in self.keys(path)? {
            if known.contains(&key.as_str()) {
                continue;
            }
            let there_are = match nearest(&key, known.iter().copied()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("there are {}", known.join(", ")),
            };
            let what = format!("there is no such key; {there_are}");
            return Err(self.wrong_key(&path.then(key), what));
        }
        Ok(())
    }

    /// The keys of the mapping at a path, in their order.
    pub(super) fn keys(&self, path: &Path) -> Result<Vec<String>, Stop> {
        match self.value(path)? {
            None => Ok(Vec::new()),
            Some(Value::Mapping(mapping)) => mapping
                .keys()
                .map(|key| {
                    let text = key.as_str().map(str::to_owned);
                    text.ok_or_else(|| self.wrong(path, "a key that is no text"))
                })
                .collect(),
            Some(_) => Err(self.wrong(path, "a mapping is expected here, key: value")),
        }
    }

    /// How many items the list at a path has; none where it is not there.
    pub(super) fn length(&self, path: &Path) -> Result<Option<usize>, Stop> {
        match self.value(path)? {
            None => Ok(None),
            Some(Value::Sequence(items)) => Ok(Some(items.len())),
            Some(_) => Err(self.wrong(path, "a list is expected here, with a - before each item")),
        }
    }

    /// The text at a path. A version such as 1.10 that YAML reads as a number has lost its last digit.
    pub(super) fn text(&self, path: &Path) -> Result<Option<String>, Stop> {
        match self.value(path)? {
            None => Ok(None),
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Some(text)),
            Some(Value::String(_)) => {
                Err(self.wrong(path, "it is empty: leave it out, or say what is meant"))
            }
            Some(Value::Number(_) | Value::Bool(_)) => {
                Err(self.wrong(path, "a text is expected here: put it in quotes"))
            }
            Some(_) => Err(self.wrong(path, "a text is expected here")),
        }
    }

    /// The texts at a path: one, or a list; each with its own path.
    pub(super) fn texts(&self, path: &Path) -> Result<Option<Vec<(Path, String)>>, Stop> {
        match self.value(path)? {
            None => Ok(None),
            Some(Value::Sequence(items)) => {
                let paths = (0..items.len()).map(|index| path.then(index));
                let text = |path: Path| {
                    let text = self.text(&path)?;
                    let text = text.ok_or_else(|| self.wrong(&path, "a text is expected here"))?;
                    Ok((path, text))
                };
                paths.map(text).collect::<Result<_, Stop>>().map(Some)
            }
            Some(_) => Ok(self.text(path)?.map(|text| vec![(path.clone(), text)])),
        }
    }

    /// The number at a path.
    pub(super) fn number(&self, path: &Path) -> Result<Option<usize>, Stop> {
        let Some(value) = self.value(path)? else {
            return Ok(None);
        };
        let number = value
            .as_u64()
            .and_then(|number| usize::try_from(number).ok());
        let wrong = || self.wrong(path, "a number from 0 is expected here");
        number.map(Some).ok_or_else(wrong)
    }

    /// One of the words that the command line knows as well.
    pub(super) fn word<T: clap::ValueEnum>(&self, path: &Path) -> Result<Option<T>, Stop> {
        let Some(text) = self.text(path)? else {
            return Ok(None);
        };
        let known = || T::value_variants().iter().filter_map(T::to_possible_value);
        T::from_str(&text, false).map(Some).map_err(|_| {
            let names: Vec<String> = known().map(|one| one.get_name().to_owned()).collect();
            let names = names.join(", ");
            self.wrong(path, format!("{text} is none of {names}"))
        })
    }
}
