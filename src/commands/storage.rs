//! The releases of many targets, read in few calls.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};

use super::asking;
use crate::helm::{self, Deployed, ReleaseSummary, TargetId};
use crate::kube::Reference;
use crate::ui::Screen;

/// Releases as Helm keeps them. Of those that are missing here, helm tells.
pub(super) struct Storage(Mutex<BTreeMap<TargetId, Deployed>>);

impl Storage {
    /// Reads releases as they are listed, some of a cluster in one call.
    pub(super) fn read<'a>(
        releases: impl Iterator<Item = (TargetId, &'a ReleaseSummary)>,
        at_once: usize,
        screen: &Screen,
    ) -> Self {
        let storage = Self(Mutex::default());
        if !helm::keeps_releases_in_secrets() {
            return storage;
        }
        let sought = releases.filter_map(|(id, listed)| {
            let revision = listed.revision.parse().ok()?;
            let secret = helm::secret_of(&id.release, &id.namespace, revision);
            Some((id.cluster.clone(), (id, secret, listed)))
        });
        asking::together(sought, at_once, |kubectl, group| {
            // For one alone helm takes no longer.
            if group.len() < 2 {
                return;
            }
            let what = format!("reading {} releases", group.len());
            let secrets: Vec<Vec<Reference>> = group
                .iter()
                .map(|(_, secret, _)| vec![secret.clone()])
                .collect();
            let Ok(found) = screen.step(&what, || {
                Ok::<_, Infallible>(kubectl.look_up_each(&secrets))
            });
            let found = group.iter().zip(&found);
            let found = found.filter_map(|((id, secret, listed), found)| {
                let deployed = helm::stored_in(found.find(secret)?)?;
                // Somebody may have deployed since.
                (deployed.status == listed.status).then(|| (id.clone(), deployed))
            });
            let mut all = storage.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.extend(found);
        });
        storage
    }

    /// What is known of a release.
    pub(super) fn of(&self, id: &TargetId) -> Option<Deployed> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(id).cloned()
    }
}
