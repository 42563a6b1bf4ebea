//! What is done to a pod and to what it mounts, by kind.

mod containers;
mod makers;
mod mounts;
mod replaced;
mod sources;
mod texts;
mod users;
mod variables;

use super::case::Case;

/// A change of a pod: what it is, and how it is made.
pub(super) type Mutation = (&'static str, fn(&mut Case));

/// The kinds, each with its mutations: of pods that make the bundle themselves.
pub(super) const APPEND: [(&str, &[Mutation]); 7] = [
    ("mounts", mounts::ALL),
    ("sources", sources::ALL),
    ("makers of the bundle", makers::ALL),
    ("variables", variables::ALL),
    ("PEM texts", texts::ALL),
    ("users and modes", users::ALL),
    ("containers", containers::ALL),
];

/// Of pods that mount the whole bundle.
pub(super) const REPLACE: [(&str, &[Mutation]); 3] = [
    ("replaced bundles", replaced::ALL),
    ("variables", variables::ALL),
    ("PEM texts", texts::ALL),
];
