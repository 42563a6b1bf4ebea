//! What pods really do, on a node that runs them. Without such a node `make e2e` leaves this module out, and says so.
//!
//! `agreement` holds the proof against pods: the charts' own ([`bases`]) and what is done to them ([`mutations`]); what the
//! proof says ([`claims`]) and what the clients in a pod do ([`reality`]).

mod agreement;
mod bases;
mod cargo;
mod case;
mod claims;
mod distros;
mod images;
mod mutations;
mod reality;
mod rotation;
mod scene;
mod verify;
