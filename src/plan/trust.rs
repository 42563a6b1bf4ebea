//! What is trusted in addition once a plan is carried out, and what no longer.

use super::Request;
use crate::certs::mozilla;
use crate::overrides::{Mode, Placed, held_by};

/// The certificates that come and go, against the deployed release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustChange {
    /// What the release does not bring to its pods yet.
    pub added: Vec<Placed>,
    /// What it brings now, and will not any more.
    pub gone: Vec<Placed>,
}

pub(super) fn change(request: &Request<'_>, placed: &[Placed], mode: Mode) -> TrustChange {
    let deployed = request.observed.release().map(|release| {
        let values = &release.deployed.values;
        held_by(values, request.layout.certificates)
    });
    let deployed = deployed.unwrap_or_default();
    let without = |all: &[Placed], others: &[Placed]| -> Vec<Placed> {
        let is_new = |one: &&Placed| {
            let fingerprint = one.certificate.fingerprint;
            let mut others = others.iter();
            !others.any(|other| other.certificate.fingerprint == fingerprint)
        };
        all.iter().filter(is_new).cloned().collect()
    };
    let mut gone = without(&deployed, placed);
    if mode == Mode::Append {
        // The pods' own bundle has these again.
        gone.retain(|one| !mozilla::is_public_root(one.certificate.fingerprint));
    }
    TrustChange {
        added: without(placed, &deployed),
        gone,
    }
}
