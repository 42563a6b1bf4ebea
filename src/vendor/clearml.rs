//! The charts of ClearML Enterprise.
//!
//! Source: the vendor's documentation and release notes of 2025 and 2026, and its charts of 2023.

use super::layout::{Layout, QueueKeys, TaskPodKeys};

/// The newest first; the second was documented until March 2025.
const REPOSITORIES: &[&str] = &["clearml-enterprise", "allegroai-enterprise"];
/// Since 2025.
const REGISTRY: &str = "oci://docker.io/clearml";
pub(super) const TEMPLATE_KEY: &str = "template.yaml";

pub(super) const AGENT: Layout = Layout {
    chart: "clearml-enterprise-agent",
    below: &[],
    is_generic: false,
    replaces: &[],
    repositories: REPOSITORIES,
    registry: REGISTRY,
    override_file: "clearml-agent-values.override.yaml",
    release: Some("clearml-agent"),
    certificates: &["customCertificates"],
    task_pods: Some(TaskPodKeys {
        base: &["agentk8sglue", "basePodTemplate"],
        queues: Some(QueueKeys {
            all: &["agentk8sglue", "queues"],
            apps: Some(&["agentk8sglue", "appsQueue"]),
        }),
        template_key: TEMPLATE_KEY,
        sources_volume: "clearml-extra-ca-certs",
        default_image: &["agentk8sglue", "defaultContainerImage"],
    }),
    image: Some(&["agentk8sglue", "image"]),
    container: Some("k8s-glue"),
    takes_certificates_since: None,
    propagates_since: Some("6.10.6"),
    config_map_infix: "",
    servers: &[
        &["agentk8sglue", "apiServerUrlReference"],
        &["agentk8sglue", "fileServerUrlReference"],
        &["agentk8sglue", "webServerUrlReference"],
    ],
    checking: &[
        &["agentk8sglue", "clearmlcheckCertificate"],
        &["agentk8sglue", "clearmlCheckCertificate"],
    ],
    conf: &[
        &["clearml", "clearmlConfig"],
        &["agentk8sglue", "clearmlConfig"],
    ],
    required: &[],
};

pub(super) const GATEWAY: Layout = Layout {
    chart: "clearml-enterprise-app-gateway",
    below: &[],
    is_generic: false,
    replaces: &["clearml-enterprise-task-traffic-router"],
    repositories: REPOSITORIES,
    registry: REGISTRY,
    override_file: "clearml-app-gateway-values.override.yaml",
    release: None,
    certificates: &["customCertificates"],
    task_pods: None,
    image: None,
    container: None,
    takes_certificates_since: None,
    propagates_since: None,
    config_map_infix: "",
    servers: &[
        &["clearml", "apiServerUrlReference"],
        &["externalURL"],
        &["ingress", "hostName"],
    ],
    checking: &[
        &["clearml", "clearmlCheckCertificate"],
        &["clearmlCheckCertificate"],
    ],
    conf: &[],
    required: &[
        &["clearml", "apiKey"],
        &["clearml", "apiSecret"],
        &["clearml", "apiServerUrlReference"],
    ],
};

pub(super) const APPS: Layout = Layout {
    chart: "clearml-enterprise",
    below: &[],
    is_generic: false,
    replaces: &[],
    repositories: REPOSITORIES,
    registry: REGISTRY,
    override_file: "clearml-values.override.yaml",
    release: Some("clearml-enterprise"),
    certificates: &["clearmlApplications", "customCertificates"],
    task_pods: Some(TaskPodKeys {
        base: &["clearmlApplications", "basePodTemplate"],
        queues: None,
        template_key: TEMPLATE_KEY,
        sources_volume: "clearml-extra-ca-certs",
        default_image: &["clearmlApplications", "defaultContainerImage"],
    }),
    image: Some(&["clearmlApplications", "image"]),
    container: None,
    takes_certificates_since: Some("10.8.13"),
    propagates_since: Some("10.11.3"),
    config_map_infix: "-apps",
    servers: &[
        &["clearmlApplications", "apiServerUrlReferenceOverride"],
        &["clearmlApplications", "fileServerUrlReferenceOverride"],
        &["clearmlApplications", "webServerUrlReferenceOverride"],
        &["apiserver", "ingress", "hostName"],
        &["fileserver", "ingress", "hostName"],
        &["webserver", "ingress", "hostName"],
    ],
    checking: &[
        &["clearmlApplications", "clearmlCheckCertificate"],
        &["clearmlApplications", "clearmlcheckCertificate"],
    ],
    conf: &[
        &["clearmlApplications", "clearmlConfig"],
        &["clearml", "clearmlConfig"],
    ],
    required: &[],
};
