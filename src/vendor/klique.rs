//! The same product under the name Klique: other names of charts, releases and values, everything else as it was.
//!
//! Source: klique.ai's documentation of 2026; its charts are unseen.

use super::clearml::{self, TEMPLATE_KEY};
use super::layout::{Layout, QueueKeys, TaskPodKeys};

const REGISTRY: &str = "oci://docker.io/kliqueai";
const SOURCES_VOLUME: &str = "klique-extra-ca-certs";

pub(super) const AGENT: Layout = Layout {
    chart: "orchestrator",
    is_generic: true,
    repositories: &[],
    registry: REGISTRY,
    override_file: "orchestrator-values.override.yaml",
    release: Some("orchestrator"),
    task_pods: Some(TaskPodKeys {
        base: &["orchestratork8sglue", "basePodTemplate"],
        queues: Some(QueueKeys {
            all: &["orchestratork8sglue", "queues"],
            apps: Some(&["orchestratork8sglue", "appsQueue"]),
        }),
        template_key: TEMPLATE_KEY,
        sources_volume: SOURCES_VOLUME,
        default_image: &["orchestratork8sglue", "defaultContainerImage"],
    }),
    image: Some(&["orchestratork8sglue", "image"]),
    propagates_since: None,
    servers: &[
        &["orchestratork8sglue", "apiServerUrlReference"],
        &["orchestratork8sglue", "fileServerUrlReference"],
        &["orchestratork8sglue", "webServerUrlReference"],
    ],
    checking: &[
        &["orchestratork8sglue", "clearmlcheckCertificate"],
        &["orchestratork8sglue", "clearmlCheckCertificate"],
        &["orchestratork8sglue", "kliqueCheckCertificate"],
    ],
    conf: &[
        &["clearml", "clearmlConfig"],
        &["klique", "kliqueConfig"],
        &["orchestratork8sglue", "clearmlConfig"],
    ],
    ..clearml::AGENT
};

pub(super) const GATEWAY: Layout = Layout {
    chart: "gateway",
    is_generic: true,
    replaces: &[],
    repositories: &[],
    registry: REGISTRY,
    override_file: "gateway-values.override.yaml",
    ..clearml::GATEWAY
};

pub(super) const APPS: Layout = Layout {
    chart: "control-plane",
    is_generic: true,
    repositories: &[],
    registry: REGISTRY,
    override_file: "control-plane-values.override.yaml",
    release: Some("control-plane"),
    certificates: &["applications", "customCertificates"],
    task_pods: Some(TaskPodKeys {
        base: &["applications", "basePodTemplate"],
        queues: None,
        template_key: TEMPLATE_KEY,
        sources_volume: SOURCES_VOLUME,
        default_image: &["applications", "defaultContainerImage"],
    }),
    image: Some(&["applications", "image"]),
    takes_certificates_since: None,
    propagates_since: None,
    servers: &[
        &["applications", "apiServerUrlReferenceOverride"],
        &["applications", "fileServerUrlReferenceOverride"],
        &["applications", "webServerUrlReferenceOverride"],
        &["apiserver", "ingress", "hostName"],
        &["fileserver", "ingress", "hostName"],
        &["webserver", "ingress", "hostName"],
    ],
    checking: &[
        &["applications", "clearmlCheckCertificate"],
        &["applications", "clearmlcheckCertificate"],
        &["applications", "kliqueCheckCertificate"],
    ],
    conf: &[
        &["applications", "clearmlConfig"],
        &["clearml", "clearmlConfig"],
    ],
    ..clearml::APPS
};
