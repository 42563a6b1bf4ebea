//! The last proof: a pod of the deployed task template asks the servers, with each client that its image has.
//!
//! From the template and the servers to a Job that removes itself, from the cluster's words to what it waits for, and from
//! the pod's log to verdicts. Nothing here talks to a cluster.

mod answers;
mod client;
mod findings;
mod job;
mod log;
mod patience;
mod stage;

pub use answers::{Answer, Verdict};
pub use client::Client;
pub use findings::{Ended, findings};
pub use job::{Errand, LABEL};
pub use log::{Log, MOST_BYTES};
pub use patience::Patience;
pub use stage::{Stage, stage};
