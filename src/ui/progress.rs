//! One line per step, on stderr: a spinner while it runs, its time when it is done.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use console::{Term, style};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A step this quick leaves no line behind.
const WORTH_A_LINE: Duration = Duration::from_millis(300);

/// Tells how far a step is.
pub(super) type Look<'a> = &'a (dyn Fn() -> Option<String> + Sync);

/// How often it is asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Progress lines; on a dumb terminal or in a pipe, plain lines for what took long or failed.
#[derive(Debug)]
pub(super) struct Progress {
    bars: MultiProgress,
    live: bool,
}

impl Default for Progress {
    fn default() -> Self {
        let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        // Who wants no colour (no-color.org) keeps a transcript more often than not; a spinner would fill it.
        let plain = dumb || is_set("CI") || is_set("NO_COLOR");
        Self {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            live: Term::stderr().is_term() && !plain,
        }
    }
}

impl Progress {
    /// Does `work` under a line; `look` tells every second how far it is, where there is somebody to see it.
    pub(super) fn step<T, E>(
        &self,
        what: &str,
        look: Option<Look<'_>>,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let result = self.meanwhile(what, look, work);
        let elapsed = started.elapsed();
        let mark = match &result {
            Ok(_) if elapsed < WORTH_A_LINE => return result,
            Ok(_) => style("✓").green(),
            Err(_) => style("✗").red(),
        };
        let time = style(format!("{:.1}s", elapsed.as_secs_f64())).dim();
        let line = format!("{} {what} {}", mark.for_stderr(), time.for_stderr());
        self.suspended(|| {
            use std::io::Write as _;
            let _ = writeln!(std::io::stderr().lock(), "{line}");
        });
        result
    }

    /// A line above those of the steps, where there is somebody to see it.
    pub(super) fn head_line(&self) -> Option<ProgressBar> {
        let line = self
            .live
            .then(|| self.bars.insert(0, ProgressBar::new_spinner()))?;
        if let Ok(form) = ProgressStyle::with_template("{msg:.bold} {elapsed:.dim}") {
            line.set_style(form);
        }
        line.enable_steady_tick(Duration::from_millis(500));
        Some(line)
    }

    /// Does `work` under a line that is gone afterwards: what came of it is told elsewhere.
    pub(super) fn meanwhile<T>(
        &self,
        what: &str,
        look: Option<Look<'_>>,
        work: impl FnOnce() -> T,
    ) -> T {
        if !self.live {
            return work();
        }
        let bar = self.spinner(what);
        let result = watched(&bar, what, look, work);
        bar.finish_and_clear();
        result
    }

    pub(super) fn suspended<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bars.suspend(print)
    }

    fn spinner(&self, what: &str) -> ProgressBar {
        let bar = self.bars.add(ProgressBar::new_spinner());
        if let Ok(form) = ProgressStyle::with_template("{spinner:.cyan} {msg} {elapsed:.dim}") {
            bar.set_style(form);
        }
        bar.set_message(what.to_owned());
        bar.enable_steady_tick(Duration::from_millis(100));
        bar
    }
}

fn watched<T>(
    bar: &ProgressBar,
    what: &str,
    look: Option<Look<'_>>,
    work: impl FnOnce() -> T,
) -> T {
    let Some(look) = look else {
        return work();
    };
    std::thread::scope(|scope| {
        let (working, is_over) = mpsc::channel::<()>();
        scope.spawn(move || {
            while is_over.recv_timeout(LOOK_EVERY) == Err(RecvTimeoutError::Timeout) {
                if let Some(how_far) = look() {
                    bar.set_message(format!("{what}: {how_far}"));
                }
            }
        });
        let result = work();
        drop(working);
        result
    })
}
