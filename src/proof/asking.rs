//! Servers that a container's script asks, and the file by which it trusts them.
//!
//! An agent's pod waits in an init container until `curl` has reached ClearML's servers: one that does not trust them
//! waits for ever, and says nothing.

use serde_yaml::Value;

use super::pods::{list, text};
use crate::trust_store::BUNDLE_FILE;

/// A server that a script asks by TLS, its certificate checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The program: `curl` or `wget`.
    pub program: &'static str,
    /// The address.
    pub url: String,
    /// The file with the certificates that the program goes by.
    pub trust: String,
}

struct Program {
    name: &'static str,
    /// The option that names the file, and the one that turns checking off.
    trust: &'static str,
    insecure: &'static str,
    /// Variables that name the file, the first that is set wins (curl's manual page; measured).
    variables: &'static [&'static str],
}

const PROGRAMS: [Program; 2] = [
    Program {
        name: "curl",
        trust: "--cacert",
        insecure: "--insecure",
        variables: &["CURL_CA_BUNDLE", "SSL_CERT_FILE"],
    },
    Program {
        name: "wget",
        trust: "--ca-certificate",
        insecure: "--no-check-certificate",
        variables: &[],
    },
];

/// curl's one-letter options that take the rest of the word, or the next one, as their value.
const WITH_VALUE: &str = "AbcCdDeEFhHKmoPQrtTuUwxXyYz";

/// What the commands and arguments of a container ask.
pub(super) fn questions(container: &Value) -> Vec<Question> {
    let scripts = ["command", "args"]
        .iter()
        .filter_map(|field| container.get(*field)?.as_sequence())
        .flatten()
        .filter_map(Value::as_str);
    let mut questions = Vec::new();
    for script in scripts {
        for command in script.split([';', '&', '|', '\n', '(', ')', '`']) {
            let Some((program, words)) = invocation(command) else {
                continue;
            };
            if let Some(question) = program.asks(&words, container)
                && !questions.contains(&question)
            {
                questions.push(question);
            }
        }
    }
    questions
}

/// A call of one of the programs, with the words behind its name.
fn invocation(command: &str) -> Option<(&'static Program, Vec<&str>)> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let (at, program) = words.iter().enumerate().find_map(|(at, word)| {
        let name = word.rsplit('/').next()?;
        let program = PROGRAMS.iter().find(|program| program.name == name)?;
        Some((at, program))
    })?;
    Some((program, words.get(at + 1..)?.to_vec()))
}

impl Program {
    fn asks(&self, words: &[&str], container: &Value) -> Option<Question> {
        if words.iter().any(|word| self.is_insecure(word)) {
            return None;
        }
        let url = words
            .iter()
            .map(|word| resolved(word.trim_matches(['"', '\'']), container))
            .find(|word| word.starts_with("https://"))?;
        let named = words.iter().enumerate().find_map(|(at, word)| {
            let rest = word.strip_prefix(self.trust)?;
            match rest.strip_prefix('=') {
                Some(file) => Some(file),
                None if rest.is_empty() => words.get(at + 1).copied(),
                None => None,
            }
        });
        let by_variable = || {
            let mut variables = self.variables.iter();
            variables.find_map(|name| variable(container, name).filter(|file| !file.is_empty()))
        };
        let trust = named
            .map(|file| file.trim_matches(['"', '\'']))
            .or_else(by_variable)
            .unwrap_or(BUNDLE_FILE);
        Some(Question {
            program: self.name,
            url,
            trust: trust.to_owned(),
        })
    }

    fn is_insecure(&self, word: &str) -> bool {
        if word == self.insecure {
            return true;
        }
        match word.strip_prefix('-') {
            Some(letters) if self.name == "curl" && !letters.starts_with('-') => letters
                .chars()
                .take_while(|letter| !WITH_VALUE.contains(*letter))
                .any(|letter| letter == 'k'),
            _ => false,
        }
    }
}

/// A word whose leading variable is replaced by what the container's environment says, where that can be seen.
fn resolved(word: &str, container: &Value) -> String {
    let Some(rest) = word.strip_prefix('$') else {
        return word.to_owned();
    };
    let split = match rest.strip_prefix('{') {
        Some(inner) => inner.split_once('}'),
        None => {
            let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            rest.split_at_checked(end.unwrap_or(rest.len()))
        }
    };
    let value = split.and_then(|(name, rest)| Some((variable(container, name)?, rest)));
    value.map_or_else(|| word.to_owned(), |(value, rest)| format!("{value}{rest}"))
}

fn variable<'a>(container: &'a Value, name: &str) -> Option<&'a str> {
    list(container, "env")
        .into_iter()
        .rfind(|entry| text(entry, "name") == Some(name))
        .and_then(|entry| text(entry, "value"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(script: &str) -> Vec<(String, String)> {
        let container = format!(
            "env: [{{name: API, value: 'https://api.acme.example'}}, {{name: SSL_CERT_FILE, value: /ssl.pem}}]\ncommand: [/bin/sh, -c, {}]",
            serde_json::to_string(script).unwrap()
        );
        questions(&serde_yaml::from_str(&container).unwrap())
            .into_iter()
            .map(|question| (question.url, question.trust))
            .collect()
    }

    fn one(url: &str, trust: &str) -> Vec<(String, String)> {
        vec![(url.to_owned(), trust.to_owned())]
    }

    #[test]
    fn a_loop_that_waits_for_a_server_asks_it() {
        let script = "set -x;\nwhile [ $(curl  -sw '%{http_code}' \"https://api.acme.example/debug.ping\" -o /dev/null) -ne 200 ] ; do\n  echo waiting ; sleep 5 ;\ndone";
        let url = "https://api.acme.example/debug.ping";
        assert_eq!(asked(script), one(url, "/ssl.pem"));
    }

    #[test]
    fn variables_and_options_are_followed() {
        let url = "https://api.acme.example/x";
        assert_eq!(asked("curl \"$API/x\""), one(url, "/ssl.pem"));
        assert_eq!(asked("curl ${API}/x"), one(url, "/ssl.pem"));
        assert_eq!(asked("curl --cacert /own.pem $API/x"), one(url, "/own.pem"));
        assert_eq!(
            asked("/usr/bin/wget --ca-certificate=/own.pem $API/x"),
            one(url, "/own.pem")
        );
        assert_eq!(asked("wget -q $API/x"), one(url, BUNDLE_FILE));
    }

    #[test]
    fn what_is_not_checked_or_not_encrypted_needs_no_certificate() {
        for script in [
            "curl -k https://api.acme.example",
            "curl -sk https://api.acme.example",
            "curl --insecure -s https://api.acme.example",
            "wget --no-check-certificate https://api.acme.example",
            "curl -s http://clearml-apiserver:8008/debug.ping",
            "curl $UNKNOWN/x",
            "echo curling https://api.acme.example",
        ] {
            assert_eq!(asked(script), [], "{script}");
        }
        // The k is the value of -o.
        assert_eq!(asked("curl -ok https://a.example").len(), 1);
    }
}
