//! What commands return, and the JSON of it.

use serde_json::{Value, json};

use crate::helm::TargetId;
use crate::plan::InnerChart;

mod certificate;
mod diff;
mod ending;
mod inspection;
mod plan;
mod probe;
mod prometheus;
mod rendered;
mod status;
mod summary;
mod verify;

pub use diff::{DiffLine, of_file, of_texts};
pub use ending::Ending;
pub use inspection::{InspectedOverride, Inspection};
pub use plan::plan_json;
pub use probe::{Probe, Probed};
pub use prometheus::prometheus;
pub use rendered::rendered_json;
pub use status::{ClusterState, Status};
pub use summary::{Counts, warnings};
pub use verify::{ImageFrom, Sending, Verified, verified_json};

/// Raised when a field changes its meaning or goes away; new fields may come at any time.
const SCHEMA_VERSION: u32 = 1;

/// What a release is known by, in every document the same.
fn id(of: &TargetId) -> Value {
    json!({"cluster": of.cluster.name(), "namespace": of.namespace, "release": of.release})
}

/// The component's own chart, where that is inside the deployed one.
fn dependency(inner: &InnerChart) -> Value {
    json!({"valuesPath": inner.path.to_string(), "chart": inner.chart, "version": inner.version})
}
