//! The servers that values name: those that the certificates are for.

use serde_yaml::Value;

use crate::certs::Certificate;
use crate::certs::verdict::Verdict;
use crate::tls::Endpoint;
use crate::values;
use crate::vendor::{Layout, Said, SaidBy, said};

/// A server, and the value that names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedServer {
    /// The value's path, such as `agentk8sglue.apiServerUrlReference` or `agentk8sglue.extraEnvs[PIP_INDEX_URL]`.
    pub path: String,
    /// Where it is.
    pub endpoint: Endpoint,
    /// Whether the component cannot work without it; else a program may ask it.
    pub is_needed: bool,
    /// What came of asking it; `None` where it was not asked.
    pub answer: Option<Answer>,
}

impl NamedServer {
    /// What it presents, where it was reached.
    #[must_use]
    pub fn presented(&self) -> &[Certificate] {
        match &self.answer {
            Some(Answer::Judged { presented, .. }) => presented,
            _ => &[],
        }
    }
}

/// What came of asking a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It cannot be reached from here, and why.
    Unreachable(String),
    /// What each client will say once the plan is carried out.
    Judged {
        /// What it presents, its own certificate first.
        presented: Vec<Certificate>,
        /// In the order of [`crate::certs::verdict::Client::ALL`].
        verdicts: Vec<Verdict>,
    },
}

/// The servers with TLS that values name, each once: those of ClearML first, then what variables and a `clearml.conf` name.
/// A value that is no address (a template, plain HTTP) names none.
#[must_use]
pub fn named_in(values: &Value, layout: &Layout) -> Vec<NamedServer> {
    let mut servers = Servers(Vec::new());
    for keys in layout.servers {
        let text = values::lookup(values, keys).and_then(Value::as_str);
        servers.add(keys.join("."), text.unwrap_or_default(), true);
    }
    let said = said(values, layout);
    for one in &said {
        if one.value.starts_with("https://") || is_secure_host(one, &said) {
            servers.add(one.shown(), &one.value, false);
        }
    }
    servers.0
}

/// The `host` of a storage in a `clearml.conf` that is spoken to by TLS: its neighbour `secure` says so.
fn is_secure_host(one: &Said, all: &[Said]) -> bool {
    let Some(around) = one.name.strip_suffix(".host") else {
        return false;
    };
    let secure = format!("{around}.secure");
    matches!(one.kind, SaidBy::Setting(..))
        && all.iter().any(|other| {
            other.path == one.path
                && other.name == secure
                && other.value.eq_ignore_ascii_case("true")
        })
}

/// The address alone: package indexes are often named with a user's password.
#[must_use]
pub fn without_login(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return url.to_owned();
    };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}")
}

struct Servers(Vec<NamedServer>);

impl Servers {
    fn add(&mut self, path: String, address: &str, is_needed: bool) {
        let Ok(endpoint) = without_login(address.trim()).parse::<Endpoint>() else {
            return;
        };
        if !self.0.iter().any(|known| known.endpoint == endpoint) {
            self.0.push(NamedServer {
                path,
                endpoint,
                is_needed,
                answer: None,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Component;

    fn found(component: Component, values: &str) -> Vec<String> {
        let values: Value = serde_yaml::from_str(values).unwrap();
        named_in(&values, component.documented())
            .iter()
            .map(|server| format!("{} {}", server.path, server.endpoint))
            .collect()
    }

    #[test]
    fn urls_and_host_names_are_servers_and_nothing_else_is() {
        let values = "
clearmlApplications:
  apiServerUrlReferenceOverride: https://api.acme.example
  fileServerUrlReferenceOverride: https://api.acme.example/files
  webServerUrlReferenceOverride: http://plain.acme.example
apiserver: {ingress: {hostName: app.acme.example}}
fileserver: {ingress: {hostName: ''}}
webserver: {ingress: {hostName: '{{ .Values.host }}'}}
";
        assert_eq!(
            found(Component::Apps, values),
            [
                "clearmlApplications.apiServerUrlReferenceOverride https://api.acme.example",
                "apiserver.ingress.hostName https://app.acme.example"
            ]
        );
    }

    #[test]
    fn variables_and_configurations_name_servers_too() {
        let values = r#"
agentk8sglue:
  extraEnvs:
    - {name: PIP_INDEX_URL, value: "https://user:hunter2@pypi.acme.example/simple"}
    - {name: PROXY, value: "http://proxy.acme.example:3128"}
    - {name: NOTE, value: "see https://docs.acme.example"}
clearml:
  clearmlConfig: |
    agent.package_manager.extra_index_url: ["https://wheels.acme.example/simple"]
    sdk.aws.s3.credentials: [
      {bucket: "a", host: "minio.acme.example:9000", secure: true}
      {bucket: "b", host: "plain.acme.example:9000", secure: false}
    ]
"#;
        assert_eq!(
            found(Component::Agent, values),
            [
                "agentk8sglue.extraEnvs[PIP_INDEX_URL] https://pypi.acme.example",
                "clearml.clearmlConfig: agent.package_manager.extra_index_url[0] https://wheels.acme.example",
                "clearml.clearmlConfig: sdk.aws.s3.credentials[0].host https://minio.acme.example:9000",
            ]
        );
    }
}
