//! Sending a pod to ask: made, waited for, its log read, removed.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Error, Result};
use serde_json::Value as Json;

use crate::interrupt;
use crate::kube::{Kubectl, ShortLived};
use crate::verify::{Ended, Errand, LABEL, Log, MOST_BYTES, Stage, stage};

/// How long something that does not pass by waiting is waited for: an API server's cache, or a registry, may stumble once.
const BLOCKED: Duration = Duration::from_secs(10);

/// How long the API server may be silent before that is the end.
const SILENCE: Duration = Duration::from_secs(30);

/// How long to wait before looking again: most pods are through within seconds, and the others take their time.
const LOOK_AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// For how long the first of these holds.
const EAGER: Duration = Duration::from_secs(15);

/// Lines of an init container that are its last words.
const LAST_WORDS: usize = 8;

/// How often a log is read again whose end is missing, where the container did come to its end.
const READINGS: usize = 4;

/// What came of an errand.
#[derive(Debug)]
pub struct Asked {
    /// The pod's name, where one was made.
    pub pod: Option<String>,
    /// The node that it ran on.
    pub node: Option<String>,
    /// How it ended; an error where the cluster stopped to tell, or a signal came.
    pub ended: Result<Ended>,
    /// Why the Job may still be there, where it could not be removed.
    pub left: Option<String>,
}

impl Asked {
    /// It could not even be tried.
    #[must_use]
    pub fn not_sent(why: anyhow::Error) -> Self {
        Self {
            pod: None,
            node: None,
            ended: Err(why),
            left: None,
        }
    }
}

/// Sends a pod. `tell` hears how far it is.
#[must_use]
pub fn ask(
    kubectl: &Kubectl,
    errand: &Errand,
    patience: Duration,
    tell: &(dyn Fn(&Stage) + Sync),
) -> Asked {
    let mut asked = Asked {
        pod: None,
        node: None,
        ended: Err(interrupt::nothing_changed().into()),
        left: None,
    };
    if interrupt::requested() {
        return asked;
    }
    let job = match serde_json::to_string(&errand.job()) {
        Ok(job) => job,
        Err(error) => {
            let what = format!("{} cannot be written as JSON", errand.place);
            asked.ended = Err(Error::new(error).context(what));
            return asked;
        }
    };
    let label = format!("{LABEL}={}", errand.mark);
    let made = ShortLived::create(kubectl, (&errand.namespace, &errand.name()), label, job);
    let life = match made {
        Ok(life) => life,
        Err(error) => {
            asked.ended = match rejection(&error) {
                Some(words) => Ok(Ended::Rejected(words)),
                None if interrupt::requested() => Err(interrupt::nothing_changed().into()),
                None => Err(error),
            };
            return asked;
        }
    };
    let mut watched = Watched {
        life: &life,
        errand,
        tell,
        pod: None,
    };
    asked.ended = watched.until_its_end(patience);
    let pod = watched.pod.take();
    let text = |path: &str| {
        let value = pod.as_ref()?.pointer(path)?;
        value.as_str().map(str::to_owned)
    };
    asked.pod = text("/metadata/name");
    asked.node = text("/spec/nodeName");
    asked.left = life.remove().err().map(|error| {
        let first = format!("{error:#}");
        first.lines().next().unwrap_or_default().to_owned()
    });
    asked
}

/// What the API server has against the Job, if it was the API server that spoke.
fn rejection(error: &Error) -> Option<String> {
    let words = format!("{error:#}");
    let words = words.split("\ncommand: ").next().unwrap_or_default();
    let mut lines = words.lines().filter(|line| !line.starts_with("Warning: "));
    let said =
        lines.find(|line| line.starts_with("Error from server") || line.starts_with("The Job"))?;
    let transient = ["(ServiceUnavailable)", "(Timeout)", "(TooManyRequests)"];
    (!transient.iter().any(|one| said.contains(one))).then(|| said.to_owned())
}

struct Watched<'a> {
    life: &'a ShortLived<'a>,
    errand: &'a Errand,
    tell: &'a (dyn Fn(&Stage) + Sync),
    /// As it was seen last.
    pod: Option<Json>,
}

impl Watched<'_> {
    fn until_its_end(&mut self, patience: Duration) -> Result<Ended> {
        let started = Instant::now();
        let (mut silent, mut blocked) = (None, None);
        loop {
            interrupt::check()?;
            let stage = match self.look() {
                Ok(stage) => {
                    silent = None;
                    stage
                }
                Err(error) => {
                    let since: &Instant = silent.get_or_insert_with(Instant::now);
                    if since.elapsed() > SILENCE {
                        return Err(error.context("the API server does not answer any more"));
                    }
                    Stage::Going("the API server does not answer; asking again".to_owned())
                }
            };
            if !matches!(stage, Stage::Blocked(_)) {
                blocked = None;
            }
            (self.tell)(&stage);
            let is_late = started.elapsed() > patience;
            match stage {
                Stage::Rejected(why) => return Ok(Ended::Rejected(why)),
                Stage::Lost { why, container } => {
                    let words = container.map(|one| self.last_words(&one, LAST_WORDS));
                    let words = words.unwrap_or_default();
                    return Ok(Ended::Stuck { why, words });
                }
                Stage::Ended { killed } => return self.asked(killed, READINGS),
                Stage::Blocked(why) => {
                    let since: &Instant = blocked.get_or_insert_with(Instant::now);
                    if since.elapsed() > BLOCKED || is_late {
                        let words = String::new();
                        return Ok(Ended::Stuck { why, words });
                    }
                }
                Stage::Initializing { container, .. } if is_late => {
                    let words = self.last_words(&container, LAST_WORDS);
                    let what = format!("the init container {container} still runs");
                    let why = late(patience, &what);
                    return Ok(Ended::Stuck { why, words });
                }
                Stage::Held(why) if is_late => {
                    let words = String::new();
                    return Ok(Ended::Stuck { why, words });
                }
                Stage::Going(what) if is_late => {
                    let why = late(patience, &what);
                    let Ok(ended) = self.asked(Some(why.clone()), 1) else {
                        let words = String::new();
                        return Ok(Ended::Stuck { why, words });
                    };
                    return Ok(ended);
                }
                Stage::Going(_) | Stage::Initializing { .. } | Stage::Held(_) => {}
            }
            let [soon, later] = LOOK_AGAIN;
            interrupt::pause(if started.elapsed() < EAGER {
                soon
            } else {
                later
            });
        }
    }

    fn look(&mut self) -> Result<Stage> {
        let pod = self.life.pod()?;
        let container = self.errand.container();
        if pod.is_none() && self.pod.is_some() {
            return Ok(Stage::Lost {
                why: "the pod was removed by somebody else".to_owned(),
                container: None,
            });
        }
        let phase = pod
            .as_ref()
            .and_then(|pod| pod.pointer("/status/phase")?.as_str());
        let events = match (phase, self.name_of(pod.as_ref())) {
            (None | Some("Pending"), name) => self
                .life
                .events(&name.unwrap_or_else(|| self.errand.name())),
            _ => Vec::new(),
        };
        let mut stage = stage(pod.as_ref(), &events, &container);
        self.pod = pod.or(self.pod.take());
        if let Stage::Initializing { container, words } = &mut stage {
            *words = self.last_words(container, 1);
        }
        Ok(stage)
    }

    fn name_of(&self, pod: Option<&Json>) -> Option<String> {
        let pod = pod.or(self.pod.as_ref())?;
        let name = pod.pointer("/metadata/name")?.as_str()?;
        Some(name.to_owned())
    }

    /// What the container wrote down.
    fn asked(&self, killed: Option<String>, readings: usize) -> Result<Ended> {
        let errand = self.errand;
        let pod = self.name_of(None).unwrap_or_default();
        let mut left = readings;
        loop {
            let bytes = self
                .life
                .log(&pod, &errand.container(), MOST_BYTES, None)
                .with_context(|| format!("the log of the pod {pod} cannot be read"));
            left -= 1;
            let log = match bytes {
                Ok(bytes) => Log::read(&bytes, &errand.mark, errand.servers.len()),
                Err(error) if left == 0 => return Err(error),
                Err(_) => Log::default(),
            };
            if log.is_whole || left == 0 {
                return Ok(Ended::Asked { log, killed });
            }
            interrupt::check()?;
            interrupt::pause(LOOK_AGAIN[0]);
        }
    }

    /// What a container wrote last; empty where that cannot be read.
    fn last_words(&self, container: &str, lines: usize) -> String {
        let pod = self.name_of(None).unwrap_or_default();
        let bytes = self.life.log(&pod, container, 4096, Some(lines));
        let bytes = bytes.unwrap_or_default();
        String::from_utf8_lossy(&bytes).trim().to_owned()
    }
}

fn late(patience: Duration, what: &str) -> String {
    format!("it was not through after {} s: {what}", patience.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_api_server_says_is_told_from_what_never_reached_it() {
        let said = |words: &str| rejection(&anyhow::anyhow!("{words}\ncommand: kubectl create"));
        assert!(said("Warning: would violate PodSecurity\nError from server (Forbidden): error when creating \"STDIN\": admission webhook denied").is_some());
        assert!(said("The Job \"x\" is invalid: spec.template.spec: bad").is_some());
        for words in [
            "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
            "Error from server (ServiceUnavailable): the server is currently unable",
            "Unable to connect to the server: EOF",
            "",
        ] {
            assert_eq!(said(words), None, "{words}");
        }
    }
}
