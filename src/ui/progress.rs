//! One line per step, on stderr: a spinner while it runs, its time when it is done.

use std::time::{Duration, Instant};

use console::{Term, style};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A step this quick leaves no line behind.
const WORTH_A_LINE: Duration = Duration::from_millis(300);

/// Progress lines; on a dumb terminal or in a pipe, plain lines for what took long or failed.
#[derive(Debug)]
pub(super) struct Progress {
    bars: MultiProgress,
    live: bool,
}

impl Default for Progress {
    fn default() -> Self {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        let ci = std::env::var_os("CI").is_some();
        Self {
            bars: MultiProgress::with_draw_target(ProgressDrawTarget::stderr()),
            live: Term::stderr().is_term() && !dumb && !ci,
        }
    }
}

impl Progress {
    pub(super) fn step<T, E>(
        &self,
        what: &str,
        work: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E> {
        let started = Instant::now();
        let bar = self.live.then(|| self.spinner(what));
        let result = work();
        if let Some(bar) = bar {
            bar.finish_and_clear();
        }
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
