//! How far certificates get in a pod, in words.

use crate::finding::Finding;
use crate::overrides::Placed;
use crate::proof::{Arrival, Reach};
use crate::trust_store::REQUESTS;

/// What a certificate needs that is mounted only.
pub(super) fn not_bundled(aliases: &str) -> String {
    format!(
        "{aliases} is mounted, and nothing in the manifest brings it into the bundle (update-ca-certificates into a shared volume, or a variable that names the file)"
    )
}

/// What a certificate needs that is in the bundle only.
pub(super) fn not_read(aliases: &str) -> String {
    format!(
        "{aliases} is in the bundle, and {REQUESTS} does not point there: requests, and the ClearML SDK with it, go by their own list"
    )
}

/// Nothing in the manifest says how the certificates get into the bundle, and an image may do it.
pub(super) fn not_shown(arrival: &Arrival, aliases: &str) -> Finding {
    Finding::warning(
        "bundle-not-shown",
        format!(
            "{}: {}; its image may do it",
            arrival.place,
            not_bundled(aliases)
        ),
    )
}

/// The aliases of the certificates that get so far in a pod for requests, and no further.
pub(super) fn at_reach(placed: &[Placed], pod: &Arrival, reach: Reach) -> Option<String> {
    aliases(placed, |one| {
        pod.reach(one.certificate.fingerprint, REQUESTS) == reach
    })
}

/// The aliases of some of the certificates; `None` where there are none.
#[must_use]
pub fn aliases(placed: &[Placed], which: impl Fn(&Placed) -> bool) -> Option<String> {
    let aliases: Vec<&str> = placed
        .iter()
        .filter(|one| which(one))
        .map(|one| one.alias.as_str())
        .collect();
    (!aliases.is_empty()).then(|| aliases.join(", "))
}
