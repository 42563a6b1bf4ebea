//! The clients that are asked.

/// A program or library that speaks TLS in a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Client {
    /// Python's requests, and with it the ClearML SDK.
    Requests,
    /// Python's own.
    Urllib,
    /// Python's httpx.
    Httpx,
    /// `curl`.
    Curl,
    /// GNU Wget.
    Wget,
    /// `git`.
    Git,
    /// `uv`.
    Uv,
    /// Node.js.
    Node,
    /// `openssl s_client`.
    OpenSsl,
}

impl Client {
    /// All of them, in the order in which they are asked.
    pub const ALL: [Self; 9] = [
        Self::Requests,
        Self::Urllib,
        Self::Httpx,
        Self::Curl,
        Self::Wget,
        Self::Git,
        Self::Uv,
        Self::Node,
        Self::OpenSsl,
    ];

    /// Its name, here and in the script.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Requests => "requests",
            Self::Urllib => "urllib",
            Self::Httpx => "httpx",
            Self::Curl => "curl",
            Self::Wget => "wget",
            Self::Git => "git",
            Self::Uv => "uv",
            Self::Node => "node",
            Self::OpenSsl => "openssl",
        }
    }

    /// The client of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// The variable without which it does not go by the system's bundle, but by a list that it brings along.
    #[must_use]
    pub fn variable(self) -> Option<&'static str> {
        match self {
            Self::Requests => Some("REQUESTS_CA_BUNDLE"),
            Self::Httpx | Self::Uv => Some("SSL_CERT_FILE"),
            Self::Node => Some("NODE_EXTRA_CA_CERTS"),
            Self::Urllib | Self::Curl | Self::Wget | Self::Git | Self::OpenSsl => None,
        }
    }
}
