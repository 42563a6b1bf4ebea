//! How much of a plan is shown.

/// What is shown beside the usual.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Detail {
    /// All that was rendered.
    pub manifest: bool,
    /// Every certificate, public CAs among them, and all findings of one kind.
    pub certificates: bool,
}
