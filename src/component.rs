//! The components of ClearML Enterprise that take certificates, as data.
//!
//! Source: the vendor's "Deployment with Self-Signed Certificates" page, and the charts' release notes.

use std::fmt;

/// A component whose chart takes certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub enum Component {
    /// The ClearML Agent on Kubernetes, and through it every task pod.
    Agent,
    /// The AI Application Gateway.
    Gateway,
    /// The Applications agent of the control plane, and the pods of the applications it starts.
    Apps,
}

/// What is known of a component from the vendor's documentation.
#[derive(Debug)]
pub struct Facts {
    /// The name on our command line.
    pub name: &'static str,
    /// The product's name for people.
    pub title: &'static str,
    /// What it is for, in a few words.
    pub purpose: &'static str,
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
    /// Where its own image is named, whose `update-ca-certificates` task pods use.
    pub image: Option<&'static [&'static str]>,
    /// Whether the documented command creates the namespace.
    pub creates_namespace: bool,
    /// The first chart version that takes certificates at all, where older ones are in use.
    pub takes_certificates_since: Option<&'static str>,
    /// The first chart version that brings certificates to task pods by itself.
    pub propagates_since: Option<&'static str>,
    /// What stands between a release's full name and `-custom-ca-0` in the documented names of ConfigMaps.
    pub config_map_infix: &'static str,
    /// Values that name the servers its pods talk to: URLs, or a host alone.
    pub server_urls: &'static [&'static [&'static str]],
    /// Where the queues are whose `templateOverrides` replace lists of the pod template.
    pub queues: Option<&'static [&'static str]>,
}

const AGENT: Facts = Facts {
    name: "agent",
    title: "ClearML Agent",
    purpose: "the ClearML Agent, and every task pod it starts",
    chart: "clearml-enterprise-agent",
    override_file: "clearml-agent-values.override.yaml",
    release: Some("clearml-agent"),
    certificates: &["customCertificates"],
    pod_template: Some(&["agentk8sglue", "basePodTemplate"]),
    image: Some(&["agentk8sglue", "image"]),
    creates_namespace: true,
    takes_certificates_since: None,
    propagates_since: Some("6.10.6"),
    config_map_infix: "",
    server_urls: &[
        &["agentk8sglue", "apiServerUrlReference"],
        &["agentk8sglue", "fileServerUrlReference"],
        &["agentk8sglue", "webServerUrlReference"],
    ],
    queues: Some(&["agentk8sglue", "queues"]),
};

const GATEWAY: Facts = Facts {
    name: "gateway",
    title: "AI Application Gateway",
    purpose: "the AI Application Gateway, where users enter applications",
    chart: "clearml-enterprise-app-gateway",
    override_file: "clearml-app-gateway-values.override.yaml",
    release: None,
    certificates: &["customCertificates"],
    pod_template: None,
    image: None,
    creates_namespace: false,
    takes_certificates_since: None,
    propagates_since: None,
    config_map_infix: "",
    server_urls: &[
        &["clearml", "apiServerUrlReference"],
        &["externalURL"],
        &["ingress", "hostName"],
    ],
    queues: None,
};

const APPS: Facts = Facts {
    name: "apps",
    title: "Applications agent",
    purpose: "the Applications agent in the control plane, and what it starts",
    chart: "clearml-enterprise",
    override_file: "clearml-values.override.yaml",
    release: Some("clearml-enterprise"),
    certificates: &["clearmlApplications", "customCertificates"],
    pod_template: Some(&["clearmlApplications", "basePodTemplate"]),
    image: Some(&["clearmlApplications", "image"]),
    creates_namespace: true,
    takes_certificates_since: Some("10.8.13"),
    propagates_since: Some("10.11.3"),
    config_map_infix: "-apps",
    // The Applications agent talks to its own control plane, inside the cluster.
    server_urls: &[],
    queues: None,
};

impl Component {
    /// Every component, in the order they are rolled out: the control plane first, and a gateway needs an agent in its namespace.
    pub const ALL: [Self; 3] = [Self::Apps, Self::Agent, Self::Gateway];

    /// What is known of it.
    #[must_use]
    pub fn facts(self) -> &'static Facts {
        match self {
            Self::Agent => &AGENT,
            Self::Gateway => &GATEWAY,
            Self::Apps => &APPS,
        }
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().name)
    }
}
