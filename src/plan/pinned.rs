//! What a plan was made from, by content. Helm reads all of it once more by itself, after the question: what was agreed to
//! holds only if it says the same then.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Request;
use crate::helm::Digest;

/// Files and a chart, as they were when the plan was made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pinned {
    /// The values files that are not edited, and the files that flags name (`--set-file`), which the caller reads.
    pub files: BTreeMap<PathBuf, Vec<u8>>,
    /// The chart; `None` where it was not seen.
    pub chart: Option<Digest>,
}

impl Pinned {
    pub(super) fn of(request: &Request<'_>) -> Self {
        let others = request.files.others();
        let others = others.map(|(path, text)| (path.clone(), text.as_bytes().to_vec()));
        Self {
            files: others.collect(),
            chart: request.chart.digest,
        }
    }
}
