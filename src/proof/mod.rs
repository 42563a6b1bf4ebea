//! The proof: which certificate arrives where, read from rendered manifests and matched by content.
//!
//! Nothing here is guessed from names. A certificate is where its DER bytes are.

mod arrival;
mod carriers;
mod manifest;
mod pods;

pub use arrival::{Arrival, Proof, prove};
pub use carriers::{Carrier, Carriers};
pub use manifest::{Object, ObjectId, parse, same_objects};
pub use pods::is_taken_as_source;
