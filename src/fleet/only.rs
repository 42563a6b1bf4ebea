//! `--only`: some of the targets of a file.

use std::str::FromStr;

use clap::ValueEnum as _;

use crate::pattern;
use crate::request::{TargetRequest, TargetSpec};
use crate::vendor::Component;

/// Which targets are meant; all that is said in one word holds together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Only {
    word: String,
    terms: Vec<Term>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Term {
    Component(Component),
    Context(String),
    Namespace(String),
    Release(String),
    Wave(usize),
}

impl FromStr for Only {
    type Err = String;

    /// `agent`, `team-a/*`, `context=prod-eu`, `namespace=team-*`, `release=NAME`, `wave=1`, or several with commas.
    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let mut terms = Vec::new();
        for part in word.split(',') {
            match (part.split_once('='), part.split_once('/')) {
                (Some(("context", name)), _) => terms.push(Term::Context(name.to_owned())),
                (Some(("namespace", name)), _) => terms.push(Term::Namespace(name.to_owned())),
                (Some(("release", name)), _) => terms.push(Term::Release(name.to_owned())),
                (Some(("wave", number)), _) => {
                    let number = number.parse().map_err(|_| format!("{number} is no wave: a number from 0"))?;
                    terms.push(Term::Wave(number));
                }
                (None, Some((namespace, release))) => terms.extend([
                    Term::Namespace(namespace.to_owned()),
                    Term::Release(release.to_owned()),
                ]),
                _ => terms.push(Term::Component(Component::from_str(part, false).map_err(|_| {
                    format!(
                        "{part} says nothing of a target: name a component (agent, gateway, apps), NAMESPACE/RELEASE, context=NAME, namespace=NAME, release=NAME or wave=NUMBER; * and ? stand for anything"
                    )
                })?)),
            }
        }
        Ok(Self {
            word: word.to_owned(),
            terms,
        })
    }
}

impl std::fmt::Display for Only {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.word)
    }
}

impl Only {
    /// Whether a target is meant, with all that is known of where it is. A release without a name is the documented one.
    pub(super) fn selects(&self, target: &TargetRequest, spec: &TargetSpec) -> bool {
        let documented = spec.component.documented().release;
        let release = spec.release.as_deref().or(documented).unwrap_or_default();
        let namespace = spec.namespace_in(&target.cluster);
        self.terms.iter().all(|term| match term {
            Term::Component(component) => *component == spec.component,
            Term::Context(name) => pattern::fits(name, target.cluster.name()),
            Term::Namespace(name) => pattern::fits(name, namespace),
            Term::Release(name) => pattern::fits(name, release),
            Term::Wave(number) => *number == target.wave,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kube::tests::on_context;
    use crate::request::{Desired, TargetSpec};

    fn target(component: Component, namespace: &str, release: Option<&str>) -> TargetRequest {
        TargetRequest {
            cluster: on_context("prod-eu"),
            spec: TargetSpec {
                namespace: Some(namespace.to_owned()),
                release: release.map(str::to_owned),
                ..TargetSpec::of(component)
            },
            desired: Desired::default(),
            wave: 2,
        }
    }

    #[test]
    fn a_target_is_selected_by_what_it_is_and_where() {
        let agent = target(Component::Agent, "team-a", None);
        let gateway = target(Component::Gateway, "team-b", Some("ai-gateway"));
        for (word, of_agent, of_gateway) in [
            ("agent", true, false),
            ("team-a/*", true, false),
            ("*/clearml-agent", true, false),
            ("team-?/ai-*", false, true),
            ("context=prod-*", true, true),
            ("context=prod", false, false),
            ("namespace=team-b", false, true),
            ("release=ai-gateway,context=prod-eu", false, true),
            ("agent,team-b/*", false, false),
            ("wave=2", true, true),
            ("wave=1", false, false),
        ] {
            let only: Only = word.parse().unwrap();
            assert_eq!(only.selects(&agent, &agent.spec), of_agent, "{word}");
            assert_eq!(only.selects(&gateway, &gateway.spec), of_gateway, "{word}");
        }
    }

    #[test]
    fn a_word_that_says_nothing_is_refused() {
        for word in ["", "agents", "wave=x", "contxt=a", "agent,"] {
            assert!(word.parse::<Only>().is_err(), "{word}");
        }
    }
}
