//! What values say to the programs in the pods, wherever it stands: environment variables and the settings of a
//! `clearml.conf`.

use serde_yaml::Value;

use super::Layout;
use crate::conf::settings;
use crate::values::{self, scalar_text};
use crate::yaml::Path;

/// A variable or a setting that values give to a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The value in the document: the entry of a list of variables, a variable's own key, or the text of a configuration.
    pub path: Path,
    /// The variable's name, or the setting's path in the configuration: `sdk.aws.s3.verify`.
    pub name: String,
    /// What it is set to.
    pub value: String,
    /// Whether it is an environment variable or a setting, and where in its text a setting's value stands.
    pub kind: SaidBy,
}

/// What a program hears it from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SaidBy {
    /// An environment variable: an entry `{name, value}` of a list.
    Entry,
    /// An environment variable: a key of a map.
    Key,
    /// A setting in a configuration's text, with the bytes of its value there, and its line, counted from 1.
    Setting(std::ops::Range<usize>, usize),
}

impl Said {
    /// Its place for people: `agentk8sglue.basePodTemplate.env[PIP_INDEX_URL]`, `clearml.clearmlConfig: api.verify_certificate`.
    #[must_use]
    pub fn shown(&self) -> String {
        match self.kind {
            SaidBy::Entry => {
                let steps = self.path.steps();
                let list = steps.split_last().map_or(&[][..], |(_, list)| list);
                format!("{}[{}]", Path::from(list.to_vec()), self.name)
            }
            SaidBy::Key => self.path.to_string(),
            SaidBy::Setting(..) => format!("{}: {}", self.path, self.name),
        }
    }
}

/// Everything that `values` say, in their order: first the variables, then the settings.
#[must_use]
pub fn said(values: &Value, layout: &Layout) -> Vec<Said> {
    let mut all = Vec::new();
    variables(
        layout.own_values(values),
        &Path::from(layout.below),
        &mut all,
    );
    for keys in layout.conf {
        let Some(text) = values::lookup(values, keys).and_then(Value::as_str) else {
            continue;
        };
        all.extend(settings(text).into_iter().map(|setting| Said {
            path: Path::from(*keys),
            name: setting.path,
            value: setting.value.to_owned(),
            kind: SaidBy::Setting(setting.span, setting.line),
        }));
    }
    all
}

fn variables(value: &Value, path: &Path, all: &mut Vec<Said>) {
    match value {
        Value::Mapping(mapping) => {
            for (key, inner) in mapping {
                let Some(key) = scalar_text(key) else {
                    continue;
                };
                let path = path.then(key.as_str());
                match scalar_text(inner).filter(|_| is_variable(&key)) {
                    Some(value) => all.push(Said {
                        path,
                        name: key,
                        value,
                        kind: SaidBy::Key,
                    }),
                    None => variables(inner, &path, all),
                }
            }
        }
        Value::Sequence(items) => {
            for (index, item) in items.iter().enumerate() {
                let path = path.then(index);
                let name = item.get("name").and_then(Value::as_str);
                match name.zip(item.get("value").and_then(given)) {
                    Some((name, value)) => all.push(Said {
                        path,
                        name: name.to_owned(),
                        value,
                        kind: SaidBy::Entry,
                    }),
                    None => variables(item, &path, all),
                }
            }
        }
        _ => {}
    }
}

/// What an entry gives a variable: without a value, it is empty.
fn given(value: &Value) -> Option<String> {
    if value.is_null() {
        return Some(String::new());
    }
    scalar_text(value)
}

/// A key in capitals: what maps of variables have, and no value of a chart.
fn is_variable(key: &str) -> bool {
    key.len() > 2
        && key.starts_with(|c: char| c.is_ascii_uppercase())
        && key
            .chars()
            .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Component;

    #[test]
    fn variables_are_found_in_lists_and_maps_and_settings_in_configurations() {
        let values = "
agentk8sglue:
  extraEnvs: [{name: A, value: 1}]
  basePodTemplate: {env: [{name: B, value: x}, {name: C, valueFrom: {}}]}
web: {env: {MY_VAR: y}, name: z, size: {value: 3}}
clearml: {clearmlConfig: 'api { verify_certificate: false }'}
";
        let values: Value = serde_yaml::from_str(values).unwrap();
        let found: Vec<String> = said(&values, Component::Agent.documented())
            .iter()
            .map(|one| format!("{} = {}", one.shown(), one.value))
            .collect();
        assert_eq!(
            found,
            [
                "agentk8sglue.extraEnvs[A] = 1",
                "agentk8sglue.basePodTemplate.env[B] = x",
                "web.env.MY_VAR = y",
                "clearml.clearmlConfig: api.verify_certificate = false",
            ]
        );
    }
}
