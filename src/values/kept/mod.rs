//! Values where `GitOps` keeps them: inside the object that an engine deploys from, or a ConfigMap or Secret that it reads.
//!
//! | file | purpose |
//! | --- | --- |
//! | `documents` | the documents of a file |
//! | `search` | which of its objects is meant |
//! | `object` | an object, and what it says of the release |
//! | `flux`, `argo`, `rancher`, `data` | one kind of objects each |
//! | `lens` | the values as a text of their own, and back |

mod argo;
mod data;
mod documents;
mod flux;
mod lens;
mod object;
mod rancher;
mod search;

use std::fmt;

use documents::line_of;
use lens::Lens;
use search::Found;

pub use object::{ChartOf, Said};

/// How values are written in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    /// As a mapping.
    Mapping,
    /// As a text that is YAML.
    Text,
    /// As such a text in base64.
    Base64,
}

/// Why values cannot be taken out of a file, or put back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// The line in the document.
    line: Option<usize>,
    /// Where that begins.
    document: usize,
    why: String,
}

impl Refused {
    fn at(line: usize, why: String) -> Self {
        Self {
            line: Some(line),
            document: 0,
            why,
        }
    }

    /// `FILE:12: …`
    #[must_use]
    pub fn shown(&self, file: &std::path::Path, text: &str) -> String {
        let first = line_of(text, self.document);
        match self.line {
            Some(line) => format!("{}:{}: {}", file.display(), first + line - 1, self.why),
            None => format!("{} {}", file.display(), self.why),
        }
    }
}

/// Which of a file's objects is meant.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted<'a> {
    /// The names that its chart may have.
    pub charts: &'a [&'a str],
    /// The release that it makes, where that is known.
    pub release: Option<&'a str>,
    /// How that is named, for messages: `--agent-release`.
    pub flag: &'a str,
}

/// The values that an object in a file keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    lens: Lens,
    /// What the object says beside its values.
    pub said: Said,
}

impl Kept {
    /// Finds the object that is meant; `None` where the file has none that keeps values.
    ///
    /// # Errors
    /// Several could be meant, or it is encrypted.
    pub fn find(text: &str, wanted: &Wanted<'_>) -> Result<Option<Self>, Refused> {
        // Most values files are no objects, and are read once.
        if !(text.contains("kind") && text.contains("apiVersion")) {
            return Ok(None);
        }
        let found = search::all(text);
        Ok(search::choose(text, found, wanted)?.map(Self::of))
    }

    /// The values of a file that is only read: those that its object keeps, else the file's own.
    ///
    /// # Errors
    /// Several could be meant, or they cannot be taken out.
    pub fn values_of(text: &str) -> Result<String, Refused> {
        match Self::find(text, &Wanted::default())? {
            Some(kept) => kept.get(text),
            None => Ok(text.to_owned()),
        }
    }

    /// The same place in another state of the file, as an edit of other values in it leaves it.
    ///
    /// # Errors
    /// It is not there.
    pub fn again(&self, text: &str) -> Result<Self, Refused> {
        let found = search::all(text).into_iter();
        let mut same =
            found.filter(|one| one.said.object == self.said.object && one.path == self.lens.path);
        let gone = || Refused {
            line: None,
            document: 0,
            why: format!("has no {self} any more"),
        };
        Ok(Self::of(same.next().ok_or_else(gone)?))
    }

    fn of(found: Found) -> Self {
        let Found {
            document,
            path,
            coding,
            said,
        } = found;
        let lens = Lens {
            document,
            path,
            coding,
        };
        Self { lens, said }
    }

    /// The values' text, which is a values file by itself; its lines have the numbers that they have in the file.
    ///
    /// # Errors
    /// They are written in a way in which they cannot be edited by themselves.
    pub fn get(&self, text: &str) -> Result<String, Refused> {
        self.lens.get(text)
    }

    /// The file's text with these values in the place of its own; every other byte is what it was.
    ///
    /// # Errors
    /// They cannot be written there.
    pub fn put(&self, text: &str, inner: &str) -> Result<String, Refused> {
        self.lens.put(text, inner)
    }
}

/// `spec.values of HelmRelease flux-system/clearml-agent`
impl fmt::Display for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.lens.path, self.said.object)
    }
}

#[cfg(test)]
mod tests;
