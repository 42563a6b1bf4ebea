//! The components of ClearML Enterprise that take certificates, as data.
//!
//! Source: the vendor's "Deployment with Self-Signed Certificates" page, and the charts' release notes.

use std::fmt;

/// A component whose chart takes certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, clap::ValueEnum)]
pub enum Component {
    /// The ClearML Agent on Kubernetes, and through it every task pod.
    Agent,
    /// The AI Application Gateway.
    Gateway,
}

/// What is known of a component from the vendor's documentation.
#[derive(Debug)]
pub struct Facts {
    /// The name on our command line.
    pub name: &'static str,
    /// The product's name for people.
    pub title: &'static str,
    /// The chart's name, as in its Chart.yaml.
    pub chart: &'static str,
    /// The documented name of the override file.
    pub override_file: &'static str,
    /// The documented release name; a gateway's shows in application URLs, so it has none.
    pub release: Option<&'static str>,
    /// Where the certificate values live.
    pub certificates: &'static [&'static str],
    /// Where the task pod template lives, if the component starts task pods.
    pub pod_template: Option<&'static [&'static str]>,
    /// Whether the documented command creates the namespace.
    pub creates_namespace: bool,
    /// The first chart version that takes certificates for task pods by itself.
    pub propagates_since: Option<&'static str>,
}

const AGENT: Facts = Facts {
    name: "agent",
    title: "ClearML Agent",
    chart: "clearml-enterprise-agent",
    override_file: "clearml-agent-values.override.yaml",
    release: Some("clearml-agent"),
    certificates: &["customCertificates"],
    pod_template: Some(&["agentk8sglue", "basePodTemplate"]),
    creates_namespace: true,
    propagates_since: Some("6.10.6"),
};

const GATEWAY: Facts = Facts {
    name: "gateway",
    title: "AI Application Gateway",
    chart: "clearml-enterprise-app-gateway",
    override_file: "clearml-app-gateway-values.override.yaml",
    release: None,
    certificates: &["customCertificates"],
    pod_template: None,
    creates_namespace: false,
    propagates_since: None,
};

impl Component {
    /// Every component, in the order they are rolled out: a gateway needs an agent in its namespace.
    pub const ALL: [Self; 2] = [Self::Agent, Self::Gateway];

    /// What is known of it.
    #[must_use]
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Agent => &AGENT,
            Self::Gateway => &GATEWAY,
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}
