//! `status`: what each release trusts, and whether file, release, cluster and pods agree. Nothing is changed.

mod elsewhere;
mod files;
mod found;
mod inside;
mod reading;
pub(super) mod sought;

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::time::Duration as Patience;

use anyhow::{Result, bail};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

use self::files::Files;
use self::found::{Looked, Surveyed};
use self::reading::{Read, read_all, settle_doubts};
use self::sought::{Sought, Wanted};
use super::bundles;
use super::probing::ServerAnswers;
use crate::certs::bundle::Entry;
use crate::certs::lint;
use crate::cli::{StatusArgs, StatusOutput};
use crate::exit::{ExitCode, Stop};
use crate::finding::{self, Finding};
use crate::fleet::Fleet;
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::release::Snapshot;
use crate::report::{ClusterState, Status, prometheus};
use crate::side_by_side::{AT_ONCE, side_by_side};
use crate::sources::{Access, Place};
use crate::status::{self, Given, ReleaseStatus};
use crate::ui::Screen;
use crate::vendor::Component;

pub(super) fn run(
    arguments: &StatusArgs,
    address: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    interrupt::watch()?;
    fits_together(arguments)?;
    let fleet = fleet_of(arguments)?;
    let sought = match &fleet {
        Some(fleet) => Sought::by_fleet(fleet, arguments, address)?,
        None => Sought::by_words(arguments, address)?,
    };
    if arguments.watch {
        return watch(arguments, &sought, address, screen);
    }
    let everywhere = arguments.all_namespaces;
    let mut status = look(arguments, &sought, everywhere, address, screen)?;
    interrupt::check()?;
    if status.releases.is_empty()
        && status.clusters.iter().all(|one| one.error.is_none())
        && elsewhere::may_ask(arguments, fleet.is_some())
        && let Some(chosen) = elsewhere::chosen(arguments, address, screen)?
    {
        let sought = Sought::of(address.clone(), chosen.specs());
        status = look(
            arguments,
            &[sought],
            chosen.is_everywhere(),
            address,
            screen,
        )?;
        interrupt::check()?;
    }
    show(arguments, &status, screen);
    Ok(status.exit_code())
}

/// The targets of a file, where one was named, or is here and no words say where else to look.
fn fleet_of(arguments: &StatusArgs) -> Result<Option<Fleet>> {
    let fleet = &arguments.fleet;
    if fleet.config.is_none() && fleet.only.is_empty() && arguments.looks_further() {
        return Ok(None);
    }
    fleet.find(&arguments.components, &arguments.places.0)
}

fn fits_together(arguments: &StatusArgs) -> Result<(), Stop> {
    let places = || arguments.certificates.iter().map(|source| &source.place);
    if let Some(Place::Server(endpoint)) = places().find(|one| matches!(one, Place::Server(_))) {
        return Err(Stop::usage(format!(
            "--ca names what is to be trusted, and {endpoint} is a server: name its CA's certificate; servers that the values name are asked anyway"
        )));
    }
    if arguments.watch && places().any(|place| *place == Place::Stdin) {
        return Err(Stop::usage(
            "--watch reads its sources again and again, and standard input can be read once: name a file",
        ));
    }
    if arguments.watch && arguments.output == StatusOutput::Prometheus {
        return Err(Stop::usage(
            "-o prometheus prints one document, which --watch would repeat: run it from time to time instead",
        ));
    }
    Ok(())
}

/// Looks again and again until a signal ends it, quietly: that is how it is meant to end. A look that fails is told, and does not
/// end it.
fn watch(
    arguments: &StatusArgs,
    sought: &[Sought],
    here: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    loop {
        let looked = look(arguments, sought, arguments.all_namespaces, here, screen);
        if interrupt::requested() {
            return Ok(ExitCode::Interrupted);
        }
        if arguments.output == StatusOutput::Text {
            screen.begin_again(&format!(
                "every {} s, {}",
                arguments.interval,
                OffsetDateTime::now_utc().format(&Rfc3339)?
            ));
        }
        match looked {
            Ok(status) => show(arguments, &status, screen),
            Err(error) => screen.error(&error),
        }
        interrupt::pause(Patience::from_secs(arguments.interval));
        if interrupt::requested() {
            return Ok(ExitCode::Interrupted);
        }
    }
}

fn show(arguments: &StatusArgs, status: &Status, screen: &Screen) {
    match arguments.output {
        StatusOutput::Text => screen.status(status),
        StatusOutput::Json => screen.json(&status.json()),
        StatusOutput::Prometheus => screen.metrics(&prometheus(status)),
    }
}

/// The state of every release that may be read, with what Helm stored of it, for who lists them in a file.
///
/// # Errors
/// A cluster does not answer, or tells less than all.
pub(super) fn deployed(
    sought: &[Sought],
    everywhere: bool,
    screen: &Screen,
) -> Result<Vec<(ReleaseStatus, Snapshot)>> {
    let looked = Looked {
        everywhere,
        sources: &[],
    };
    let Ok(surveyed) = screen.step("looking for releases", || {
        Ok::<_, Infallible>(side_by_side(sought, AT_ONCE, |one| {
            found::survey(looked, &one.specs, &[], &one.cluster)
        }))
    });
    let surveyed: Vec<Result<Surveyed>> = surveyed;
    if let Some(error) = surveyed.iter().find_map(|one| one.as_ref().err()) {
        bail!("{error:#}");
    }
    let (reads, findings) = read_all(&surveyed, sought, screen);
    screen.notes(&findings);
    if finding::refuses(&findings) {
        return Err(Stop::refused("not every release could be read; see above").into());
    }
    let files = Files::read(&[])?;
    let now = OffsetDateTime::now_utc();
    let told = reads.iter().filter_map(|read| {
        let snapshot = read.stored.as_ref().ok()?;
        let status = ReleaseStatus::of(&read.evidence(&files, None, now));
        Some((status, (**snapshot).clone()))
    });
    let mut told: Vec<(ReleaseStatus, Snapshot)> = told.collect();
    told.sort_by(|(a, _), (b, _)| (a.component, &a.id).cmp(&(b.component, &b.id)));
    Ok(told)
}

fn look(
    arguments: &StatusArgs,
    sought: &[Sought],
    everywhere: bool,
    here: &ClusterAddress,
    screen: &Screen,
) -> Result<Status> {
    let files = Files::read(sought)?;
    files
        .values()
        .for_each(|values| screen.hide_secrets_of(values));
    let named = sought.iter().map(|one| one.cluster.to_string());
    screen.leave_open(named);
    let access = Access::looking(here);
    let (bundle, mut findings) = bundles::read(&sought::local(arguments), &access)?;
    let given = bundle.entries;
    let wanted = if arguments.certificates.is_empty() {
        let (wanted, more) = Wanted::read(sought, here);
        findings.extend(more);
        wanted
    } else {
        Wanted::default()
    };
    let looked = Looked {
        everywhere,
        sources: &arguments.certificates,
    };
    let what = match sought {
        [only] => format!("looking for releases on {}", only.cluster),
        all => format!("looking for releases on {} clusters", all.len()),
    };
    let Ok(surveyed) = screen.step(&what, || {
        Ok::<_, Infallible>(side_by_side(sought, AT_ONCE, |one| {
            found::survey(looked, &one.specs, &given, &one.cluster)
        }))
    });
    let (mut reads, more) = read_all(&surveyed, sought, screen);
    findings.extend(more);
    settle_doubts(&mut reads, &surveyed, &files, screen);
    let now = OffsetDateTime::now_utc();
    let sources: Vec<String> = arguments
        .certificates
        .iter()
        .map(|source| source.place.to_string())
        .collect();
    let mut releases: Vec<ReleaseStatus> = reads
        .iter()
        .map(|read| {
            let here = surveyed.get(read.cluster).and_then(|one| one.as_ref().ok());
            let given = here.and_then(|one| {
                Some(Given {
                    entries: one.given.as_deref()?,
                    sources: &sources,
                    is_all: true,
                })
            });
            let listed = || {
                let id = &read.id;
                let sought = sought.get(read.cluster)?;
                wanted.of(sought.wanted_of(read.component, &id.namespace, &id.release)?)
            };
            ReleaseStatus::of(&read.evidence(&files, given.or_else(listed), now))
        })
        .collect();
    for component in Component::ALL {
        status::settle_files(&mut releases, component);
    }
    if !arguments.skip_probe {
        ask_servers(&mut releases, screen);
    }
    releases.sort_by(|a, b| (&a.id, a.component).cmp(&(&b.id, b.component)));
    let expires_within = Duration::days(arguments.expires_within.into());
    findings.extend(missing(sought, &reads, &surveyed));
    findings.extend(endings(&releases, expires_within, now));
    finding::ignore(&mut findings, &arguments.ignore);
    for release in &mut releases {
        finding::ignore(&mut release.findings, &arguments.ignore);
    }
    let states = sought.iter().zip(&surveyed).map(|(one, surveyed)| {
        let error = surveyed.as_ref().err().map(|error| format!("{error:#}"));
        ClusterState {
            address: one.cluster.clone(),
            error,
        }
    });
    Ok(Status {
        now,
        expires_within,
        clusters: states.collect(),
        releases,
        findings,
    })
}

/// Asks the servers that the values of the releases name, each once.
fn ask_servers(releases: &mut [ReleaseStatus], screen: &Screen) {
    let servers = releases.iter().flat_map(|release| &release.servers);
    let answers = ServerAnswers::of(servers, screen);
    for release in releases {
        let Some(mode) = release.mode else { continue };
        let found = answers.judge(&mut release.servers, &release.certificates, &[], mode);
        let place = format!("release {} in {}", release.id.release, release.id.namespace);
        release
            .findings
            .extend(found.into_iter().map(|finding| Finding {
                message: format!("{place}: {}", finding.message),
                ..finding
            }));
    }
}

/// The releases that were named and are nowhere in a cluster that answers; where several are looked in, in none of them.
fn missing(sought: &[Sought], reads: &[Read], surveyed: &[Result<Surveyed>]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for (index, one) in sought.iter().enumerate() {
        for spec in &one.specs {
            let Some(name) = &spec.release else { continue };
            let is_it = |read: &&Read| {
                let is_there = read.component == spec.component && read.id.release == *name;
                is_there
                    && (!one.is_listed()
                        || read.cluster == index && spec.allows(&read.id.namespace))
            };
            let mut answers = surveyed.iter().enumerate();
            let answered =
                answers.any(|(at, answer)| answer.is_ok() && (at == index || !one.is_listed()));
            if !answered || reads.iter().any(|read| is_it(&read)) {
                continue;
            }
            let place = match (&spec.namespace, one.is_listed()) {
                (Some(namespace), true) => format!("in {namespace} of {}", one.cluster.name()),
                _ => "where it was looked for".to_owned(),
            };
            let finding = Finding::error(
                "release-missing",
                format!(
                    "there is no release {name} of the {} {place}",
                    spec.component
                ),
            )
            .hint(format!(
                "{}see what there is: {}",
                if one.is_listed() {
                    // The file says where they are.
                    ""
                } else {
                    "look in all namespaces with -A, or "
                },
                one.cluster.helm(&["list", "-A"])
            ));
            if !findings.contains(&finding) {
                findings.push(finding);
            }
        }
    }
    findings
}

/// The ends of all certificates, each certificate once, whichever releases have it.
fn endings(
    releases: &[ReleaseStatus],
    expires_within: Duration,
    now: OffsetDateTime,
) -> Vec<Finding> {
    let mut entries: Vec<Entry> = Vec::new();
    for release in releases {
        for placed in &release.certificates {
            let place = format!("{}/{}", release.id.namespace, release.id.release);
            let known = entries
                .iter_mut()
                .find(|one| one.certificate.fingerprint == placed.certificate.fingerprint);
            match known {
                Some(entry) => entry.origin = format!("{}, {place}", entry.origin),
                None => entries.push(Entry {
                    origin: place,
                    ..placed.to_entry()
                }),
            }
        }
    }
    let options = lint::Options {
        checks: true,
        expires_within,
        ..lint::Options::at(now)
    };
    let components: BTreeSet<&str> = releases.iter().map(|one| one.component.name()).collect();
    let components = components.into_iter().collect::<Vec<_>>().join(" ");
    let mut findings = lint::check_beside(&[], &entries, &options);
    findings.retain(|one| lint::tells_end(one.code));
    let hint = format!(
        "add its successor, and keep both until no server needs this one: helm clearml-certs install {components} --ca SUCCESSOR.pem"
    );
    let findings = findings.into_iter().map(|one| one.hint(&hint));
    findings.collect()
}
