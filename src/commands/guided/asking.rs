//! The questions, one after the other, and the way back through them.

use anyhow::Result;

use super::{Led, server, typing};
use crate::exit::was_left;
use crate::guided::{self, Answers, Change, Choice, Question, Topic};
use crate::interrupt;
use crate::ui::{self, Choosing, Typed};

/// What an answer came to.
enum Came {
    /// It is taken in.
    Answered,
    /// The question comes again, with something to say below it.
    Again(String),
}

impl Led<'_> {
    /// Asks until nothing is left to ask. Escape goes one question back, to the answers of `history`, and leaves at the first one.
    pub(super) fn ask_all(
        &mut self,
        answers: &mut Answers,
        history: &mut Vec<Answers>,
    ) -> Result<()> {
        let mut note = String::new();
        loop {
            if self.given.takes() && self.looked_at != answers.spots() {
                self.looked_at = answers.spots().to_vec();
                self.seen.trusted = self.trusted(answers)?;
            }
            let Some(question) = guided::next(answers, &self.given, &self.seen) else {
                return Ok(());
            };
            interrupt::check()?;
            let now = answers.clone();
            match self.ask(&question, answers, &std::mem::take(&mut note)) {
                Ok(Came::Answered) if *answers == now => {}
                Ok(Came::Answered) => history.push(now),
                Ok(Came::Again(why)) => {
                    *answers = now;
                    note = why;
                }
                Err(error) if was_left(&error) => match history.pop() {
                    Some(former) => *answers = former,
                    None => return Err(error),
                },
                Err(error) => return Err(error),
            }
        }
    }

    fn ask(&self, question: &Question, answers: &mut Answers, note: &str) -> Result<Came> {
        match question {
            Question::Several {
                text,
                choices,
                ticked,
            } => {
                let labels = labels(choices);
                let choosing = Choosing {
                    note,
                    ..Choosing::from(text, &labels)
                };
                let chosen = choosing.several(ticked)?;
                let chosen = chosen.into_iter().filter_map(|index| choices.get(index));
                let chosen: Vec<Choice> = chosen.cloned().collect();
                if let Err(why) = answers.choose_several(&chosen, &self.given) {
                    return Ok(Came::Again(why));
                }
                for choice in &chosen {
                    if let Change::Fetch(url) = &choice.change
                        && !self.fetch(url, answers)?
                    {
                        return Ok(Came::Again(format!("nothing was taken from {url}")));
                    }
                }
            }
            Question::One { text, choices } => {
                let index = ui::choose(text, &labels(choices))?;
                if let Some(choice) = choices.get(index) {
                    answers.choose_one(choice);
                }
            }
            Question::Word {
                topic,
                text,
                start,
                hint,
                optional,
            } => {
                let word = ui::type_in(&Typed {
                    question: text,
                    start,
                    hint,
                    optional: *optional,
                    judge: &|text| typing::judge(*topic, text),
                    complete: &|text| typing::complete(*topic, text),
                    told: &|text| typing::told(*topic, text),
                })?;
                if *topic == Topic::Certificates && word.starts_with("https://") {
                    if let Some(trust) = answers.trusted() {
                        self.screen.note(&format!(
                            "  one server at a time: {} is taken already; give the other's certificate as a file",
                            trust.url
                        ));
                    } else if self.fetch(&word, answers)? {
                        answers.ask_for_more(Topic::Certificates);
                    }
                } else {
                    answers.take(Change::Word(*topic, typing::finished(*topic, &word)));
                }
            }
        }
        Ok(Came::Answered)
    }

    /// Shows what a server presents, and takes in what of it is right; whether anything is. Escape goes back to where the server was
    /// named.
    fn fetch(&self, url: &str, answers: &mut Answers) -> Result<bool> {
        let agreed = match server::agreed(url, self.helm.cluster(), self.screen) {
            Err(error) if was_left(&error) => None,
            agreed => agreed?,
        };
        let is_agreed = agreed.is_some();
        if let Some(trust) = agreed {
            answers.trust(trust);
        }
        Ok(is_agreed)
    }
}

fn labels(choices: &[Choice]) -> Vec<String> {
    choices.iter().map(|choice| choice.label.clone()).collect()
}
