//! Whose chart a release is of: its chart's name tells, else its values do.

use serde_yaml::Value;

use super::{Component, EXTRA_CERTS, Layout, OVERRIDE_BUNDLE};
use crate::values;

/// What a chart's name alone tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognised {
    /// It is a component's chart, or one that this took the place of.
    As(Component),
    /// A component's chart has this name, and so may charts of others: the values have to tell.
    Perhaps,
    /// No chart of the vendor has this name. It may be a copy under a name of its own.
    No,
}

/// What a chart's name alone tells.
#[must_use]
pub fn recognised(chart: &str) -> Recognised {
    let is_named = |layout: &Layout| layout.chart == chart || layout.replaces.contains(&chart);
    let found = Component::ALL.into_iter().find_map(|component| {
        let mut layouts = component.layouts().into_iter();
        Some((component, layouts.find(|layout| is_named(layout))?))
    });
    match found {
        Some((_, layout)) if layout.is_generic => Recognised::Perhaps,
        Some((component, _)) => Recognised::As(component),
        None => Recognised::No,
    }
}

impl Component {
    /// The component that a chart of any name is, by all its values, the defaults among them.
    #[must_use]
    pub fn by_values(chart: &str, values: &Value) -> Option<Self> {
        let is_of = |layout: &Layout| {
            // Certificates alone say little of a chart that is not even called as it should be.
            let is_gateway = layout.task_pods.is_none();
            let needs = layout.required.iter();
            layout.fits(values)
                && (!is_gateway
                    || layout.chart == chart
                    || needs.clone().all(|keys| values::has(values, keys)))
        };
        let mut all = Self::ALL.into_iter();
        all.find(|component| component.layouts().into_iter().any(is_of))
    }
}

impl Layout {
    /// The component whose override file has this name or these values, as far as they tell; `None` where they hold none of the
    /// values for certificates.
    #[must_use]
    pub fn of_override(name: &str, values: &Value) -> Option<(Component, &'static Self)> {
        let all = Component::ALL.into_iter().flat_map(|component| {
            let layouts = component.layouts().into_iter();
            layouts.map(move |layout| (component, layout))
        });
        let holds = |layout: &Self| {
            let certificates = values::lookup(values, layout.certificates);
            let keys = [EXTRA_CERTS, OVERRIDE_BUNDLE];
            certificates.is_some_and(|one| keys.iter().any(|key| one.get(key).is_some()))
        };
        let all: Vec<(Component, &Self)> = all.filter(|(_, layout)| holds(layout)).collect();
        let named = all.iter().find(|(_, layout)| layout.override_file == name);
        let starts_tasks = |layout: &Self| {
            let keys = layout.task_pods.as_ref().map(|keys| keys.base);
            let root = keys.and_then(|keys| keys.get(..1));
            root.is_some_and(|root| values::has(values, root))
        };
        let told = || all.iter().find(|(_, layout)| starts_tasks(layout));
        // Where only the certificates stand there, nothing is said of task pods.
        let plain = || all.iter().find(|(_, layout)| layout.task_pods.is_none());
        named.or_else(told).or_else(plain).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_others_use_too_says_nothing_alone() {
        let as_agent = Recognised::As(Component::Agent);
        assert_eq!(recognised("clearml-enterprise-agent"), as_agent);
        let router = recognised("clearml-enterprise-task-traffic-router");
        assert_eq!(router, Recognised::As(Component::Gateway));
        assert_eq!(recognised("gateway"), Recognised::Perhaps);
        assert_eq!(recognised("postgresql"), Recognised::No);
    }

    #[test]
    fn values_tell_a_chart_of_any_name() {
        let of = |chart: &str, values: &str| {
            Component::by_values(chart, &serde_yaml::from_str(values).unwrap())
        };
        let agent = "agentk8sglue: {basePodTemplate: {}}";
        assert_eq!(of("our-agent", agent), Some(Component::Agent));
        let apps = "clearmlApplications: {basePodTemplate: {}}\ncustomCertificates: {}";
        assert_eq!(of("our-clearml", apps), Some(Component::Apps));
        let certificates = "customCertificates: {extraCerts: []}";
        assert_eq!(of("gateway", certificates), Some(Component::Gateway));
        assert_eq!(of("somebody-elses", certificates), None);
        assert_eq!(of("gateway", "image: {}"), None);
        let gateway = "customCertificates: null\nclearml: {apiKey: '', apiSecret: '', apiServerUrlReference: ''}";
        assert_eq!(of("our-gateway", gateway), Some(Component::Gateway));
    }

    #[test]
    fn an_override_file_is_told_by_its_name_else_by_its_values() {
        let of = |name: &str, values: &str| {
            let found = Layout::of_override(name, &serde_yaml::from_str(values).unwrap());
            found.map(|(component, _)| component)
        };
        let plain = "customCertificates: {extraCerts: []}";
        let agents = Component::Agent.documented().override_file;
        assert_eq!(of(agents, plain), Some(Component::Agent));
        assert_eq!(of("mine.yaml", plain), Some(Component::Gateway));
        let with_queues = "customCertificates: {extraCerts: []}\nagentk8sglue: {queues: {}}";
        assert_eq!(of("mine.yaml", with_queues), Some(Component::Agent));
        let apps = "clearmlApplications: {customCertificates: {overrideCaCertificatesCrt: x}}";
        assert_eq!(of("mine.yaml", apps), Some(Component::Apps));
        assert_eq!(of(agents, "agentk8sglue: {queues: {}}"), None);
    }
}
