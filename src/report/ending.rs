//! How a run ends, in the JSON of every command that does something.

/// How far a run came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Nothing was to be done but to look (`--dry-run`), or nothing had to change.
    Planned,
    /// An error finding stood in the way.
    Refused,
    /// A rotation waits for servers that need the former certificate.
    Waiting,
    /// Everything was carried out.
    Done,
    /// Something failed, or what is in the cluster is not what was planned.
    Failed,
    /// A signal ended it.
    Interrupted,
}

impl Ending {
    /// The word for it in JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Refused => "refused",
            Self::Waiting => "waiting",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}
