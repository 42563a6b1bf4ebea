//! What is trusted in addition once a plan is carried out, and what no longer.

use serde_yaml::Value;

use super::Request;
use crate::certs::mozilla;
use crate::overrides::{Mode, Placed, held_by, mode_in};

/// The certificates that come and go, against the deployed release.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustChange {
    /// What the release does not bring to its pods yet.
    pub added: Vec<Placed>,
    /// What it brings now, and will not any more.
    pub gone: Vec<Placed>,
    /// Whether the public roots that images come with are no longer trusted: the bundle is replaced by one without any.
    pub loses_public: bool,
}

pub(super) fn change(request: &Request<'_>, placed: &[Placed], mode: Mode) -> TrustChange {
    let release = request.observed.release();
    let values = release.map_or(&Value::Null, |release| &release.deployed.values);
    let certificates = request.layout.certificates;
    let deployed = held_by(values, certificates);
    let is_public = |one: &Placed| mozilla::is_public_root(one.certificate.fingerprint);
    let without = |all: &[Placed], others: &[Placed]| -> Vec<Placed> {
        let is_new = |one: &&Placed| {
            let fingerprint = one.certificate.fingerprint;
            let mut others = others.iter();
            !others.any(|other| other.certificate.fingerprint == fingerprint)
        };
        all.iter().filter(is_new).cloned().collect()
    };
    let mut added = without(placed, &deployed);
    let mut gone = without(&deployed, placed);
    let had_own_bundle = mode_in(values, certificates) == Mode::Append;
    if had_own_bundle {
        // What an image comes with is nothing new to its pods.
        added.retain(|one| !is_public(one));
    }
    if mode == Mode::Append {
        // The pods' own bundle has these again.
        gone.retain(|one| !is_public(one));
    }
    TrustChange {
        added,
        gone,
        loses_public: had_own_bundle && mode == Mode::Replace && !placed.iter().any(is_public),
    }
}
