//! Certificates in the values that a Helm release was deployed with.

use anyhow::Result;

use super::{Reading, values};
use crate::environment::current_namespace;
use crate::exit::Stop;
use crate::helm::Helm;

pub(super) fn read(namespace: Option<&str>, name: &str) -> Result<Reading> {
    let namespace = namespace.map_or_else(current_namespace, str::to_owned);
    let deployed = Helm::locate()?.deployed(name, &namespace)?.ok_or_else(|| {
        Stop::refused(format!(
            "there is no release {name} in namespace {namespace}"
        ))
    })?;
    Ok(Reading {
        given: values::of_release(&deployed.values, &format!("release {namespace}/{name}"))?,
        ..Reading::default()
    })
}
