//! Looking at what was deployed: did the release move by one, and is what was rendered in the cluster?

use anyhow::Result;

use super::cluster::Cluster;
use super::look_ups::LookUps;
use crate::helm::{self, Deployed, Helm};
use crate::plan::Target;
use crate::preflight::{Workload, keeping_old_content};
use crate::proof::{Carriers, Found, Manifest};
use crate::release::as_told;

/// What was seen after an upgrade that helm calls a success.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Check {
    /// The release's revision.
    pub revision: Option<u64>,
    /// The ConfigMaps and Secrets with certificates that are in the cluster with the rendered content.
    pub live: Vec<String>,
    /// What is not as it should be.
    pub problems: Vec<String>,
    /// What new pods wait for that are not ready yet.
    pub waiting: Vec<String>,
    /// The workloads whose pods keep what they started with.
    pub keeping: Vec<Workload>,
    /// Those that were restarted because of that.
    pub restarted: Vec<Workload>,
}

/// Asks for the release and its objects, along with others of its cluster where several have their turns. That the cluster no
/// longer tells is a problem, not a failure.
pub(super) fn of(helm: &Helm, target: &Target, cluster: Option<&Cluster<'_>>) -> Check {
    let at = &target.coordinates;
    let look_ups = cluster.and_then(Cluster::of_releases);
    if let Some(now) = look_ups.and_then(|look_ups| as_expected(look_ups, target)) {
        return judge(target, &now);
    }
    let look = || look(helm, target);
    let now = match cluster {
        Some(cluster) => cluster.room.have(look),
        None => look(),
    };
    match now {
        Ok(Some(now)) => judge(target, &now),
        Ok(None) => Check {
            problems: vec![format!("the release {} is not there", at.id.release)],
            ..Check::default()
        },
        Err(error) => Check {
            problems: vec![format!(
                "what was deployed could not be looked at: {error:#}"
            )],
            ..Check::default()
        },
    }
}

/// The release at the revision that was to come, with its objects that carry certificates; `None` where it is not so, or cannot be
/// told, and helm tells more.
fn as_expected(look_ups: &LookUps, target: &Target) -> Option<Deployed> {
    let id = &target.coordinates.id;
    let before = target.observed.release();
    let before = before.map_or(0, |release| release.deployed.revision);
    let [wanted, further] =
        [1, 2].map(|steps| helm::secret_of(&id.release, &id.namespace, before + steps));
    let carrying = target.carrying_objects();
    let asked = [vec![wanted.clone(), further.clone()], carrying].concat();
    let mut found = look_ups.look_up(asked);
    if !found.is_whole || found.find(&further).is_some() {
        return None;
    }
    let now = helm::stored_in(found.find(&wanted)?)?;
    found.objects.retain(|object| !wanted.is(object));
    let is_expected = now.revision == before + 1 && now.status == "deployed";
    is_expected.then(|| now.with_live(as_told(found.objects)))
}

fn look(helm: &Helm, target: &Target) -> Result<Option<Deployed>> {
    let at = &target.coordinates;
    Ok(helm.now(&at.id.release, &at.id.namespace)?)
}

fn judge(target: &Target, now: &Deployed) -> Check {
    let stored = Manifest::of_release(&now.manifest, &target.coordinates.id.namespace);
    let mut check = Check {
        revision: Some(now.revision),
        ..Check::default()
    };
    check.problems.extend(revision_problem(target, now));
    // What the chart renders of that kind was told before.
    let new = stored.unreadable.first();
    let new = new.filter(|_| target.rendered.unreadable.is_empty());
    check.problems.extend(new.map(|first| {
        format!(
            "what helm stored cannot be read at line {}: {}",
            first.line, first.why
        )
    }));
    if let Some(before) = target.observed.release() {
        check.keeping = keeping_old_content(before.objects(), &stored.objects);
    }
    // Where helm tells of no objects, nothing is claimed of them.
    if let Some(live) = &now.live {
        check.compare(&target.stored_carriers(), &Carriers::find(live));
    }
    check
}

impl Check {
    /// Certificates are compared by content, each where it is.
    fn compare(&mut self, rendered: &Carriers, live: &Carriers) {
        for (kind, name, found) in rendered.found_in(live) {
            match found {
                Found::Same => self.live.push(format!("{kind} {name}")),
                Found::Other => self.problems.push(format!(
                    "{kind} {name} is in the cluster with other certificates than were rendered"
                )),
                Found::Nothing => self
                    .problems
                    .push(format!("{kind} {name} is not in the cluster")),
            }
        }
    }
}

fn revision_problem(target: &Target, now: &Deployed) -> Option<String> {
    let release = target.observed.release();
    let before = release.map_or(0, |release| release.deployed.revision);
    let (expected, revision) = (before + 1, now.revision);
    let status = &now.status;
    if revision != expected {
        // A release that was uninstalled with its history kept goes on counting.
        return (before > 0).then(|| {
            format!("the release is at revision {revision}, not {expected}: somebody else deployed meanwhile")
        });
    }
    (status != "deployed").then(|| format!("the release is {status}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::self_signed;

    const MAP: &str = "kind: ConfigMap\nmetadata: {name: ca}\ndata:\n  ca.crt: |\n";

    fn carriers(certificate: Option<&str>) -> Carriers {
        let text = certificate.unwrap_or("none").replace('\n', "\n    ");
        let objects = crate::proof::parse(&format!("{MAP}    {text}")).unwrap();
        Carriers::find(&objects)
    }

    fn compared(rendered: &Carriers, live: &Carriers) -> Check {
        let mut check = Check::default();
        check.compare(rendered, live);
        check
    }

    #[test]
    fn what_is_in_the_cluster_is_compared_by_content() {
        let [one, two] = ["One", "Two"].map(|name| self_signed(name).pem());
        let rendered = carriers(Some(&one));
        assert_eq!(compared(&rendered, &rendered).live, ["ConfigMap ca"]);
        let other = compared(&rendered, &carriers(Some(&two)));
        assert!(
            other.problems[0].contains("other certificates"),
            "{other:?}"
        );
        let none = compared(&rendered, &Carriers::default());
        assert_eq!(none.problems, ["ConfigMap ca is not in the cluster"]);
        assert!(compared(&rendered, &carriers(None)).live.is_empty());
    }
}
