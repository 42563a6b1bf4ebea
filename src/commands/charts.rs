//! The charts of a run, each fetched once, however many targets have it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Result;

use crate::helm::Chart;

/// Reference and version.
type Key = (String, Option<String>);

/// A place for a chart; who fetches it holds the lock, and the others wait.
type Slot = Arc<Mutex<Option<Arc<Chart>>>>;

/// The charts that were fetched so far.
#[derive(Default)]
pub(super) struct Charts(Mutex<BTreeMap<Key, Slot>>);

impl Charts {
    /// The chart, fetched where it was not yet. What could not be fetched is tried again.
    pub(super) fn get(
        &self,
        reference: &str,
        version: Option<&str>,
        fetch: impl FnOnce() -> Result<Chart>,
    ) -> Result<Arc<Chart>> {
        let key = (reference.to_owned(), version.map(str::to_owned));
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(slots.entry(key).or_default())
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(chart) = &*slot {
            return Ok(Arc::clone(chart));
        }
        let chart = Arc::new(fetch()?);
        *slot = Some(Arc::clone(&chart));
        Ok(chart)
    }
}
