//! What pods of task templates have seen, and `verify -o json`.

use std::fmt;

use serde_json::{Value, json};

use super::ending::Ending;
use super::{SCHEMA_VERSION, id};
use crate::finding::{Finding, refuses};
use crate::helm::TargetId;
use crate::kube::ClusterAddress;
use crate::plan::shown_manifest;
use crate::proof::Object;
use crate::run::Asked;
use crate::vendor::Component;
use crate::verify::{Answer, Client, Ended, Errand, Log, Verdict};

/// Who said which image a pod gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFrom {
    /// The command line.
    Option,
    /// The values: what tasks get that name none.
    Values,
    /// The template.
    Template,
    /// The agent's own, as the chart renders it: the vendor's default for tasks has no client that could ask.
    Agent,
}

impl fmt::Display for ImageFrom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Option => "as --image says",
            Self::Values => "that of tasks that name none, by the values",
            Self::Template => "by the template",
            Self::Agent => "the agent's own",
        })
    }
}

/// A pod that is to be sent, and for which release.
#[derive(Debug, Clone)]
pub struct Sending {
    /// The release.
    pub id: TargetId,
    /// The component.
    pub component: Component,
    /// The pod.
    pub errand: Errand,
    /// Who said which image it gets.
    pub image_from: ImageFrom,
}

impl Sending {
    /// The clusters of pods, for people.
    #[must_use]
    pub fn clusters(all: &[Self]) -> String {
        let clusters = all.iter().map(|one| &one.id.cluster);
        ClusterAddress::in_words(clusters).unwrap_or_default()
    }

    /// What would be made, as YAML, its secrets masked.
    #[must_use]
    pub fn manifest(&self) -> String {
        shown_manifest(&[Object::new(self.errand.job())])
    }
}

/// A pod that was sent, and what came of it.
#[derive(Debug)]
pub struct Verified {
    /// The pod.
    pub sending: Sending,
    /// What came of it; `None` where it was only shown.
    pub asked: Option<Asked>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

impl Verified {
    /// What it wrote down, if it came that far.
    #[must_use]
    pub fn log(&self) -> Option<&Log> {
        match self.asked.as_ref()?.ended.as_ref() {
            Ok(Ended::Asked { log, .. }) => Some(log),
            _ => None,
        }
    }

    /// Whether every client trusts every server, as far as nobody let anything pass.
    #[must_use]
    pub fn is_right(&self) -> bool {
        !refuses(&self.findings) && self.asked.as_ref().is_some_and(|asked| asked.ended.is_ok())
    }

    /// As JSON.
    pub(super) fn json(&self) -> Value {
        let (sending, errand) = (&self.sending, &self.sending.errand);
        let log = self.log();
        let asked = self.asked.as_ref();
        let error = asked.and_then(|asked| asked.ended.as_ref().err());
        let clients = log.map(|log| {
            let clients = log.clients.iter();
            let clients =
                clients.map(|(one, version)| json!({"name": one.name(), "version": version}));
            clients.collect::<Vec<_>>()
        });
        let answers = log.map(|log| {
            let answers = log.answers.iter();
            answers.map(|one| answer(one, errand)).collect::<Vec<_>>()
        });
        let absent = log.map(|log| {
            log.absent()
                .into_iter()
                .map(Client::name)
                .collect::<Vec<_>>()
        });
        json!({
            "id": id(&sending.id),
            "component": sending.component.name(),
            "release": sending.id.release,
            "namespace": errand.namespace,
            "cluster": sending.id.cluster.to_string(),
            "queue": errand.place.queue,
            "template": errand.place.to_string(),
            "job": errand.name(),
            "image": errand.image,
            "imageFrom": match sending.image_from {
                ImageFrom::Option => "option",
                ImageFrom::Values => "values",
                ImageFrom::Template => "template",
                ImageFrom::Agent => "agent",
            },
            "servers": errand.servers.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "manifest": asked.is_none().then(|| sending.manifest()),
            "pod": asked.and_then(|asked| asked.pod.as_deref()),
            "node": asked.and_then(|asked| asked.node.as_deref()),
            "clients": clients.unwrap_or_default(),
            "absentClients": absent.unwrap_or_default(),
            "answers": answers.unwrap_or_default(),
            "findings": self.findings,
            "error": error.map(|error| format!("{error:#}")),
        })
    }
}

fn answer(answer: &Answer, errand: &Errand) -> Value {
    json!({
        "server": errand.servers.get(answer.server).map(ToString::to_string),
        "client": answer.client.name(),
        "verdict": match answer.verdict {
            Verdict::Trusted => "trusted",
            Verdict::Refused => "refused",
            Verdict::Unreached => "unreached",
        },
        "words": answer.words,
    })
}

/// All pods, and what is wrong beside them.
#[must_use]
pub fn verified_json(pods: &[Verified], findings: &[Finding], ending: Ending) -> Value {
    json!({
        "schemaVersion": SCHEMA_VERSION,
        "outcome": ending.word(),
        "pods": pods.iter().map(Verified::json).collect::<Vec<_>>(),
        "findings": findings,
    })
}
