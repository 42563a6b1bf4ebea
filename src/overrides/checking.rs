//! The checking of certificates, switched off: what people set before they find out how to bring a CA, and forget.
//!
//! Source of the rules: each client's documentation, and trying it.

use anyhow::Result;
use serde_yaml::Value;

use crate::trust_store::BUNDLE_FILE;
use crate::values::{self, scalar::is_on};
use crate::vendor::{Layout, Said, SaidBy, said};
use crate::yaml::{Document, Path};

/// A value that turns the checking of certificates off, or goes by a list of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unchecked {
    /// The value, for people.
    pub shown: String,
    /// The value in a document.
    pub path: Path,
    /// Its line in the value's text, counted from 1, where it is one of several settings there.
    pub line: Option<usize>,
    /// What it does.
    pub what: String,
    how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum How {
    Switch,
    Said(SaidBy),
}

/// When a variable turns checking off.
enum Off {
    /// Whatever it is set to.
    Always,
    /// If it is set to nothing.
    Empty,
    /// If it is set to something.
    Filled,
    /// If it says no.
    No,
}

/// Variables that turn checking off, when, and for which client.
const VARIABLES: [(&str, Off, &str); 11] = [
    (
        "CLEARML_API_HOST_VERIFY_CERT",
        Off::No,
        "the ClearML SDK and agent",
    ),
    (
        "TRAINS_API_HOST_VERIFY_CERT",
        Off::No,
        "the ClearML SDK and agent",
    ),
    (
        "CURL_CA_BUNDLE",
        Off::Empty,
        "older versions of requests, and with it in the ClearML SDK",
    ),
    // Set to anything at all, `false` included (git, http.c).
    ("GIT_SSL_NO_VERIFY", Off::Always, "git"),
    ("NODE_TLS_REJECT_UNAUTHORIZED", Off::No, "Node.js"),
    ("PYTHONHTTPSVERIFY", Off::No, "Python's urllib"),
    ("PIP_TRUSTED_HOST", Off::Filled, "pip, for these hosts"),
    ("UV_INSECURE_HOST", Off::Filled, "uv, for these hosts"),
    ("UV_ALLOW_INSECURE_HOST", Off::Filled, "uv, for these hosts"),
    ("CONDA_SSL_VERIFY", Off::No, "conda"),
    ("NPM_CONFIG_STRICT_SSL", Off::No, "npm"),
];

/// Settings of a `clearml.conf` that turn checking off when they say no. What they say else is a list of their own, which
/// beats every variable.
const SETTINGS: [&str; 2] = ["verify_certificate", "verify"];

/// What `values` turn off. `defaults` are the chart's own values.
#[must_use]
pub fn unchecked(values: &Value, defaults: &Value, layout: &Layout) -> Vec<Unchecked> {
    let switches = layout.checking.iter().filter_map(|keys| {
        let value = values::lookup(values, keys).or_else(|| values::lookup(defaults, keys))?;
        is_off(value).then(|| Unchecked {
            shown: keys.join("."),
            path: Path::from(*keys),
            line: None,
            what: "turns off the checking of the servers' certificates, for the agent, for what waits for it and for its tasks".to_owned(),
            how: How::Switch,
        })
    });
    let said = said(values, layout);
    switches
        .chain(said.into_iter().filter_map(turned_off))
        .collect()
}

fn turned_off(said: Said) -> Option<Unchecked> {
    let what = match said.kind {
        SaidBy::Entry | SaidBy::Key => {
            let (_, off, client) = VARIABLES.iter().find(|(name, ..)| *name == said.name)?;
            let is_off = match off {
                Off::Always => true,
                Off::Empty => said.value.is_empty(),
                Off::Filled => !said.value.is_empty(),
                Off::No => is_no(&said.value),
            };
            is_off.then(|| format!("turns off the checking of certificates in {client}"))?
        }
        SaidBy::Setting(..) => {
            let name = said.name.rsplit('.').next()?;
            if !SETTINGS.contains(&name) || said.value == BUNDLE_FILE {
                return None;
            }
            if is_no(&said.value) {
                "turns off the checking of certificates there".to_owned()
            } else if said.value.contains('/') {
                format!("goes by {} instead of the bundle", said.value)
            } else {
                return None;
            }
        }
    };
    let line = match said.kind {
        SaidBy::Setting(_, line) => Some(line),
        SaidBy::Entry | SaidBy::Key => None,
    };
    Some(Unchecked {
        shown: said.shown(),
        path: said.path,
        line,
        what,
        how: How::Said(said.kind),
    })
}

/// Takes out of a document what turns checking off in it, or, where the chart's own values do, says otherwise. Nothing around
/// it goes: what is left empty stays.
///
/// # Errors
/// The document cannot be edited safely there.
pub fn enforce(document: &mut Document, defaults: &Value, layout: &Layout) -> Result<()> {
    for keys in layout.checking {
        let is_off = |values: &Value| values::lookup(values, keys).is_some_and(is_off);
        let path = Path::from(*keys);
        if is_off(defaults) {
            document.set(path, &Value::Bool(true))?;
        } else if is_off(document.value()) {
            if is_alone(document, &path)? {
                document.set(path, &Value::Bool(true))?;
            } else {
                document.remove(path)?;
            }
        }
    }
    let found = |document: &Document| unchecked(document.value(), &Value::Null, layout);
    let mut left = found(document);
    // Each edit moves what stands behind it, so the last is taken, and the rest looked for anew.
    while let Some(last) = left.pop() {
        take_out(document, &last)?;
        let now = found(document);
        if now.len() > left.len() {
            break;
        }
        left = now;
    }
    Ok(())
}

fn take_out(document: &mut Document, one: &Unchecked) -> Result<()> {
    match &one.how {
        How::Switch => {}
        How::Said(SaidBy::Entry | SaidBy::Key) if is_alone(document, &one.path)? => {
            let around = parent(&one.path);
            let empty = match document.get(&around)? {
                Some(Value::Sequence(_)) => Value::Sequence(Vec::new()),
                _ => Value::Mapping(serde_yaml::Mapping::new()),
            };
            document.set(around, &empty)?;
        }
        How::Said(SaidBy::Entry | SaidBy::Key) => document.remove(&one.path)?,
        How::Said(SaidBy::Setting(span, _)) => {
            if let Some(Value::String(mut text)) = document.get(&one.path)?
                && text.get(span.clone()).is_some()
            {
                text.replace_range(span.clone(), "true");
                document.set(&one.path, &Value::String(text))?;
            }
        }
    }
    Ok(())
}

/// Whether a value is the only one in what is around it.
fn is_alone(document: &Document, path: &Path) -> Result<bool> {
    Ok(match document.get(parent(path))? {
        Some(Value::Mapping(mapping)) => mapping.len() == 1,
        Some(Value::Sequence(items)) => items.len() == 1,
        _ => false,
    })
}

fn parent(path: &Path) -> Path {
    let steps = path.steps();
    Path::from(
        steps
            .split_last()
            .map_or(&[][..], |(_, rest)| rest)
            .to_vec(),
    )
}

/// Whether a switch is off; where nothing is said, it is not.
fn is_off(value: &Value) -> bool {
    !value.is_null() && !is_on(value)
}

fn is_no(value: &str) -> bool {
    ["false", "0", "no", "off", "n", "f"]
        .iter()
        .any(|no| value.trim().eq_ignore_ascii_case(no))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Component;

    fn agent() -> &'static Layout {
        Component::Agent.documented()
    }

    fn found(values: &str) -> Vec<String> {
        let values = serde_yaml::from_str(values).unwrap();
        let found = unchecked(&values, &Value::Null, agent());
        found.into_iter().map(|one| one.shown).collect()
    }

    fn enforced(text: &str) -> String {
        let mut document = Document::parse(text).unwrap();
        enforce(&mut document, &Value::Null, agent()).unwrap();
        document.into_text()
    }

    #[test]
    fn every_way_to_turn_checking_off_is_found() {
        for (name, value) in [
            ("CLEARML_API_HOST_VERIFY_CERT", "'false'"),
            ("CLEARML_API_HOST_VERIFY_CERT", "0"),
            ("CURL_CA_BUNDLE", "''"),
            ("CURL_CA_BUNDLE", ""),
            ("GIT_SSL_NO_VERIFY", "'true'"),
            ("GIT_SSL_NO_VERIFY", "'false'"),
            ("NODE_TLS_REJECT_UNAUTHORIZED", "'0'"),
            ("PYTHONHTTPSVERIFY", "'0'"),
            ("PIP_TRUSTED_HOST", "pypi.acme.example"),
            ("UV_INSECURE_HOST", "pypi.acme.example"),
        ] {
            let values = format!("agentk8sglue: {{extraEnvs: [{{name: {name}, value: {value}}}]}}");
            assert_eq!(
                found(&values),
                [format!("agentk8sglue.extraEnvs[{name}]")],
                "{values}"
            );
        }
        assert_eq!(
            found("agentk8sglue: {clearmlcheckCertificate: false}"),
            ["agentk8sglue.clearmlcheckCertificate"]
        );
        let conf = "clearml: {clearmlConfig: 'api.verify_certificate: false, sdk.aws.s3.verify: \"/own.pem\"'}";
        assert_eq!(
            found(conf),
            [
                "clearml.clearmlConfig: api.verify_certificate",
                "clearml.clearmlConfig: sdk.aws.s3.verify"
            ]
        );
    }

    #[test]
    fn what_checks_is_left_alone() {
        for values in [
            "agentk8sglue: {clearmlcheckCertificate: true}",
            // A template takes a text for true.
            "agentk8sglue: {clearmlcheckCertificate: 'false'}",
            "e: [{name: CLEARML_API_HOST_VERIFY_CERT, value: 'true'}]",
            "e: [{name: CURL_CA_BUNDLE, value: /etc/ssl/certs/ca-certificates.crt}]",
            "e: [{name: NODE_TLS_REJECT_UNAUTHORIZED, value: '1'}]",
            "e: [{name: PIP_TRUSTED_HOST, value: ''}]",
            "clearml: {clearmlConfig: 'sdk.aws.s3.verify: true, a.verify: /etc/ssl/certs/ca-certificates.crt'}",
        ] {
            assert!(found(values).is_empty(), "{values}");
        }
    }

    #[test]
    fn enforcing_takes_out_what_turns_off_and_nothing_else() {
        let before = "\
# ours
agentk8sglue:
  clearmlcheckCertificate: false # until we find out how
  extraEnvs:
    - name: GIT_SSL_NO_VERIFY
      value: 'true'
  basePodTemplate:
    env:
      - name: MINE # stays
        value: x
      - name: CURL_CA_BUNDLE
        value: ''
      - name: PIP_TRUSTED_HOST
        value: pypi.acme.example
clearml:
  clearmlConfig: |
    api {
      verify_certificate: false  # oh well
      host: x
    }
    sdk.aws.s3.verify = \"/own.pem\"
";
        let after = "\
# ours
agentk8sglue:
  extraEnvs: []
  basePodTemplate:
    env:
      - name: MINE # stays
        value: x
clearml:
  clearmlConfig: |
    api {
      verify_certificate: true  # oh well
      host: x
    }
    sdk.aws.s3.verify = true
";
        assert_eq!(enforced(before), after);
        assert_eq!(enforced(after), after);
    }

    #[test]
    fn nothing_around_it_goes_and_nothing_beside_it() {
        let queue = "agentk8sglue:\n  queues:\n    train:\n      templateOverrides:\n        env:\n          - {name: CURL_CA_BUNDLE, value: ''}\n    cpu:\n";
        let after = enforced(queue);
        assert!(
            after.contains("    train:\n      templateOverrides:\n        env: []\n    cpu:\n"),
            "{after}"
        );
        let twice = "e:\n- {name: GIT_SSL_NO_VERIFY, value: x}\n- {name: GIT_SSL_NO_VERIFY, value: x}\n- {name: MINE, value: a}\n- {name: MINE2, value: b}\n";
        assert_eq!(
            enforced(twice),
            "e:\n- {name: MINE, value: a}\n- {name: MINE2, value: b}\n"
        );
        let alone = "agentk8sglue:\n  # our agent\n  clearmlcheckCertificate: false\n";
        assert_eq!(
            enforced(alone),
            "agentk8sglue:\n  # our agent\n  clearmlcheckCertificate: true\n"
        );
    }

    #[test]
    fn a_chart_that_does_not_check_by_itself_is_told_to() {
        let defaults = serde_yaml::from_str("agentk8sglue: {clearmlcheckCertificate: false}");
        let mut document = Document::parse("a: 1\n").unwrap();
        enforce(&mut document, &defaults.unwrap(), agent()).unwrap();
        assert_eq!(
            document.text(),
            "a: 1\nagentk8sglue:\n  clearmlcheckCertificate: true\n"
        );
    }
}
