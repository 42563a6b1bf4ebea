//! The proof: which certificate arrives where, read from rendered manifests and matched by content.
//!
//! Nothing here is guessed from names. A certificate is where its DER bytes are.

mod admission;
mod arrival;
mod asking;
mod carriers;
mod environment;
mod fields;
mod keys;
mod manifest;
mod part;
mod place;
mod pod_spec;
mod pods;
mod shell;
mod started;
mod templates;
mod texts;
mod volumes;

pub use admission::{Admission, RESOURCES};
pub use arrival::{Arrival, Itself, Proof, Reach, prove};
pub use asking::Question;
pub use carriers::{Carrier, Carriers, Found, carried};
pub use keys::{RefusedKey, refused_keys};
pub use manifest::{
    Flawed, Manifest, Object, ObjectId, keeps_pods, parse, same_objects, subcharts,
};
pub use part::Part;
pub use place::{PodPlace, TemplatePlace, TextPlace};
pub use pod_spec::PodTemplate;
pub use pods::{ContainerArrival, mounted_by};
pub use started::started;
pub use templates::{Broken, TaskPods};
