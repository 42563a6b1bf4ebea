//! A Job that is there for one question: whatever happens, it is removed, by us or, if we are killed, by itself.

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::Value as Json;

use super::Kubectl;
use crate::interrupt;

/// How long its pod may take to be gone once its Job is.
const GOING: Duration = Duration::from_secs(20);

/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// A Job, removed with the value.
#[derive(Debug)]
pub struct ShortLived<'a> {
    kubectl: &'a Kubectl,
    namespace: &'a str,
    name: String,
    /// `label=value` of it and its pod.
    label: String,
    is_there: bool,
}

impl<'a> ShortLived<'a> {
    /// Makes the Job `name` in `namespace`; `label` finds it and its pod.
    ///
    /// # Errors
    /// The API server refuses, or does not answer. It may have made the Job all the same: that is removed.
    pub fn create(
        kubectl: &'a Kubectl,
        (namespace, name): (&'a str, &str),
        label: String,
        job: String,
    ) -> Result<Self> {
        let job_of = Self {
            kubectl,
            namespace,
            name: name.to_owned(),
            label,
            is_there: true,
        };
        let words = ["create", "-f", "-", "-n", namespace, "-o", "name"];
        kubectl.run_with(&words, job)?;
        Ok(job_of)
    }

    /// Its pod as it is, if there is one.
    ///
    /// # Errors
    /// The API server does not answer, or refuses.
    pub fn pod(&self) -> Result<Option<Json>> {
        let words = [
            "get",
            "pods",
            "-l",
            &self.label,
            "-n",
            self.namespace,
            "-o",
            "json",
        ];
        let mut list: Json = serde_json::from_slice(&self.kubectl.run(&words)?)?;
        let pods = list.get_mut("items").and_then(Json::as_array_mut);
        Ok(pods.and_then(Vec::pop))
    }

    /// The events of an object, oldest first; none where they may not be read.
    #[must_use]
    pub fn events(&self, object: &str) -> Vec<Json> {
        let of = format!("--field-selector=involvedObject.name={object}");
        let words = ["get", "events", &of, "-n", self.namespace, "-o", "json"];
        let list = self.kubectl.run(&words).ok();
        let list: Option<Json> = list.and_then(|list| serde_json::from_slice(&list).ok());
        let items = list.as_ref().and_then(|list| list.get("items")?.as_array());
        let mut events = items.cloned().unwrap_or_default();
        let when = |event: &Json| {
            let times = ["lastTimestamp", "eventTime"].into_iter();
            let mut times = times.filter_map(|field| event.get(field)?.as_str());
            times.next().map(str::to_owned)
        };
        events.sort_by_key(when);
        events
    }

    /// What a container of its pod has written: at most `bytes`, of its last `lines` if that is given.
    ///
    /// # Errors
    /// The API server or the node does not answer, or refuses.
    pub fn log(
        &self,
        pod: &str,
        container: &str,
        bytes: usize,
        lines: Option<usize>,
    ) -> Result<Vec<u8>> {
        let limit = format!("--limit-bytes={bytes}");
        let tail = lines.map(|lines| format!("--tail={lines}"));
        let mut words = vec!["logs", pod, "-c", container, "-n", self.namespace, &limit];
        words.extend(tail.as_deref());
        self.kubectl.run(&words)
    }

    /// Removes it, and waits until its pod is gone.
    ///
    /// # Errors
    /// It could not be removed, or its pod is still there.
    pub fn remove(mut self) -> Result<()> {
        self.is_there = false;
        self.delete()?;
        let started = Instant::now();
        while self.pod()?.is_some() {
            if started.elapsed() > GOING || interrupt::insisted() {
                bail!("its pod is still on its way out");
            }
            thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    fn delete(&self) -> Result<()> {
        let words = [
            "delete",
            "job",
            &self.name,
            "-n",
            self.namespace,
            "--cascade=background",
            "--ignore-not-found",
            "--wait=false",
        ];
        self.kubectl.run(&words).map(|_| ())
    }
}

impl Drop for ShortLived<'_> {
    fn drop(&mut self) {
        if self.is_there {
            // Where that fails, it removes itself.
            let _ = self.delete();
        }
    }
}
