//! Completion of the command line: what the word under the cursor can be. The protocol is Cobra's, which Helm speaks with its
//! plugins: a candidate a line, with a description behind a tab, and a last line that tells the shell how to go on.

pub mod paths;
mod scripts;
mod wanted;

pub use scripts::{Shell, script, static_file};
pub use wanted::{Value, Wanted, wanted};

/// How the shell goes on (Cobra's `ShellCompDirective`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Directive(u8);

impl Directive {
    /// Offers no files of its own accord.
    const NO_FILES: u8 = 4;
    /// Puts no blank behind the only candidate.
    const NO_SPACE: u8 = 2;

    /// What fits `candidates`: behind a folder or an alias more is to come.
    #[must_use]
    pub fn of(candidates: &[Candidate]) -> Self {
        let goes_on = |one: &Candidate| one.word.ends_with(['/', '=', ':']);
        if !candidates.is_empty() && candidates.iter().all(goes_on) {
            Self(Self::NO_FILES | Self::NO_SPACE)
        } else {
            Self(Self::NO_FILES)
        }
    }
}

/// One word that could stand there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The word.
    pub word: String,
    /// What it means; may be empty.
    pub meaning: String,
}

impl Candidate {
    /// A word and what it means.
    pub fn new(word: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self {
            word: word.into(),
            meaning: meaning.into(),
        }
    }
}

/// What is printed for the shell.
#[must_use]
pub fn answer(candidates: &[Candidate]) -> String {
    let mut lines: Vec<String> = candidates
        .iter()
        .map(|one| match one.meaning.lines().next() {
            Some(meaning) => format!("{}\t{meaning}", one.word),
            None => one.word.clone(),
        })
        .collect();
    lines.push(format!(":{}", Directive::of(candidates).0));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_answer_is_what_cobra_reads() {
        let agent = Candidate::new("agent", "the agent\nand more");
        assert_eq!(answer(&[agent]), "agent\tthe agent\n:4");
        assert_eq!(answer(&[Candidate::new("ca/", "")]), "ca/\n:6");
        assert_eq!(answer(&[]), ":4");
    }
}
