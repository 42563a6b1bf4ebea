//! The vendor's charts, as data: which components take certificates, and what each generation of their charts calls things.
//!
//! A new component or generation is a value in here; no value path stands anywhere else (a test holds that).

mod below;
mod clearml;
mod component;
mod klique;
mod layout;
mod recognition;
mod said;

pub use component::Component;
pub use layout::{
    ALIAS, EXTRA_CERTS, Keys, Layout, OVERRIDE_BUNDLE, OVERRIDES, PEM, PROPAGATE, PodList,
    QueueKeys, TaskPodKeys, image_in,
};
pub use recognition::{Recognised, recognised};
pub use said::{Said, SaidBy, said};
