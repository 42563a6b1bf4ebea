//! The log of the pod: lines of our script, in which a client's own words are quoted. Whatever else stands there is nobody's.

use std::collections::BTreeMap;

use super::Client;
use super::answers::Answer;

/// A log longer than this is not read to its end.
pub const MOST_BYTES: usize = 1024 * 1024;

/// The longest line of a client that is kept, in characters.
const LONGEST_LINE: usize = 500;

/// Lines of one answer that are kept.
const MOST_LINES: usize = 40;

/// What the script wrote down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Log {
    /// Whether the script began.
    pub has_begun: bool,
    /// Whether it came to its end.
    pub is_whole: bool,
    /// The clients that the image has, each with its version in its own words.
    pub clients: BTreeMap<Client, String>,
    /// What each said of each server, in the order in which they ended.
    pub answers: Vec<Answer>,
}

impl Log {
    /// Reads a log in which our lines begin with `mark`; `servers` is how many were to be asked.
    #[must_use]
    pub fn read(bytes: &[u8], mark: &str, servers: usize) -> Self {
        let text = String::from_utf8_lossy(bytes.get(..MOST_BYTES).unwrap_or(bytes));
        let mut log = Self::default();
        let mut said: BTreeMap<(Client, usize), Vec<String>> = BTreeMap::new();
        for line in text.lines() {
            let Some(ours) = line.strip_prefix(mark) else {
                continue;
            };
            let (verb, rest) = split(ours.strip_prefix(' ').unwrap_or_default());
            match verb {
                "begin" => log.has_begun = true,
                "done" => log.is_whole = true,
                "has" => {
                    let (name, version) = split(rest);
                    if let Some(client) = Client::named(name) {
                        log.clients.insert(client, cut(version.trim()));
                    }
                }
                "line" | "end" => {
                    let (name, rest) = split(rest);
                    let (number, rest) = split(rest);
                    let (Some(client), Ok(server)) = (Client::named(name), number.parse()) else {
                        continue;
                    };
                    if server >= servers {
                        continue;
                    }
                    let lines = said.entry((client, server)).or_default();
                    if verb == "line" {
                        if lines.len() < MOST_LINES {
                            lines.push(cut(rest));
                        }
                    } else if let Ok(code) = rest.trim().parse() {
                        let lines = std::mem::take(lines);
                        log.answers.push(Answer::new(client, server, code, &lines));
                    }
                }
                _ => {}
            }
        }
        log.answers.sort_by_key(|one| (one.server, one.client));
        log.answers.dedup_by_key(|one| (one.server, one.client));
        log
    }

    /// The clients that the image does not have.
    #[must_use]
    pub fn absent(&self) -> Vec<Client> {
        let all = Client::ALL.into_iter();
        all.filter(|one| !self.clients.contains_key(one)).collect()
    }
}

fn split(text: &str) -> (&str, &str) {
    text.split_once(' ').unwrap_or((text, ""))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_LINE).collect()
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn answers_are_told_apart_however_their_lines_are_mixed() {
        let text = "\
a banner of the image\n\
m1 begin\n\
m1 has curl curl 8.14.1\n\
m1 has requests 2.32 Python 3.13.5\n\
m1 line curl 1 m1 end curl 0 0\n\
m1 line curl 0 curl: (60) SSL certificate problem: unable to get local issuer certificate\n\
m1 end curl 1 0\n\
m1 end curl 0 60\n\
m1 end curl 7 0\n\
m1 end cat 0 0\n\
m2 end requests 0 0\n\
m1 done\n";
        let log = Log::read(text.as_bytes(), "m1", 2);
        assert!(log.has_begun && log.is_whole);
        assert_eq!(log.clients[&Client::Curl], "curl 8.14.1");
        assert_eq!(log.absent().len(), 7);
        let verdicts: Vec<_> = log
            .answers
            .iter()
            .map(|one| (one.server, one.verdict))
            .collect();
        assert_eq!(verdicts, [(0, Verdict::Refused), (1, Verdict::Trusted)]);
    }

    #[test]
    fn a_log_of_anything_is_read_within_bounds() {
        for bytes in [
            &b""[..],
            b"m",
            b"m ",
            b"m line",
            b"m line curl",
            b"m end curl x y",
            b"m end curl 0 notanumber",
            b"m end curl 99999999999999999999 0",
            b"\xff\xfe\x00m line curl 0 \x1b[2J\n",
        ] {
            assert_eq!(Log::read(bytes, "m", 1).answers, [], "{bytes:?}");
        }
        let long = format!("m line curl 0 {}\nm end curl 0 60\n", "ü".repeat(10_000));
        let log = Log::read(long.as_bytes(), "m", 1);
        assert!(log.answers[0].words.chars().count() <= LONGEST_LINE);
        let huge = "m line curl 0 x\n".repeat(MOST_BYTES / 8) + "m done\n";
        assert!(!Log::read(huge.as_bytes(), "m", 1).is_whole);
    }

    #[test]
    fn the_first_end_of_an_answer_counts() {
        let log = Log::read(b"m end curl 0 60\nm end curl 0 0\n", "m", 1);
        assert_eq!(log.answers.len(), 1);
        assert_eq!(log.answers[0].verdict, Verdict::Refused);
    }
}
