//! The servers that values files name: those that the certificates are for.

use serde_yaml::Value;

use crate::certs::verdict::Verdict;
use crate::tls::Endpoint;
use crate::values;

/// A server, and the value that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedServer {
    /// The value's path, such as `agentk8sglue.apiServerUrlReference`.
    pub path: String,
    /// Where it is.
    pub endpoint: Endpoint,
    /// What came of asking it; `None` where it was not asked.
    pub answer: Option<Answer>,
}

/// What came of asking a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It cannot be reached from here, and why.
    Unreachable(String),
    /// What each client will say once the plan is carried out, in the order of [`crate::certs::verdict::Client::ALL`].
    Judged(Vec<Verdict>),
}

/// The servers with TLS that stand under `paths`, each once. A value that is no address (a template, plain HTTP) names none.
#[must_use]
pub fn named_in(values: &Value, paths: &[&[&str]]) -> Vec<NamedServer> {
    let mut servers: Vec<NamedServer> = Vec::new();
    for path in paths {
        let endpoint = values::lookup(values, path)
            .and_then(Value::as_str)
            .and_then(|text| text.trim().parse().ok());
        if let Some(endpoint) = endpoint
            && !servers.iter().any(|known| known.endpoint == endpoint)
        {
            servers.push(NamedServer {
                path: path.join("."),
                endpoint,
                answer: None,
            });
        }
    }
    servers
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_and_host_names_are_servers_and_nothing_else_is() {
        let values = "
api: https://api.acme.example
files: https://api.acme.example/files
web: http://plain.acme.example
host: app.acme.example
empty: ''
templated: 'https://{{ .Values.host }}'
";
        let values: Value = serde_yaml::from_str(values).unwrap();
        let paths: [&[&str]; 7] = [
            &["api"],
            &["files"],
            &["web"],
            &["host"],
            &["empty"],
            &["templated"],
            &["absent"],
        ];
        let found: Vec<String> = named_in(&values, &paths)
            .iter()
            .map(|server| format!("{} {}", server.path, server.endpoint))
            .collect();
        assert_eq!(
            found,
            [
                "api https://api.acme.example",
                "host https://app.acme.example"
            ]
        );
    }
}
