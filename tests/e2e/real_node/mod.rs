//! What pods really do, on a node that runs them. Without such a node `make e2e` leaves this module out, and says so.

mod images;
mod verify;
