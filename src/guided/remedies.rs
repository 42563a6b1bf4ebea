//! What can be done about a finding, without leaving the guided run.

use super::answers::Answers;
use super::given::Given;
use crate::finding::{Finding, Severity, register};
use crate::plan::TaskPods;

/// One thing to do about a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remedy {
    /// The line to choose it by.
    pub label: String,
    deed: Deed,
    /// The lines of all that may be done about the same: one alone holds.
    of_one_kind: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    /// A flag of ours.
    Flag(&'static str),
    /// A flag of helm's.
    Helms(&'static str),
    /// Task pods are left alone.
    NoTaskPods,
    /// The code may pass.
    Pass(&'static str),
}

impl Remedy {
    /// Takes it in.
    pub fn apply(&self, answers: &mut Answers) {
        match self.deed {
            Deed::Flag(flag) => answers.remedy(&self.of_one_kind, &self.label, &[flag]),
            Deed::Pass(code) => {
                answers.remedy(&self.of_one_kind, &self.label, &["--ignore", code]);
            }
            Deed::Helms(flag) => answers.helm_flags.push(flag.to_owned()),
            Deed::NoTaskPods => answers.task_pods = Some(TaskPods::Off),
        }
    }
}

const REPAIR: (&str, Deed) = (
    "write those certificates of the file anew, as clients read them",
    Deed::Flag("--repair"),
);

const NO_TASK_PODS: (&str, Deed) = ("leave task pods alone", Deed::NoTaskPods);

/// What is for it, by its code.
const REMEDIES: [(&str, (&str, Deed)); 14] = [
    (
        "deployed-values-lost",
        (
            "write the deployed values into the override file",
            Deed::Flag("--adopt-values"),
        ),
    ),
    (
        "deployed-values-lost",
        (
            "keep the deployed values in the release alone",
            Deed::Flag("--reset-then-reuse-values"),
        ),
    ),
    (
        "deployed-values-lost",
        ("drop the deployed values", Deed::Flag("--discard-values")),
    ),
    ("bundle-poisoned", REPAIR),
    ("bundle-unreadable", REPAIR),
    ("extra-cert-unreadable", REPAIR),
    ("certificate-left-out", REPAIR),
    (
        "checking-off",
        (
            "take out of the file what turns the checking off",
            Deed::Flag("--enforce-checking"),
        ),
    ),
    ("bundle-name-unknown", NO_TASK_PODS),
    ("certificate-not-in-task-pods", NO_TASK_PODS),
    ("no-task-pod-template", NO_TASK_PODS),
    (
        "field-conflict",
        (
            "have helm overwrite those fields, and own them again",
            Deed::Helms("--force-conflicts"),
        ),
    ),
    (
        "namespace-missing",
        (
            "have helm make the namespace",
            Deed::Helms("--create-namespace"),
        ),
    ),
    (
        "pods-keep-old-content",
        (
            "restart the pods that would keep the old certificates",
            Deed::Flag("--restart"),
        ),
    ),
];

/// What can be done about `findings`: what is for one of them first, then to let pass what refuses.
#[must_use]
pub fn remedies(findings: &[&Finding], given: &Given) -> Vec<Remedy> {
    let mut found: Vec<&Finding> = Vec::new();
    for finding in findings.iter().filter(|one| one.severity != Severity::Note) {
        if !found.iter().any(|one| one.code == finding.code) {
            found.push(finding);
        }
    }
    let mut all: Vec<Remedy> = Vec::new();
    for (code, (label, deed)) in REMEDIES {
        let is_found = found.iter().any(|one| one.code == code);
        let is_settled = deed == Deed::NoTaskPods && given.task_pods;
        if !is_found || is_settled || all.iter().any(|one| one.deed == deed) {
            continue;
        }
        let kind = REMEDIES.iter().filter(|(of, _)| *of == code);
        all.push(Remedy {
            label: label.to_owned(),
            deed,
            of_one_kind: kind.map(|(_, (label, _))| (*label).to_owned()).collect(),
        });
    }
    let refusing = found.iter().filter(|one| one.severity == Severity::Error);
    for code in refusing.map(|one| one.code) {
        if register().any(|one| one.code == code && one.is_ignorable()) {
            let label = format!("let {code} pass, as a warning");
            all.push(Remedy {
                of_one_kind: vec![label.clone()],
                label,
                deed: Deed::Pass(code),
            });
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::guided::CommandLine;

    fn labels(findings: &[Finding], given: &Given) -> Vec<String> {
        let findings: Vec<&Finding> = findings.iter().collect();
        let all = remedies(&findings, given).into_iter();
        all.map(|one| one.label).collect()
    }

    #[test]
    fn every_remedy_is_for_a_code_that_there_is() {
        for (code, _) in REMEDIES {
            assert!(register().any(|one| one.code == code), "{code}");
        }
    }

    #[test]
    fn what_is_for_it_comes_first_and_what_cannot_pass_is_not_offered_to() {
        let lost = Finding::error("deployed-values-lost", "x");
        let last = Finding::error("certificate-expired", "x");
        let given = Given::default();
        let all = labels(&[last, lost.clone(), lost], &given);
        assert_eq!(all.len(), 5, "{all:?}");
        assert!(all[0].starts_with("write the deployed values"), "{all:?}");
        assert_eq!(all[3], "let certificate-expired pass, as a warning");
        let unreadable = [Finding::error("bundle-unreadable", "x")];
        assert_eq!(labels(&unreadable, &given), [REPAIR.0]);
        let warned = [
            Finding::warning("pods-keep-old-content", "x"),
            Finding::note("older-generation", "x"),
        ];
        assert_eq!(labels(&warned, &given).len(), 1);
        let pods = [Finding::error("no-task-pod-template", "x")];
        assert_eq!(labels(&pods, &given)[0], NO_TASK_PODS.0);
        let said = Given {
            task_pods: true,
            ..given
        };
        assert_eq!(labels(&pods, &said).len(), 1);
    }

    #[test]
    fn one_of_those_that_are_for_the_same_holds_and_all_stand_in_the_line() {
        let findings = [
            Finding::error("deployed-values-lost", "x"),
            Finding::error("field-conflict", "x"),
            Finding::error("no-task-pod-template", "x"),
        ];
        let findings: Vec<&Finding> = findings.iter().collect();
        let all = remedies(&findings, &Given::default());
        let mut answers = Answers::default();
        for index in [0, 2, 3, 4, 5] {
            all[index].apply(&mut answers);
        }
        let line = CommandLine::new(["install".to_owned()]);
        assert_eq!(
            line.with(&answers).join(" "),
            "install --task-pods off --discard-values --ignore deployed-values-lost -- --force-conflicts"
        );
    }
}
