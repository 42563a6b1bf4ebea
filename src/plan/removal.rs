//! What there is to say where certificates are taken out.

use serde_yaml::Value;

use super::{Request, Target};
use crate::finding::Finding;
use crate::nearest::nearest;
use crate::overrides::{Selection, Selector, held_by};

/// So many names are listed one by one.
const LISTED: usize = 5;

/// Certificates that were to go and that another file, the release whose values Helm keeps, or the chart gives all the same.
pub(super) fn still_given(request: &Request<'_>, given: &Value) -> Option<Finding> {
    let held = held_by(given, request.layout.certificates);
    let selection = request.dropped()?;
    let selection = selection.among(held.iter().map(|one| &one.certificate));
    let mut kept = held
        .iter()
        .filter(|one| selection.selects(&one.alias, &one.certificate));
    let first = kept.next()?;
    let number = kept.count() + 1;
    let edited = request.files.edited();
    Some(
        Finding::error(
            "certificate-still-given",
            format!(
                "{number} of the certificates that are to go, {} among them, would stay: {} is not the only one that gives them to the chart",
                first.alias,
                edited.display()
            ),
        )
        .hint("take them out of the other values file, or give that one alone with -f; what helm keeps of a release goes with --discard-values"),
    )
}

/// Selectors that selected nothing anywhere. A name that is not there is a slip, or was taken out before; that nothing has
/// ended, or that there is nothing, is good news.
#[must_use]
pub fn unselected(selection: &Selection, targets: &[Target]) -> Vec<Finding> {
    let placed = targets.iter().flat_map(|target| &target.placed);
    let selection = selection.among(placed.map(|one| &one.certificate));
    let has_taken = |one: &Selector| {
        let alone = Selection {
            selectors: vec![one.clone()],
            ..selection.clone()
        };
        let mut taken = targets.iter().flat_map(|target| &target.taken);
        taken.any(|taken| match &taken.certificate {
            Some(certificate) => alone.selects(&taken.alias, certificate),
            None => alone.selects_alias(&taken.alias),
        })
    };
    let idle = selection.selectors.iter().filter(|one| !has_taken(one));
    idle.map(|one| match one {
        Selector::All => Finding::note("nothing-selected", "there are no certificates to take out"),
        Selector::Expired => Finding::note("nothing-selected", "no certificate has ended"),
        Selector::Superseded => Finding::note(
            "nothing-selected",
            "of no certificate is there a newer one by the same name",
        ),
        named => nothing(named, targets),
    })
    .collect()
}

fn nothing(selector: &Selector, targets: &[Target]) -> Finding {
    let files: Vec<String> = targets
        .iter()
        .map(|one| one.file.path.display().to_string())
        .collect();
    let names: Vec<&str> = targets
        .iter()
        .flat_map(|target| &target.placed)
        .map(|one| one.alias.as_str())
        .collect();
    let there = match names.as_slice() {
        [] => "which holds no certificate".to_owned(),
        names if names.len() <= LISTED => format!("which holds {}", names.join(", ")),
        names => format!(
            "which holds {} and {} more",
            names
                .iter()
                .take(LISTED)
                .copied()
                .collect::<Vec<_>>()
                .join(", "),
            names.len() - LISTED
        ),
    };
    let finding = Finding::error(
        "nothing-selected",
        format!(
            "{selector} fits no certificate of {}, {there}",
            files.join(" or ")
        ),
    );
    let alias = match selector {
        Selector::Alias(alias) => Some(alias.as_str()),
        _ => None,
    };
    match alias.and_then(|alias| nearest(alias, names)) {
        Some(name) => finding.hint(format!("did you mean --alias {name}?")),
        None => match targets.iter().find(|target| is_deployed(selector, target)) {
            Some(target) => finding.hint(format!(
                "release {} has it from another values file: name that one with --{}-values",
                target.coordinates.id.release, target.coordinates.component
            )),
            None => finding.hint("helm clearml-certs inspect FILE shows what is there"),
        },
    }
}

/// Whether the release of a target has what its file does not.
fn is_deployed(selector: &Selector, target: &Target) -> bool {
    let selection = Selection::at(time::OffsetDateTime::UNIX_EPOCH, vec![selector.clone()]);
    let release = target.observed.release();
    release.is_some_and(|release| {
        held_by(&release.deployed.values, target.layout.certificates)
            .iter()
            .any(|one| selection.selects(&one.alias, &one.certificate))
    })
}
