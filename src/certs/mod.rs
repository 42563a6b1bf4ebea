//! Certificates: reading them, naming them, and saying what is wrong with them.

pub mod alias;
pub mod bundle;
mod certificate;
pub mod chain;
pub mod facts;
pub mod judgement;
pub mod key;
pub mod lint;
pub mod mozilla;
mod name;
pub mod pem;
pub mod role;
mod shown;
pub mod summary;
pub mod verdict;

#[cfg(test)]
pub(crate) use certificate::tests::self_signed;
pub use certificate::{Certificate, Fingerprint};
pub use role::Role;
