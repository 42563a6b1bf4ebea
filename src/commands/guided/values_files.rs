//! The override file of each chosen release, where the documented one is not there or would be that of several.

use std::path::Path;

use super::super::values_here::ValuesHere;
use crate::guided::{self, Answers, Coordinate, Given, Seen, Spot};
use crate::helm::Helm;
use crate::ui::Screen;

/// Proposes the file that says what is deployed; of several releases of one component, else one that is called like the release: a
/// file that they share by mistake would give each the credentials of another.
pub(super) fn propose(
    answers: &mut Answers,
    given: &Given,
    seen: &Seen,
    helm: &Helm,
    screen: &Screen,
) {
    let spots = answers.spots().to_vec();
    let mut here = None;
    for (place, spot) in spots.iter().enumerate() {
        let alike = spots.iter().filter(|one| one.component == spot.component);
        let is_one = alike.count() == 1;
        let is_said = spot.word(Coordinate::Values).is_some() || given.names_file(spot.component);
        if is_said || is_one && seen.files.contains(&spot.component) {
            continue;
        }
        let Some(release) = spot.word(Coordinate::Release) else {
            continue;
        };
        let namespace = guided::namespace(spot, given, seen);
        let own = || own_name((release, namespace), &spots);
        if spot.is_new() {
            if !is_one && !given.takes() {
                answers.propose_file(place, own());
            }
            continue;
        }
        let what = format!("looking for the values file of {release} in {namespace}");
        let deployed = screen.step(&what, || helm.deployed(release, namespace));
        let deployed = deployed.ok().flatten().map(|deployed| deployed.values);
        let found = deployed.and_then(|values| {
            let here = here.get_or_insert_with(|| ValuesHere::below(Path::new("")));
            let is_taken = |file: &&str| {
                let mut spots = answers.spots().iter();
                spots.any(|spot| spot.word(Coordinate::Values) == Some(*file))
            };
            // Two releases may say the same in a file each.
            let mut saying = here.all_saying(&values).filter(|file| !is_taken(file));
            saying.next().map(str::to_owned)
        });
        match found {
            Some(file) => {
                screen.note(&format!(
                    "  {file} says what is deployed as {release} in {namespace}."
                ));
                answers.propose_file(place, file);
            }
            // What goes has to be in a file that is there.
            None if is_one || given.takes() => {}
            None => answers.propose_file(place, own()),
        }
    }
}

/// A name that no other release's file has.
fn own_name((release, namespace): (&str, &str), all: &[Spot]) -> String {
    let same = |one: &&Spot| one.word(Coordinate::Release) == Some(release);
    if all.iter().filter(same).count() > 1 {
        format!("{namespace}-{release}-values.override.yaml")
    } else {
        format!("{release}-values.override.yaml")
    }
}
