//! Certificates that were added and are taken out again leave a file with the bytes that it had before.

use std::fmt::Write as _;
use std::path::PathBuf;

use helm_clearml_certs::certs::Certificate;
use helm_clearml_certs::certs::bundle::{Bundle, Entry, Given};
use helm_clearml_certs::finding;
use helm_clearml_certs::helm::{Chart, Coordinates, HelmArguments, Rollout, TargetId};
use helm_clearml_certs::kube::ClusterAddress;
use helm_clearml_certs::overrides::task_pods::{Distros, Queues, Variables};
use helm_clearml_certs::overrides::{Mode, Selection, Selector};
use helm_clearml_certs::plan::{
    self, Beside, Observed, OnUnheld, Purpose, Request, Target, TaskPods, ValuesFiles,
};
use helm_clearml_certs::vendor::Component;
use helm_clearml_certs::yaml;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value as Json;
use time::OffsetDateTime;

use crate::support::certificates;
use crate::yaml_support::config;
use crate::yaml_support::generate::any_file;

/// What is added and taken out.
struct Plans {
    entries: Vec<Entry>,
    selection: Selection,
    cluster: ClusterAddress,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Add,
    TakeOut,
}

impl Plans {
    fn of(names: &[&str]) -> Self {
        let given = names.iter().map(|name| {
            let pem = certificates::ca(name);
            let read = helm_clearml_certs::certs::pem::delivered::read(&pem).certificates;
            Given {
                origin: "ca.pem:1".into(),
                wanted: None,
                fallback: "ca".into(),
                certificate: read[0].1.clone(),
                of_bundle: false,
            }
        });
        let entries = Bundle::new(given.collect()).entries;
        let digits = |one: &Certificate| Selector::sha256(&one.fingerprint.to_string()).unwrap();
        Self {
            selection: Selection::at(
                OffsetDateTime::UNIX_EPOCH,
                entries.iter().map(|one| digits(&one.certificate)).collect(),
            ),
            entries,
            cluster: ClusterAddress::from_environment(),
        }
    }

    /// The agent's plan for a file, by the documented names alone.
    fn target(
        &self,
        text: &str,
        step: Step,
        mode: Mode,
        (task_pods, distros): (TaskPods, Distros),
    ) -> Result<Target, String> {
        let layout = Component::Agent.documented();
        let path = PathBuf::from("values.yaml");
        let values = yaml::value_of(text).map_err(|error| error.to_string())?;
        let files = vec![(path.clone(), Some(text.to_owned()), values)];
        let chart = Chart::assumed(layout, "chart", Some("6.14.6"));
        let is_added = matches!(step, Step::Add);
        let arguments = HelmArguments::sort(&[]).unwrap();
        let request = Request {
            coordinates: Coordinates {
                component: Component::Agent,
                id: TargetId {
                    cluster: self.cluster.clone(),
                    namespace: "default".into(),
                    release: "clearml-agent".into(),
                },
                chart: "chart".into(),
                version: "6.14.6".into(),
                values: vec![path],
            },
            chart: &chart,
            dependency: None,
            layout,
            files: ValuesFiles::new(files, layout.certificates),
            observed: Observed::Absent,
            entries: if is_added { &self.entries } else { &[] },
            drop: (!is_added).then_some(&self.selection),
            mode: is_added.then_some(mode),
            task_pods: if is_added { task_pods } else { TaskPods::AsIs },
            variables: Variables::All,
            distros: is_added.then_some(distros),
            queues: Queues::All,
            task_image: Some("image:1".into()),
            repairs: false,
            enforces_checking: false,
            purpose: Purpose::Write,
            rollout: Rollout::default(),
            arguments: &arguments,
            on_unheld: OnUnheld::Refuse,
            beside: Beside::default(),
            wave: 0,
        };
        plan::target(request, &mut |_| unreachable!("nothing is rendered"))
            .map_err(|error| format!("{error:#}"))
    }

    /// Adds and takes out again; `None` where the edit is refused, or where the user's own certificates have to move.
    fn there_and_back(
        &self,
        text: &str,
        mode: Mode,
        task_pods: (TaskPods, Distros),
    ) -> Option<(String, String)> {
        let there = self.target(text, Step::Add, mode, task_pods).ok()?;
        let moves = |code: &str| there.findings.iter().any(|one| one.code == code);
        if finding::refuses(&there.findings) || moves("mode-switched") {
            return None;
        }
        let there = there.file.after;
        let back = self.target(&there, Step::TakeOut, mode, task_pods).unwrap();
        Some((there, back.file.after))
    }
}

/// Every way in which a file can get certificates.
const WAYS: [(Mode, (TaskPods, Distros)); 5] = [
    (Mode::Append, (TaskPods::Template, Distros::Debian)),
    (Mode::Append, (TaskPods::Template, Distros::Any)),
    (Mode::Append, (TaskPods::Propagate, Distros::Debian)),
    (Mode::Replace, (TaskPods::Template, Distros::Any)),
    (Mode::Replace, (TaskPods::Off, Distros::Debian)),
];

/// Adds to each file in each way and takes out again; gives how many were edited.
fn all_come_back(files: impl IntoIterator<Item = (String, String)>) -> usize {
    let plans = Plans::of(&["Acme Root", "Acme Issuing"]);
    let (mut failures, mut edited) = (String::new(), 0);
    for (name, text) in files {
        for (mode, task_pods) in WAYS {
            let Some((there, back)) = plans.there_and_back(&text, mode, task_pods) else {
                continue;
            };
            assert_ne!(there, text, "{name}");
            edited += 1;
            if back != text {
                writeln!(
                    failures,
                    "{name} {mode:?} {task_pods:?}: from\n{text:?}\nto\n{there}\nback to\n{back:?}"
                )
                .unwrap();
            }
        }
    }
    assert!(
        failures.is_empty(),
        "{}\n{failures}",
        failures.matches("\nback to\n").count()
    );
    edited
}

#[test]
fn the_files_of_the_yaml_cases_come_back_to_the_byte() {
    let cases = include_str!("../yaml/cases.jsonl").lines().map(|line| {
        let case: Json = serde_json::from_str(line).unwrap();
        let text = |key: &str| case[key].as_str().unwrap().to_owned();
        (text("id"), text("source"))
    });
    let edited = all_come_back(cases);
    assert!(edited > 300, "{edited}");
}

/// What may stand under `customCertificates`, or in its place.
const CERTIFICATES: &[&str] = &[
    "",
    "customCertificates:\n",
    "customCertificates: ~\n",
    "customCertificates: {}\n",
    "customCertificates: { }   # nothing yet\n",
    "customCertificates: {extraCerts: []}\n",
    "customCertificates: {mode: x}\n",
    "customCertificates:\n  extraCerts:\n",
    "customCertificates:   # ours\n  extraCerts:   # none yet\n  overrideCaCertificatesCrt: \"\"\n",
    "customCertificates:\n  extraCerts: []\n  overrideCaCertificatesCrt: ''  # not used\n  propagateToTasks: false\n",
    "customCertificates:\n    # - alias: example\n    #   pem: x\n    extraCerts: [ ]  # none\n    other: 1\n",
    "customCertificates:\n  propagateToTasks: false # later\n",
    "customCertificates:\n  extraCerts:\n    []\n  overrideCaCertificatesCrt:\n",
    "customCertificates:\n  # only a comment\n",
];

/// What may stand under the agent's key, or in its place.
const TEMPLATES: &[&str] = &[
    "",
    "agentk8sglue:\n",
    "agentk8sglue: {}\n",
    "agentk8sglue:\n  queues: null\n",
    "agentk8sglue:\n  basePodTemplate:\n",
    "agentk8sglue:\n  basePodTemplate: {}   # defaults\n  image: {tag: x}\n",
    "agentk8sglue:\n  basePodTemplate:\n    env: []\n    volumes: [] # none\n    volumeMounts: ~\n    initContainers:\n",
    "agentk8sglue:\n  basePodTemplate:\n    env:\n      - name: MINE\n        value: '1'\n    # mine too\n    volumes:\n      - name: data\n        emptyDir: {}\n",
    "agentk8sglue:\n  basePodTemplate: {env: [{name: MINE, value: \"1\"}], volumes: []}\n",
    "agentk8sglue:\n    queues:\n        gpu:\n            templateOverrides:\n                env:\n                - name: MINE\n                  value: x\n                volumes: []\n",
];

/// The same where the user's own hand had the chart bring to task pods what was not there yet.
const PROPAGATING: &[&str] = &[
    "customCertificates:\n  propagateToTasks: true\n",
    "customCertificates: {propagateToTasks: true}\n",
    "customCertificates:\n  # for later\n  propagateToTasks: true # yes\n  other: 1\n",
    "a: 1\ncustomCertificates:\n    propagateToTasks: true",
];

#[test]
fn what_brought_certificates_to_task_pods_before_there_were_any_stays() {
    let plans = Plans::of(&["Acme Root", "Acme Issuing"]);
    for text in PROPAGATING {
        for mode in [Mode::Append, Mode::Replace] {
            let (there, back) = plans
                .there_and_back(text, mode, (TaskPods::Propagate, Distros::Debian))
                .unwrap();
            assert_ne!(there, *text);
            assert_eq!(back, *text, "by way of\n{there}");
        }
    }
}

const ENDS: &[&str] = &["", "zones: [a]\n", "# the end\n", "last: |\n  text\n"];

#[test]
fn files_as_people_begin_them_come_back_to_the_byte() {
    let mut files = Vec::new();
    for (number, certificates) in CERTIFICATES.iter().enumerate() {
        for (other, template) in TEMPLATES.iter().enumerate() {
            // Each pair with one of the ends, line breaks and orders, all of them in turns.
            let turn = number * TEMPLATES.len() + other;
            let end = ENDS[(turn + number) % ENDS.len()];
            let mut parts = [*certificates, template];
            if turn % 2 == 1 {
                parts.reverse();
            }
            let mut text = format!("# values\n{}{}{end}", parts[0], parts[1]);
            if turn % 3 == 1 {
                text = text.trim_end_matches('\n').to_owned();
            }
            if turn % 5 == 1 {
                text = text.replace('\n', "\r\n");
            }
            files.push((format!("{number}/{other}"), text));
        }
    }
    let edited = all_come_back(files);
    assert!(edited > 400, "{edited}");
}

proptest! {
    // Each takes twelve edits.
    #![proptest_config(ProptestConfig { cases: config().cases / 12, ..config() })]

    #[test]
    fn whatever_a_file_says_beside_it_stays_to_the_byte(
        file in any_file(),
        certificates in select(CERTIFICATES),
        template in select(TEMPLATES),
        way in select(&WAYS[..]),
    ) {
        let plans = Plans::of(&["Acme Root"]);
        for text in [
            file.text.clone(),
            format!("{certificates}{template}{}", file.text),
            format!("{}\n{certificates}{template}", file.text),
        ] {
            if let Some((there, back)) = plans.there_and_back(&text, way.0, way.1) {
                prop_assert_eq!(&back, &text, "by way of\n{}", there);
            }
        }
    }
}
