//! Servers that a container's script asks, and the file by which it trusts them.
//!
//! An agent's pod waits in an init container until `curl` has reached ClearML's servers: one that does not trust them
//! waits for ever, and says nothing.

use serde_yaml::Value;

use super::environment;
use super::shell::{Command, commands};
use crate::trust_store::{BUNDLE_FILE, SHELLS, base_name};

/// A server that a script asks by TLS, its certificate checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The program: `curl` or `wget`.
    pub program: &'static str,
    /// The address.
    pub url: String,
    /// The file with the certificates that the program goes by.
    pub trust: String,
    /// Whether nothing goes on until it is answered, as far as the script shows: it asks in a loop, or it is all that the
    /// container does.
    pub blocks: bool,
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
    let argv: Vec<&str> = ["command", "args"]
        .iter()
        .filter_map(|field| container.get(*field)?.as_sequence())
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    // Without a command, the image decides what the arguments mean.
    let is_script = argv
        .first()
        .is_none_or(|program| SHELLS.contains(&base_name(program)))
        || container.get("command").is_none();
    let mut scripts: Vec<(Vec<Command>, bool)> = Vec::new();
    if is_script {
        for script in &argv {
            let commands = commands(script);
            let loops = commands.iter().any(|command| command.loops);
            scripts.push((commands, loops));
        }
    } else {
        let words = argv.iter().map(|word| (*word).to_owned()).collect();
        scripts.push((vec![Command::new(words)], true));
    }
    let mut questions = Vec::new();
    for (commands, loops) in scripts {
        let mut environment = Environment {
            container,
            set: Vec::new(),
        };
        for command in commands {
            environment.set.extend(command.set.clone());
            let program = command.words.first().map(|word| base_name(word));
            let program = PROGRAMS.iter().find(|one| Some(one.name) == program);
            if let Some(question) =
                program.and_then(|program| program.asks(&command, loops, &environment))
                && !questions.contains(&question)
            {
                questions.push(question);
            }
        }
    }
    questions
}

impl Program {
    fn asks(
        &self,
        command: &Command,
        loops: bool,
        environment: &Environment<'_>,
    ) -> Option<Question> {
        let words = command.words.get(1..)?;
        // What a folder holds cannot be told.
        if words
            .iter()
            .any(|word| self.is_insecure(word) || word == "--capath")
        {
            return None;
        }
        let url = words
            .iter()
            .map(|word| environment.resolved(word))
            .find(|word| word.starts_with("https://"))?;
        let named = words.iter().enumerate().find_map(|(at, word)| {
            let rest = word.strip_prefix(self.trust)?;
            match rest.strip_prefix('=') {
                Some(file) => Some(file.to_owned()),
                None if rest.is_empty() => words.get(at + 1).cloned(),
                None => None,
            }
        });
        let by_variable = || {
            let mut variables = self.variables.iter();
            variables.find_map(|name| environment.get(name).filter(|file| !file.is_empty()))
        };
        let retries = words.iter().any(|word| word.starts_with("--retry"));
        Some(Question {
            program: self.name,
            url,
            trust: named
                .or_else(by_variable)
                .unwrap_or_else(|| BUNDLE_FILE.to_owned()),
            // Where variables come from elsewhere, one may name another file.
            blocks: (loops || retries) && environment.container.get("envFrom").is_none(),
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

/// The variables that a script sees: its own, then the container's.
struct Environment<'a> {
    container: &'a Value,
    set: Vec<(String, String)>,
}

impl Environment<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let set = self.set.iter().rfind(|(one, _)| one == name);
        set.map(|(_, value)| value.clone())
            .or_else(|| environment::variables(self.container).remove(name)?)
    }

    /// A word whose leading variable is replaced, where its value can be seen: `$API`, `${API}`, and `$(API)`, which
    /// Kubernetes replaces.
    fn resolved(&self, word: &str) -> String {
        let split = word.strip_prefix('$').and_then(|rest| {
            if let Some(inner) = rest.strip_prefix('{') {
                return inner.split_once('}');
            }
            if let Some(inner) = rest.strip_prefix('(') {
                return inner.split_once(')');
            }
            let end = rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric());
            rest.split_at_checked(end.unwrap_or(rest.len()))
        });
        let value = split.and_then(|(name, rest)| Some((self.get(name)?, rest)));
        value.map_or_else(|| word.to_owned(), |(value, rest)| format!("{value}{rest}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(command: &[&str]) -> Vec<Question> {
        let container = format!(
            "env: [{{name: API, value: 'http://old.example'}}, {{name: API, value: 'https://api.acme.example'}}, {{name: SSL_CERT_FILE, value: /ssl.pem}}]\ncommand: {}",
            serde_json::to_string(command).unwrap()
        );
        questions(&serde_yaml::from_str(&container).unwrap())
    }

    fn asked(script: &str) -> Vec<(String, String)> {
        let questions = asked_by(&["/bin/sh", "-c", script]).into_iter();
        questions.map(|one| (one.url, one.trust)).collect()
    }

    fn one(url: &str, trust: &str) -> Vec<(String, String)> {
        vec![(url.to_owned(), trust.to_owned())]
    }

    #[test]
    fn a_loop_that_waits_for_a_server_asks_it() {
        let script = "set -x;\nwhile [ $(curl  -sw '%{http_code}' \"https://api.acme.example/debug.ping\" -o /dev/null) -ne 200 ] ; do\n  echo waiting ; sleep 5 ;\ndone";
        let url = "https://api.acme.example/debug.ping";
        assert_eq!(asked(script), one(url, "/ssl.pem"));
        assert!(asked_by(&["sh", "-c", script])[0].blocks);
    }

    #[test]
    fn variables_and_options_are_followed() {
        let url = "https://api.acme.example/x";
        for script in [
            "curl \"$API/x\"",
            "curl ${API}/x",
            "curl $(API)/x",
            "URL=https://api.acme.example; until curl -sf $URL/x; do sleep 1; done",
        ] {
            assert_eq!(asked(script), one(url, "/ssl.pem"), "{script}");
        }
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
            "curl -s https://api.acme.example \\\n  --insecure",
            "curl -s \"https://api.acme.example/?a=1&b=2\" -k",
            "wget --no-check-certificate https://api.acme.example",
            "curl -s http://clearml-apiserver:8008/debug.ping",
            "curl $UNKNOWN/x",
            "echo curl https://api.acme.example",
            "# curl https://api.acme.example",
            "curl --capath /certs https://api.acme.example",
        ] {
            assert_eq!(asked(script), [], "{script}");
        }
        // The k is the value of -o.
        assert_eq!(asked("curl -ok https://a.example").len(), 1);
    }

    #[test]
    fn a_single_question_does_not_hold_a_pod_up_but_a_container_that_only_asks_does() {
        let url = "https://api.acme.example";
        assert!(!asked_by(&["sh", "-c", "curl -s https://api.acme.example || true"])[0].blocks);
        assert!(asked_by(&["sh", "-c", "curl --retry 9 https://api.acme.example"])[0].blocks);
        let alone = asked_by(&["curl", "-sf", "--retry", "1000", url]);
        assert_eq!(alone.len(), 1);
        assert!(alone[0].blocks);
    }
}
