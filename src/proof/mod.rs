//! The proof: which certificate arrives where, read from rendered manifests and matched by content.
//!
//! Nothing here is guessed from names. A certificate is where its DER bytes are.

mod arrival;
mod carriers;
mod manifest;
mod pods;
mod volumes;

pub use arrival::{Arrival, Proof, Reach, prove};
pub use carriers::{Carrier, Carriers};
pub use manifest::{Object, ObjectId, parse, same_objects};
