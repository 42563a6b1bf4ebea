//! What was found: each with its hint, and of what is many the first few.

use console::style;

use super::Screen;
use crate::finding::{Finding, Severity};

/// Of one code, as many findings as these are told each; of more, the first few are, and the rest is counted.
const IN_FULL: usize = 6;
const NAMED: usize = 3;

impl Screen {
    pub(crate) fn findings(&self, findings: &[Finding]) {
        for group in groups(findings) {
            for text in told(&group) {
                self.note(&text);
            }
        }
    }
}

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

/// A group's findings; a hint that all of them have is told once, behind the last.
fn told(group: &[&Finding]) -> Vec<String> {
    let count = if group.len() > IN_FULL {
        NAMED
    } else {
        group.len()
    };
    let (named, rest) = group.split_at(count);
    let common = group
        .first()
        .map(|first| &first.hint)
        .filter(|hint| group.iter().all(|one| one.hint == **hint));
    let last = named.len().saturating_sub(1);
    let told = named.iter().enumerate().map(|(index, finding)| {
        let more = (index == last && !rest.is_empty()).then(|| {
            let more = rest.len();
            format!("  and {more} more of this kind (-o json has them all)")
        });
        let hint = match common {
            Some(hint) if index == last => hint.as_ref(),
            Some(_) => None,
            None => finding.hint.as_ref(),
        };
        let hint = hint.map(|hint| format!("  {} {hint}", style("hint:").dim().for_stderr()));
        let lines = std::iter::once(shown(finding)).chain(more).chain(hint);
        lines.collect::<Vec<_>>().join("\n")
    });
    told.collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(findings: &[Finding]) -> Vec<String> {
        let groups = groups(findings);
        let told = groups.iter().flat_map(|group| told(group));
        told.map(|text| console::strip_ansi_codes(&text).into_owned())
            .collect()
    }

    #[test]
    fn a_hint_that_all_have_is_told_once_and_one_that_differs_stays_where_it_is() {
        let code = "certificate-expires-soon";
        let soon = |name: &str| Finding::warning(code, name).hint("give another");
        let other = Finding::note("file-skipped", "x").hint("y");
        assert_eq!(
            texts(&[soon("a"), other.clone(), soon("b")]),
            [
                "warning[certificate-expires-soon]: a",
                "warning[certificate-expires-soon]: b\n  hint: give another",
                "note[file-skipped]: x\n  hint: y"
            ]
        );
        let another = Finding::warning(code, "c").hint("not that");
        assert_eq!(
            texts(&[soon("a"), another]),
            [
                "warning[certificate-expires-soon]: a\n  hint: give another",
                "warning[certificate-expires-soon]: c\n  hint: not that"
            ]
        );
        // The same as a warning and as an error are two matters.
        assert_eq!(texts(&[soon("a"), Finding::error(code, "b")]).len(), 2);
    }

    #[test]
    fn of_many_the_first_are_named_and_the_rest_is_counted() {
        let code = "certificate-expires-soon";
        let all: Vec<Finding> = (0..20)
            .map(|number| Finding::warning(code, format!("n{number}")).hint("h"))
            .collect();
        assert_eq!(
            texts(&all),
            [
                "warning[certificate-expires-soon]: n0",
                "warning[certificate-expires-soon]: n1",
                "warning[certificate-expires-soon]: n2\n  and 17 more of this kind (-o json has them all)\n  hint: h"
            ]
        );
        assert_eq!(texts(all.get(..IN_FULL).unwrap()).len(), IN_FULL);
    }
}
