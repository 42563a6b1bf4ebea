//! Private CA certificates for ClearML Enterprise on Kubernetes, as a Helm plugin.
//!
//! A functional core (`certs`, `yaml`, `overrides`, `proof`, `plan`) in an imperative shell (`sources`, `kube`, `helm`,
//! `files`, `run`, `ui`, `commands`).

pub mod backups;
pub mod certs;
pub mod cli;
pub mod commands;
pub mod completion;
pub mod conf;
pub mod doctor;
pub mod engine;
pub mod environment;
pub mod exit;
pub mod export;
pub mod files;
pub mod finding;
pub mod fleet;
pub mod guided;
pub mod helm;
pub mod installation;
pub mod interrupt;
pub mod kube;
pub mod log_lines;
pub mod nearest;
pub mod overrides;
pub mod pattern;
pub mod plan;
mod platform;
pub mod preflight;
pub mod process;
pub mod proof;
pub mod release;
pub mod report;
pub mod request;
pub mod run;
pub mod secrets;
pub mod side_by_side;
pub mod sources;
pub mod status;
pub mod tls;
pub mod trust_store;
pub mod ui;
pub mod values;
pub mod vendor;
pub mod verify;
pub mod yaml;
