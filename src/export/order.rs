//! Who goes after whom, in engines that know such a thing.

use super::Release;

/// When its turn is: first the wave, then what stands on what in one cluster.
pub(super) fn turn(release: &Release) -> (usize, usize) {
    (release.wave, release.component.rank())
}

/// The turns of all, each once, from the first.
pub(super) fn turns(releases: &[Release]) -> Vec<(usize, usize)> {
    let mut turns: Vec<_> = releases.iter().map(turn).collect();
    turns.sort_unstable();
    turns.dedup();
    turns
}

/// For each, those that it has to wait for, as few as say it: in its wave, what comes right before it in its cluster; else what comes
/// last in the wave before, in each cluster.
pub(super) fn needs(releases: &[Release]) -> Vec<Vec<&Release>> {
    let with_turns: Vec<_> = releases.iter().map(|one| (turn(one), one)).collect();
    let last_of = |fits: &dyn Fn((usize, usize), &Release) -> bool| -> Vec<&Release> {
        let fitting = with_turns.iter().filter(|(turn, one)| fits(*turn, one));
        let last = fitting.clone().map(|(turn, _)| *turn).max();
        let of_last = fitting.filter(|(turn, _)| Some(*turn) == last);
        of_last.map(|(_, one)| *one).collect()
    };
    let mut clusters: Vec<_> = releases.iter().map(|one| &one.context).collect();
    clusters.sort_unstable();
    clusters.dedup();
    let needed = with_turns.iter().map(|(own, release)| {
        let here = last_of(&|turn, one| {
            one.context == release.context && turn.0 == own.0 && turn.1 < own.1
        });
        if !here.is_empty() {
            return here;
        }
        let before = with_turns.iter().map(|(turn, _)| turn.0);
        let Some(wave) = before.filter(|wave| *wave < own.0).max() else {
            return Vec::new();
        };
        let of_clusters = clusters
            .iter()
            .map(|cluster| last_of(&|turn, one| one.context == **cluster && turn.0 == wave));
        of_clusters.flatten().collect()
    });
    needed.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::ChartSource;
    use crate::vendor::Component;

    fn release(component: Component, context: &str, wave: usize) -> Release {
        Release {
            component,
            context: Some(context.into()),
            namespace: "ml".into(),
            name: format!("{component}-{wave}"),
            chart: ChartSource::Registry {
                address: "r".into(),
                chart: "c".into(),
            },
            version: "1.0.0".into(),
            values: Vec::new(),
            creates_namespace: true,
            wave,
        }
    }

    #[test]
    fn the_control_plane_goes_first_in_its_cluster_and_the_next_wave_waits_for_all_clusters() {
        use Component::{Agent, Apps, Gateway};
        let all = [
            release(Gateway, "a", 0),
            release(Agent, "a", 0),
            release(Apps, "a", 0),
            release(Agent, "b", 0),
            release(Agent, "a", 2),
        ];
        let shown: Vec<Vec<String>> = needs(&all)
            .iter()
            .map(|needed| {
                let shown = needed.iter().map(|one| {
                    format!(
                        "{}/{}",
                        one.context.as_deref().unwrap_or_default(),
                        one.name
                    )
                });
                shown.collect()
            })
            .collect();
        let none: [&str; 0] = [];
        assert_eq!(shown[0], ["a/agent-0"]);
        assert_eq!(shown[1], ["a/apps-0"]);
        assert_eq!(shown[2], none);
        assert_eq!(shown[3], none);
        assert_eq!(shown[4], ["a/gateway-0", "b/agent-0"]);
        assert_eq!(turns(&all), [(0, 0), (0, 1), (0, 2), (2, 1)]);
    }
}
