//! `doctor`: looks at everything that an installation needs, and changes nothing.

mod servers;

use std::path::Path;

use anyhow::Result;
use serde_yaml::Value;
use time::OffsetDateTime;

use self::servers::Namer;
use super::gather::{Destination, helm_arguments};
use crate::certs::bundle::Entry;
use crate::certs::lint;
use crate::cli::DoctorArgs;
use crate::doctor::{self, Check};
use crate::environment::variable;
use crate::exit::ExitCode;
use crate::files;
use crate::finding::{self, Finding};
use crate::helm::{Helm, HelmArguments, HelmError, ReleaseSummary};
use crate::installation;
use crate::interrupt;
use crate::kube::{ClusterAddress, Kubectl};
use crate::overrides::{Placed, held_by};
use crate::preflight::rights;
use crate::request::TargetSpec;
use crate::ui::Screen;
use crate::values;
use crate::vendor::Component;
use crate::yaml::Document;

pub(super) fn run(
    arguments: &DoctorArgs,
    address: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    interrupt::watch()?;
    let helm_arguments = helm_arguments(&arguments.helm_arguments)?;
    let mut found = Vec::new();
    let mut tell = |check: Check| {
        screen.checked(&check);
        found.push(check);
    };
    tell(plugin());
    let helm = match Helm::at(address) {
        Ok(helm) => helm,
        Err(error) => {
            tell(Check::wrong(
                "helm",
                format!("{error:#}"),
                "install Helm 3.17 or newer",
            ));
            return Ok(ExitCode::Refused);
        }
    };
    tell(match helm.version() {
        Ok(version) => doctor::helm(&version, &helm.shown_path()),
        Err(error) => of_helm("helm", &error),
    });
    if let Err(unknown) = address.check() {
        tell(Check::wrong(
            "cluster",
            unknown.to_string(),
            "name another one with --kube-context, or unset HELM_KUBECONTEXT",
        ));
        return Ok(ExitCode::Refused);
    }
    let namespace = address.namespace();
    let releases = screen.meanwhile("asking the cluster", || helm.releases(namespace));
    tell(cluster(&releases, address));
    let mut namers = Vec::new();
    let mut deployed = Vec::new();
    for (component, release) in ours(releases.as_deref().unwrap_or_default()) {
        if release.is_uninstalled() {
            continue;
        }
        deployed.push(component);
        match helm.computed_values(&release.name, namespace) {
            Ok(values) => {
                let name = format!("release {}", release.name);
                tell(trust(component, &name, &values, address));
                namers.push(Namer::of(component, &name, &values));
            }
            Err(error) => tell(of_helm("trust", &error)),
        }
    }
    if releases.is_ok() && deployed.is_empty() {
        found_elsewhere(&helm, namespace)
            .into_iter()
            .for_each(&mut tell);
    }
    let unreachable = releases
        .as_ref()
        .is_err_and(HelmError::is_cluster_unreachable);
    let kubectl = Kubectl::at(address);
    let kubectl = if unreachable {
        Err("the cluster does not answer".to_owned())
    } else {
        kubectl.map_err(|why| format!("{why:#}"))
    };
    tell(user_rights(kubectl.as_ref(), address));
    tell(clock(kubectl.as_ref()));
    for spec in concerned(arguments, releases.as_deref().unwrap_or_default())? {
        interrupt::check()?;
        let component = spec.component;
        let place = Destination::without_cluster(spec, address)?;
        for file in &place.values {
            let (check, values) = values_file(component, file);
            tell(check);
            // What is deployed counts, where something is.
            if let Some(values) = values.filter(|_| !deployed.contains(&component)) {
                namers.push(Namer::of(component, &file.display().to_string(), &values));
            }
        }
        tell(chart(&helm, &place, &helm_arguments, screen));
    }
    interrupt::check()?;
    if !arguments.skip_probe {
        servers::ask(namers, screen).into_iter().for_each(&mut tell);
    }
    screen.result(&doctor::last_line(&found));
    Ok(if found.iter().any(Check::is_wrong) {
        ExitCode::Refused
    } else {
        ExitCode::Done
    })
}

/// Where releases of our charts are, for who looks at the wrong namespace.
fn found_elsewhere(helm: &Helm, namespace: &str) -> Option<Check> {
    let all = helm.releases_everywhere().ok()?;
    let ours = all.iter().filter(|one| {
        let mut components = Component::ALL.into_iter();
        components.any(|component| one.release.version_as(component).is_some())
    });
    let mut places: Vec<String> = ours
        .filter(|one| !one.release.is_uninstalled())
        .map(|one| format!("{} in {}", one.release.name, one.namespace))
        .collect();
    places.sort_unstable();
    (!places.is_empty()).then(|| {
        Check::unsure(
            "releases",
            format!(
                "none in {namespace}; {}; name theirs with -n",
                doctor::few(&places)
            ),
        )
    })
}

/// The components named; else those with an override file here or a release; else the agent, which everybody has.
fn concerned(arguments: &DoctorArgs, releases: &[ReleaseSummary]) -> Result<Vec<TargetSpec>> {
    let is_here = |component: &Component| {
        Path::new(component.documented().override_file).exists()
            || releases
                .iter()
                .any(|release| release.version_as(*component).is_some())
    };
    let all = Component::ALL.into_iter();
    let mut components: Vec<Component> = if arguments.components.is_empty() {
        all.filter(is_here).collect()
    } else {
        all.filter(|one| arguments.components.contains(one))
            .collect()
    };
    if components.is_empty() {
        components.push(Component::Agent);
    }
    Ok(arguments.targets.all_of(&components)?)
}

fn plugin() -> Check {
    let version = format!("clearml-certs {}", env!("CARGO_PKG_VERSION"));
    let Some(folder) = variable("HELM_PLUGIN_DIR") else {
        return Check::unsure("plugin", format!("{version}, started without helm"));
    };
    let folder = Path::new(&folder);
    match installation::version_warning(folder) {
        None => Check::fine("plugin", format!("{version}, {}", folder.display())),
        Some(_) => Check::wrong(
            "plugin",
            format!("{version}, but its plugin.yaml has another version: an update did not finish"),
            format!("sh \"{}\"", folder.join("install-binary.sh").display()),
        ),
    }
}

/// What helm said, and its own advice.
fn of_helm(what: &'static str, error: &HelmError) -> Check {
    let seen = error.message.lines().last().unwrap_or_default();
    let remedy = error
        .advice()
        .unwrap_or_else(|| format!("run it by hand: {}", error.command));
    Check::wrong(what, seen, remedy)
}

/// The releases of our charts, and whose chart it is.
fn ours(releases: &[ReleaseSummary]) -> impl Iterator<Item = (Component, &ReleaseSummary)> {
    releases.iter().filter_map(|release| {
        let mut components = Component::ALL.into_iter();
        let component = components.find(|one| release.version_as(*one).is_some())?;
        Some((component, release))
    })
}

/// Until when a release, called `name`, trusts what it trusts.
fn trust(component: Component, name: &str, values: &Value, address: &ClusterAddress) -> Check {
    let (held, ending) = trusted(component, name, values);
    let first = held.iter().map(|one| &one.certificate);
    let Some(first) = first.min_by_key(|one| one.not_after) else {
        return Check::unsure("trust", format!("{name} was given no certificates"));
    };
    let seen = format!(
        "{name}: of its certificates ({}) the first to end is {}, on {}",
        held.len(),
        first.subject,
        first.not_after.date()
    );
    ended(
        "trust",
        seen,
        &ending,
        format!(
            "helm clearml-certs rotate {component} --help; {} tells of each",
            status(address)
        ),
    )
}

/// The command that tells what the releases of the namespace trust.
fn status(address: &ClusterAddress) -> String {
    address.helm(&["clearml-certs", "status", "-n", address.namespace()])
}

/// A place with certificates: as it should be, unless the lints tell of an end.
fn ended(what: &'static str, seen: String, ending: &[Finding], remedy: String) -> Check {
    let messages: Vec<&str> = ending.iter().map(|one| one.message.as_str()).collect();
    if ending.is_empty() {
        Check::fine(what, seen)
    } else if finding::refuses(ending) {
        Check::wrong(what, messages.join("; "), remedy)
    } else {
        Check::unsure(what, messages.join("; "))
    }
}

fn cluster(releases: &Result<Vec<ReleaseSummary>, HelmError>, address: &ClusterAddress) -> Check {
    let namespace = address.namespace();
    match releases {
        Ok(releases) => {
            let names: Vec<String> = ours(releases)
                .map(|(_, release)| format!("{} ({})", release.name, release.chart))
                .collect();
            let (found, more) = if names.is_empty() {
                ("no ClearML release".to_owned(), String::new())
            } else {
                let status = status(address);
                let tells = format!("; {status} tells what they trust");
                (names.join(", "), tells)
            };
            Check::fine(
                "cluster",
                format!("{address} is reachable; {found} in namespace {namespace}{more}"),
            )
        }
        Err(error) => of_helm("cluster", error),
    }
}

fn user_rights(kubectl: Result<&Kubectl, &String>, address: &ClusterAddress) -> Check {
    let namespace = address.namespace();
    let kubectl = match kubectl {
        Err(why) => return Check::unsure("rights", format!("not looked at: {why}")),
        Ok(kubectl) => kubectl,
    };
    let deeds = rights::usual(namespace);
    let answers = kubectl.run_with(
        &["create", "-f", "-", "-o", "json"],
        rights::reviews(&deeds),
    );
    let denied = answers
        .ok()
        .and_then(|answers| rights::denied(&deeds, &answers));
    match denied.as_deref() {
        None => Check::unsure("rights", "the cluster does not tell"),
        Some([]) => Check::fine(
            "rights",
            format!("enough to deploy in namespace {namespace}"),
        ),
        Some(denied) => Check::wrong(
            "rights",
            format!(
                "you may not in namespace {namespace}: {}",
                denied.join(", ")
            ),
            format!(
                "ask for these rights, or use another context (--kube-context) or namespace (-n); {}",
                address.kubectl(&["auth", "can-i", "--list", "-n", namespace])
            ),
        ),
    }
}

fn clock(kubectl: Result<&Kubectl, &String>) -> Check {
    let there = kubectl.map(|kubectl| {
        let trace = kubectl.trace(&["get", "--raw", "/version"]).ok();
        trace.and_then(|trace| doctor::date_header(&trace))
    });
    match there {
        Err(why) => Check::unsure("clock", format!("not compared: {why}")),
        Ok(None) => Check::unsure("clock", "not compared: the cluster does not tell its time"),
        Ok(Some(there)) => doctor::clock(OffsetDateTime::now_utc(), there),
    }
}

/// A values file, and what it says.
fn values_file(component: Component, file: &Path) -> (Check, Option<Value>) {
    let shown = file.display();
    let check = match files::read(file) {
        Ok(None) => Check::unsure(
            "file",
            format!(
                "{shown} is not in this folder: for the {component} it would be made; name yours with --{component}-values"
            ),
        ),
        Err(error) => Check::wrong(
            "file",
            format!("{error:#}"),
            "make it a file that you may read",
        ),
        Ok(Some(text)) => match Document::parse(&text) {
            Ok(document) => {
                let (_, ending) = trusted(component, &shown.to_string(), document.value());
                let remedy =
                    "give the CA's current certificate with --ca, and take the old one out";
                let seen = format!("{shown}, of the {component}");
                let check = ended("file", seen, &ending, remedy.to_owned());
                return (check, Some(document.value().clone()));
            }
            Err(error) => Check::wrong(
                "file",
                format!("{shown}: {error}"),
                "mend the line; docs/yaml-refusals.md says what cannot be edited",
            ),
        },
    };
    (check, None)
}

fn chart(helm: &Helm, place: &Destination, arguments: &HelmArguments, screen: &Screen) -> Check {
    let reference = &place.chart;
    let fetched = screen.meanwhile(&format!("finding chart {reference}"), || {
        helm.fetch_chart(reference, place.version.as_deref(), arguments)
    });
    match fetched {
        Ok(chart) => Check::fine("chart", format!("{reference}, version {}", chart.version)),
        Err(error) => match error.downcast_ref::<HelmError>() {
            Some(helms) => {
                let check = of_helm("chart", helms);
                Check {
                    seen: format!("{reference}: {}", check.seen),
                    ..check
                }
            }
            None => Check::wrong(
                "chart",
                format!("{error:#}"),
                format!("name the chart with --{}-chart", place.component),
            ),
        },
    }
}

/// The certificates that values hold, and what the lints say of their ends: the worst of them as an error.
fn trusted(component: Component, origin: &str, values: &Value) -> (Vec<Placed>, Vec<Finding>) {
    let Some(certificates) = certificates_in(component, values) else {
        return (Vec::new(), Vec::new());
    };
    let held = held_by(values, certificates);
    let present: Vec<Entry> = held
        .iter()
        .map(|placed| Entry {
            origin: origin.to_owned(),
            ..placed.to_entry()
        })
        .collect();
    let options = lint::Options {
        checks: true,
        ..lint::Options::at(OffsetDateTime::now_utc())
    };
    let mut findings = lint::check_beside(&[], &present, &options);
    findings.retain(|one| lint::tells_end(one.code));
    (held, findings)
}

/// Where values have their certificates, if they say anything of them.
fn certificates_in(component: Component, values: &Value) -> Option<&'static [&'static str]> {
    let layouts = component.layouts().into_iter();
    let mut layouts = layouts.map(|layout| layout.certificates);
    layouts.find(|path| values::lookup(values, path).is_some())
}
