//! How lists of choices look: where the cursor is can be seen without colours.

use std::fmt;

use dialoguer::theme::{ColorfulTheme, Theme};

/// Before the line that the cursor is on, and before the others.
const HERE: &str = "❯";
const ELSEWHERE: &str = " ";

/// Dialoguer's theme, with the cursor in lists of several choices as it is in lists of one.
#[derive(Default)]
pub(super) struct Marked(ColorfulTheme);

impl Theme for Marked {
    fn format_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        self.0.format_prompt(f, prompt)
    }

    fn format_select_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        self.0.format_select_prompt(f, prompt)
    }

    fn format_select_prompt_item(
        &self,
        f: &mut dyn fmt::Write,
        text: &str,
        active: bool,
    ) -> fmt::Result {
        self.0.format_select_prompt_item(f, text, active)
    }

    fn format_multi_select_prompt(&self, f: &mut dyn fmt::Write, prompt: &str) -> fmt::Result {
        self.0.format_multi_select_prompt(f, prompt)
    }

    fn format_multi_select_prompt_item(
        &self,
        f: &mut dyn fmt::Write,
        text: &str,
        checked: bool,
        active: bool,
    ) -> fmt::Result {
        if active {
            let here = console::style(HERE).for_stderr().green();
            write!(f, "{here} ")?;
        } else {
            write!(f, "{ELSEWHERE} ")?;
        }
        self.0
            .format_multi_select_prompt_item(f, text, checked, active)
    }
}
