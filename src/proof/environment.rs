//! The variables of a container, as Kubernetes makes them of `env`.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::fields::{list, text};

/// Each variable with its value; `None` where that cannot be seen (`valueFrom`). Of several of one name, the last counts, and
/// `$(NAME)` stands for a variable before it.
pub(super) fn variables(container: &Value) -> BTreeMap<&str, Option<String>> {
    let mut variables = BTreeMap::new();
    for entry in list(container, "env") {
        let Some(name) = text(entry, "name") else {
            continue;
        };
        let value = if entry.get("valueFrom").is_some() {
            None
        } else {
            expanded(text(entry, "value").unwrap_or_default(), &variables)
        };
        variables.insert(name, value);
    }
    variables
}

/// A value with its references replaced (`third_party/forked/golang/expansion` of Kubernetes): `$$` is a dollar, and what no
/// variable is named stays as it is.
fn expanded(value: &str, before: &BTreeMap<&str, Option<String>>) -> Option<String> {
    let mut expanded = String::new();
    let mut rest = value;
    while let Some((plain, behind)) = rest.split_once('$') {
        expanded.push_str(plain);
        rest = behind;
        if let Some(behind) = rest.strip_prefix('$') {
            expanded.push('$');
            rest = behind;
        } else if let Some((name, behind)) = rest
            .strip_prefix('(')
            .and_then(|inner| inner.split_once(')'))
            && let Some(value) = before.get(name)
        {
            expanded.push_str(value.as_deref()?);
            rest = behind;
        } else {
            expanded.push('$');
        }
    }
    expanded.push_str(rest);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(env: &str) -> BTreeMap<String, Option<String>> {
        let container: Value = serde_yaml::from_str(&format!("env: {env}")).unwrap();
        let variables = variables(&container).into_iter();
        variables
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    #[test]
    fn references_stand_for_what_came_before() {
        let values = of(
            "[{name: A, value: /a}, {name: B, value: '$(A)/b$(C)'}, {name: C, value: '$$(A)$A$'}, {name: A, value: '$(A)/a'}]",
        );
        assert_eq!(values["B"].as_deref(), Some("/a/b$(C)"));
        assert_eq!(values["C"].as_deref(), Some("$(A)$A$"));
        assert_eq!(values["A"].as_deref(), Some("/a/a"));
    }

    #[test]
    fn what_comes_from_elsewhere_is_not_seen_nor_what_refers_to_it() {
        let values = of("[{name: A, valueFrom: {}}, {name: B, value: '$(A)/b'}, {name: C}]");
        assert_eq!((&values["A"], &values["B"]), (&None, &None));
        assert_eq!(values["C"].as_deref(), Some(""));
    }
}
