//! The two streams, behind one redactor.

use std::io::Write as _;

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::Value as Json;
use serde_yaml::Value;

use super::fit;
use super::printable::printable;
use super::progress::Progress;
use super::prompts::confirm;
use super::redact::Redactor;
use crate::exit::Stop;
use crate::proof::{Manifest, Object};

/// Everything that is printed goes through here.
#[derive(Debug, Default)]
pub struct Screen {
    redactor: Redactor,
    progress: Progress,
}

impl Screen {
    /// A screen that hides the secrets of `values` from now on, wherever they turn up.
    pub fn hide_secrets_of(&self, values: &Value) {
        self.redactor.learn(values);
    }

    /// A screen that hides what the Secrets of a manifest hold, and the secrets in what of it is not plain YAML.
    pub fn hide_secrets_in(&self, manifest: &Manifest) {
        self.hide_secrets_among(&manifest.objects);
        for flawed in manifest.unreadable.iter().chain(&manifest.repeated) {
            self.redactor.learn_text(&flawed.text);
        }
    }

    /// A screen that hides what the Secrets among `objects` hold.
    pub fn hide_secrets_among(&self, objects: &[Object]) {
        self.redactor.learn_objects(objects);
    }

    /// A screen that hides these texts, in every form.
    pub fn hide(&self, secrets: &[String]) {
        self.redactor.learn_secrets(secrets);
    }

    /// A screen that lets these names stand, even where a secret is a part of them.
    pub fn leave_open(&self, names: impl IntoIterator<Item = String>) {
        self.redactor.leave_open(names);
    }

    /// A result, to stdout. A closed pipe (`| head`) is nobody's error.
    pub fn result(&self, text: &str) {
        self.progress.suspended(|| {
            let mut stdout = std::io::stdout().lock();
            let _ = writeln!(stdout, "{}", printable(&self.redactor.redact(text)));
            let _ = stdout.flush();
        });
    }

    /// A text without the secrets that are known.
    pub(super) fn redacted(&self, text: &str) -> String {
        self.redactor.redact(text)
    }

    /// A document to stdout, as it is: what the user asked to have whole is not redacted.
    pub(super) fn plain(&self, text: &str) {
        self.progress.suspended(|| {
            let mut stdout = std::io::stdout().lock();
            let _ = stdout.write_all(text.as_bytes());
            let _ = stdout.flush();
        });
    }

    /// A JSON document to stdout. Each string is redacted as it is, before JSON escapes it.
    pub fn json(&self, document: &Json) {
        self.json_but(document, "");
    }

    /// The same, but for the fields of that name: they hold what the user asked to have whole.
    pub fn json_but(&self, document: &Json, whole: &str) {
        let mut document = document.clone();
        redact_strings(&mut document, whole, &self.redactor);
        self.plain(&format!("{document:#}\n"));
    }

    /// A diagnostic, to stderr.
    pub fn note(&self, text: &str) {
        let text = self.redactor.redact(text);
        let text = printable(&text).into_owned();
        let text = match fit::width_of_notes() {
            Some(width) => fit::prose(&text, width),
            None => text,
        };
        self.progress.suspended(|| {
            let _ = writeln!(std::io::stderr().lock(), "{text}");
        });
    }

    /// A call of another program, for who debugs: in one piece, however wide.
    pub fn traced(&self, call: &str) {
        let text = self.redactor.redact(call);
        let text = printable(&text).into_owned();
        let label = console::style("debug:").dim().for_stderr();
        self.progress.suspended(|| {
            let _ = writeln!(std::io::stderr().lock(), "{label} {text}");
        });
    }

    /// Asks for a yes in the middle of a run: what tells how far that is stands still meanwhile, and does not go over the question.
    ///
    /// # Errors
    /// Escape, Ctrl-C, or the terminal is gone.
    pub fn confirm(&self, question: &str) -> Result<bool> {
        self.progress.suspended(|| confirm(question))
    }

    /// What ended the run: an error, but where the user wanted it so.
    pub fn ending(&self, error: &anyhow::Error) {
        match error.downcast_ref::<Stop>() {
            Some(stop) if stop.is_wanted => self.note(&stop.message),
            _ => self.error(error),
        }
    }

    /// What went wrong.
    pub fn error(&self, error: &anyhow::Error) {
        let label = console::style("error:").red().bold().for_stderr();
        self.note(&format!("{label} {error:#}"));
    }

    /// A line that stays above those of the steps, on a terminal.
    pub(super) fn head_line(&self) -> Option<ProgressBar> {
        self.progress.head_line()
    }

    /// Does `work` under a line that leaves nothing behind: what came of it, good or bad, is told by who asked.
    pub fn meanwhile<T>(&self, what: &str, work: impl FnOnce() -> T) -> T {
        let what = self.redactor.redact(what);
        self.progress.meanwhile(&printable(&what), None, work)
    }

    /// Does `work` under a line that says what is going on.
    pub fn step<T, E>(&self, what: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
        self.progress
            .step(&printable(&self.redactor.redact(what)), None, work)
    }

    /// The same, where `look` tells every second how far it is.
    pub fn watched_step<T, E>(
        &self,
        what: &str,
        look: Option<&(dyn Fn() -> Option<String> + Sync)>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let told = |text: &str| printable(&self.redactor.redact(text)).into_owned();
        let look = look.map(|look| move || Some(told(&look()?)));
        let look = look
            .as_ref()
            .map(|look| look as &(dyn Fn() -> Option<String> + Sync));
        self.progress.step(&told(what), look, work)
    }
}

fn redact_strings(value: &mut Json, whole: &str, redactor: &Redactor) {
    match value {
        Json::String(text) => *text = redactor.redact(text),
        Json::Array(items) => items
            .iter_mut()
            .for_each(|one| redact_strings(one, whole, redactor)),
        Json::Object(fields) => fields
            .iter_mut()
            .filter(|(name, _)| *name != whole)
            .for_each(|(_, one)| redact_strings(one, whole, redactor)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
