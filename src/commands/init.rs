//! `init`: a `clearml-certs.yaml` of what is deployed, with the certificates and the values files that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_yaml::Value;

use super::status::{self, sought::Sought};
use super::values_here::ValuesHere;
use crate::certs::lint::date;
use crate::certs::{Certificate, Fingerprint, alias, mozilla};
use crate::cli::InitArgs;
use crate::exit::{ExitCode, Stop};
use crate::files;
use crate::fleet::written::{self, Deployed, Source};
use crate::helm;
use crate::interrupt;
use crate::kube::ClusterAddress;
use crate::overrides::{Mode, Placed};
use crate::release::Snapshot;
use crate::status::ReleaseStatus;
use crate::ui::{Screen, counted};
use crate::vendor::Component;

pub(super) fn run(
    arguments: &InitArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    interrupt::watch()?;
    let file = &arguments.file;
    is_new(file)?;
    let clusters = cluster.or_of_contexts(&arguments.contexts, arguments.all_contexts)?;
    let mut seen = BTreeSet::new();
    let is_new_cluster = |one: &ClusterAddress| seen.insert(one.leads_to());
    let clusters: Vec<ClusterAddress> = clusters.into_iter().filter(is_new_cluster).collect();
    let names_context = arguments.all_contexts || !arguments.contexts.is_empty();
    let sought = Sought::all(clusters);
    let all = status::deployed(&sought, arguments.all_namespaces, screen)?;
    interrupt::check()?;
    if all.is_empty() {
        return Err(Stop::refused(
            "no release of a gateway, an agent or a control plane is there; -A looks in all namespaces, --contexts NAME,NAME in other clusters",
        )
        .into());
    }
    let folder = files::folder_of(file);
    let mut planned = Planned::beside(folder);
    let mut releases = Vec::new();
    let (found, left): (Vec<_>, Vec<_>) = all
        .iter()
        .partition(|(status, _)| is_complete(arguments, status, &all));
    for (status, _) in &left {
        screen.note(&left_out(status));
    }
    if found.is_empty() {
        return Err(Stop::refused("every release that is there is of a chart with the vendor's inside it; nothing was written").into());
    }
    for (status, snapshot) in &found {
        let values = planned.values_of(status, &snapshot.deployed.values, names_context)?;
        let placed = status.certificates.iter();
        let own = placed.filter(|one| !mozilla::is_public_root(one.certificate.fingerprint));
        let certificates = own.map(|one| planned.certificate(one));
        releases.push(Deployed {
            context: names_context.then(|| status.id.cluster.name().to_owned()),
            namespace: status.id.namespace.clone(),
            release: status.id.release.clone(),
            component: status.component,
            chart: chart_word(arguments, status, &all).map(|chart| chart_of(chart, folder)),
            version: status.version.clone(),
            values_path: status.values_path.clone(),
            mode: status.mode.unwrap_or(Mode::Append),
            task_pods: status.task_pods,
            certificates: certificates.collect(),
            values,
        });
    }
    let certificates = planned.sources();
    let made = "as they were deployed when helm clearml-certs init wrote this";
    planned.write()?;
    files::replace(file, &written::text(&certificates, &releases, made))?;
    let path = file.display().to_string();
    let config: &[&str] = if file == Path::new(crate::fleet::FILE_NAME) {
        &[]
    } else {
        &["-c", &path]
    };
    // Each target has its namespace in the file.
    let preview = cluster.helm(&[&["clearml-certs", "install"], config, &["--dry-run"]].concat());
    let secrets = match planned.written() {
        0 => String::new(),
        n => format!(
            "\nWritten from what is deployed: {}, with what Helm was given, credentials among it. Seal that before it goes into git.",
            counted(n, "values file")
        ),
    };
    screen.result(&format!(
        "{} lists {} and {}.{secrets}\nWhat it would change: {preview}",
        file.display(),
        counted(releases.len(), "release"),
        counted(certificates.len(), "certificate")
    ));
    Ok(ExitCode::Done)
}

/// Whether all is known that a target needs: where a chart is had from that has the component's inside it, only its owner tells.
fn is_complete(
    arguments: &InitArgs,
    status: &ReleaseStatus,
    all: &[(ReleaseStatus, Snapshot)],
) -> bool {
    if status.values_path.is_none() {
        return true;
    }
    let is_it = |(other, _): &&(ReleaseStatus, Snapshot)| {
        (&other.id, other.component) == (&status.id, status.component)
    };
    // Of two agents of one release each would be deployed over the other.
    chart_word(arguments, status, all).is_some() && all.iter().filter(is_it).count() == 1
}

/// A release of which that is not known.
fn left_out(status: &ReleaseStatus) -> String {
    format!(
        "release {} in {} is left out: {} has the chart of the {} inside it, and where that is had from is not known; say it with --{4}-chart, or list the release by hand, with component: {4}, chart: … and valuesPath: {5}",
        status.id.release,
        status.id.namespace,
        status.chart,
        status.component.title(),
        status.component,
        status.values_path.as_deref().unwrap_or_default()
    )
}

/// What is there already is somebody's.
fn is_new(file: &Path) -> Result<(), Stop> {
    if file.symlink_metadata().is_err() {
        return Ok(());
    }
    Err(Stop::refused(format!(
        "{} is there already: name another file, or move it away",
        file.display()
    )))
}

/// Where a release's chart is had from, as somebody said of its component. What has the vendor's chart inside it is nothing to deploy
/// over the vendor's own releases.
fn chart_word<'a>(
    arguments: &'a InitArgs,
    status: &ReleaseStatus,
    all: &[(ReleaseStatus, Snapshot)],
) -> Option<&'a str> {
    let chart = match status.component {
        Component::Agent => &arguments.agent_chart,
        Component::Gateway => &arguments.gateway_chart,
        Component::Apps => &arguments.apps_chart,
    };
    let chart = chart.as_deref()?;
    let name = helm::chart_name(chart);
    let is_meant = match status.values_path {
        Some(_) => status.chart == name,
        None => !all
            .iter()
            .any(|(other, _)| other.values_path.is_some() && other.chart == name),
    };
    is_meant.then_some(chart)
}

/// The chart as the file names it: a path is seen from there.
fn chart_of(chart: &str, folder: &Path) -> String {
    let is_elsewhere = folder != Path::new(".") && Path::new(chart).exists();
    let absolute = is_elsewhere
        .then(|| std::path::absolute(chart).ok())
        .flatten();
    absolute.map_or(chart.to_owned(), |path| path.display().to_string())
}

/// The files that come with it.
struct Planned {
    folder: PathBuf,
    here: ValuesHere,
    values: BTreeMap<String, String>,
    /// The certificates by fingerprint, each with its name.
    certificates: BTreeMap<Fingerprint, (String, Certificate)>,
    order: Vec<Fingerprint>,
}

impl Planned {
    fn beside(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            here: ValuesHere::below(folder),
            values: BTreeMap::new(),
            certificates: BTreeMap::new(),
            order: Vec::new(),
        }
    }

    /// The values file of a release: one that is here and says what is deployed, else a new one. Gives its path in the file.
    fn values_of(
        &mut self,
        status: &ReleaseStatus,
        deployed: &Value,
        names_context: bool,
    ) -> Result<String> {
        if let Some(name) = self.here.saying(deployed) {
            return Ok(name.to_owned());
        }
        let id = &status.id;
        let context = id.cluster.name();
        let own = format!("{}/{}.yaml", id.namespace, id.release);
        // Names of contexts may be such as no folder can have (ARNs of EKS); they stand in the path as they are then.
        let plain = alias::sanitise(context);
        let (written, path) = match (names_context, plain == context) {
            (false, _) => (
                "values/{namespace}/{release}.yaml".to_owned(),
                format!("values/{own}"),
            ),
            (true, true) => (
                "values/{context}/{namespace}/{release}.yaml".to_owned(),
                format!("values/{context}/{own}"),
            ),
            (true, false) => (
                format!("values/{plain}/{{namespace}}/{{release}}.yaml"),
                format!("values/{plain}/{own}"),
            ),
        };
        is_new(&self.folder.join(&path))?;
        let text = match deployed {
            Value::Null => String::new(),
            values => {
                serde_yaml::to_string(values).context("cannot write deployed values as YAML")?
            }
        };
        let before = self.values.insert(path.clone(), text.clone());
        if before.is_some_and(|before| before != text) {
            return Err(Stop::refused(format!(
                "two releases would have their values in {path}: list their contexts one by one, in files of their own"
            ))
            .into());
        }
        Ok(written)
    }

    /// The name of a certificate.
    fn certificate(&mut self, placed: &Placed) -> String {
        let fingerprint = placed.certificate.fingerprint;
        if let Some((name, _)) = self.certificates.get(&fingerprint) {
            return name.clone();
        }
        let is_taken = |name: &str| {
            let mut known = self.certificates.values();
            known.any(|(known, _)| known.eq_ignore_ascii_case(name))
        };
        let mut name = placed.alias.clone();
        let mut number = 1;
        while is_taken(&name) {
            number += 1;
            name = format!("{}-{number}", placed.alias);
        }
        let known = (name.clone(), placed.certificate.clone());
        self.certificates.insert(fingerprint, known);
        self.order.push(fingerprint);
        name
    }

    /// As the file lists them.
    fn sources(&self) -> Vec<Source> {
        let all = self
            .order
            .iter()
            .filter_map(|one| self.certificates.get(one));
        let source = |(name, certificate): &(String, Certificate)| Source {
            name: name.clone(),
            path: format!("certificates/{name}.pem"),
            says: format!(
                "{}, until {}, SHA-256 {}",
                certificate.subject,
                date(certificate.not_after),
                certificate.fingerprint
            ),
        };
        all.map(source).collect()
    }

    fn written(&self) -> usize {
        self.values.len()
    }

    /// Writes what is new. A certificate's file that is there already has to be that certificate's.
    fn write(&self) -> Result<()> {
        for (name, certificate) in self.certificates.values() {
            let path = self.folder.join(format!("certificates/{name}.pem"));
            let pem = certificate.pem();
            if files::read(&path)?.is_some_and(|text| text == pem) {
                continue;
            }
            is_new(&path)?;
            folder_for(&path)?;
            files::replace(&path, &pem)?;
        }
        for (path, text) in &self.values {
            let path = self.folder.join(path);
            folder_for(&path)?;
            files::write_private(&path, text)?;
        }
        Ok(())
    }
}

fn folder_for(path: &Path) -> Result<()> {
    let folder = files::folder_of(path);
    std::fs::create_dir_all(folder)
        .with_context(|| format!("cannot make the folder {}", folder.display()))
}
