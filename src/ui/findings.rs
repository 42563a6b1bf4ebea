//! Findings: what is wrong, where, and what to do.

use console::style;

use super::Screen;
use crate::finding::{Finding, Severity};

impl Screen {
    pub(crate) fn findings(&self, findings: &[Finding]) {
        for group in groups(findings) {
            let (named, rest) = group.split_at(group.len().min(FINDINGS_SHOWN));
            let hints: Vec<_> = group.iter().map(|one| &one.hint).collect();
            let hint = hints
                .first()
                .copied()
                .filter(|hint| hints.iter().all(|one| one == hint));
            for (index, finding) in named.iter().enumerate() {
                let is_last = index + 1 == named.len();
                let mut text = shown(finding);
                if is_last && !rest.is_empty() {
                    text += &format!("\n  and {} more of this kind", rest.len());
                }
                let hint = match hint {
                    Some(common) if is_last => common.as_ref(),
                    Some(_) => None,
                    None => finding.hint.as_ref(),
                };
                if let Some(hint) = hint {
                    let label = style("hint:").dim().for_stderr();
                    text += &format!("\n  {label} {hint}");
                }
                self.note(&text);
            }
        }
    }
}

/// Findings of one code that are told in full; the rest is counted.
const FINDINGS_SHOWN: usize = 3;

/// Those of one code and severity together, in the order of the first.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let is_like = |group: &&mut Vec<&Finding>| {
            let first = group.first();
            first.is_some_and(|one| (one.code, one.severity) == (finding.code, finding.severity))
        };
        match groups.iter_mut().find(is_like) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// A finding without its hint.
pub(super) fn shown(finding: &Finding) -> String {
    let severity = format!("{}[{}]", finding.severity, finding.code);
    let severity = match finding.severity {
        Severity::Error => style(severity).red().bold(),
        Severity::Warning => style(severity).yellow().bold(),
        Severity::Note => style(severity).cyan(),
    };
    format!("{}: {}", severity.for_stderr(), finding.message)
}
