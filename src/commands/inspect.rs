//! `inspect`: what certificates are, and what each client will say of them.

use anyhow::Result;
use time::{Duration, OffsetDateTime};

use crate::certs::Certificate;
use crate::certs::bundle::{Bundle, Entry, Given};
use crate::certs::chain::Chain;
use crate::certs::lint::{self, Options};
use crate::certs::verdict::{Client, Server, Trust};
use crate::cli::{InspectArgs, InspectOutput, Sort};
use crate::exit::ExitCode;
use crate::files;
use crate::finding;
use crate::kube::ClusterAddress;
use crate::report::{InspectedOverride, Inspection};
use crate::sources::{Access, Place};
use crate::status::Trusts;
use crate::tls::Endpoint;
use crate::ui::Screen;
use crate::values::kept::Kept;
use crate::vendor::Layout;
use crate::yaml;

pub(super) fn run(
    arguments: &InspectArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    let inspection = inspect(arguments, cluster, screen)?;
    match arguments.output {
        InspectOutput::Text => screen.inspection(&inspection, false),
        InspectOutput::Wide => screen.inspection(&inspection, true),
        InspectOutput::Json => screen.json(&inspection.json()),
    }
    Ok(if finding::refuses(&inspection.findings) {
        ExitCode::Refused
    } else {
        ExitCode::Done
    })
}

fn inspect(
    arguments: &InspectArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<Inspection> {
    let access = Access::looking(cluster);
    let mut given = Vec::new();
    let mut findings = Vec::new();
    let mut servers: Vec<(Endpoint, Vec<Given>)> = Vec::new();
    for source in &arguments.sources {
        let reading = match &source.place {
            Place::Server(endpoint) => {
                let what = format!("asking {}", endpoint.host);
                let reading = screen.step(&what, || source.gather(&access))?;
                servers.push((endpoint.clone(), reading.given.clone()));
                reading
            }
            _ => source.gather(&access)?,
        };
        given.push((matches!(source.place, Place::Server(_)), reading.given));
        findings.extend(reading.notes);
    }
    let now = OffsetDateTime::now_utc();
    let (presented, proposed): (Vec<_>, Vec<_>) = given.iter().partition(|(server, _)| *server);
    let trusted: Vec<&Certificate> = if proposed.is_empty() {
        &presented
    } else {
        &proposed
    }
    .iter()
    .flat_map(|(_, given)| given.iter().map(|one| &one.certificate))
    .collect();
    let trust = Trust::new(&trusted, now);
    // What a server presents says nothing of whether anybody trusts it: that is asked of given certificates, or of `probe`.
    let (judged, unjudged) = if proposed.is_empty() {
        (Vec::new(), servers)
    } else {
        (servers, Vec::new())
    };
    let servers = judged
        .iter()
        .map(|(endpoint, given)| {
            let server = Server {
                chain: given
                    .iter()
                    .map(|one| one.certificate.der().to_vec())
                    .collect(),
                host: Some(endpoint.host.clone()),
            };
            let verdicts = Client::ALL.map(|client| trust.verdict(client, &server));
            (endpoint.host.clone(), verdicts.to_vec())
        })
        .collect();
    let options = Options {
        expires_within: Duration::days(arguments.expires_within.into()),
        as_trust: !proposed.is_empty(),
        ..Options::at(now)
    };
    let mut bundle = Bundle::new(given.into_iter().flat_map(|(_, given)| given).collect());
    sort(&mut bundle.entries, order(arguments));
    findings.extend(lint::check_with(&bundle.entries, &options));
    findings.extend(lint::repeated(&bundle));
    let certificates: Vec<&Certificate> = bundle.entries.iter().map(|e| &e.certificate).collect();
    // What one server presents begins with its own.
    let chain = match arguments.sources.as_slice() {
        [one] if matches!(one.place, Place::Server(_)) && order(arguments) == Sort::Given => {
            Chain::of_presented(&certificates)
        }
        _ => Chain::of(&certificates),
    };
    let verdicts = certificates
        .iter()
        .enumerate()
        .map(|(index, certificate)| {
            let role = chain.role(index);
            trust.verdicts_on(certificate, role).to_vec()
        })
        .collect();
    let places = || arguments.sources.iter().map(|source| &source.place);
    Ok(Inspection {
        now,
        expires_within: options.expires_within,
        chain,
        verdicts,
        servers,
        unjudged: unjudged.into_iter().map(|(endpoint, _)| endpoint).collect(),
        overrides: places().filter_map(override_file).collect(),
        releases: places().filter_map(|one| release(one, cluster)).collect(),
        findings,
        entries: bundle.entries,
    })
}

/// What one server presents begins with its own certificate, and each is followed by its issuer's.
fn order(arguments: &InspectArgs) -> Sort {
    let is_one_server = matches!(
        arguments.sources.as_slice(),
        [only] if matches!(only.place, Place::Server(_))
    );
    let usual = if is_one_server {
        Sort::Given
    } else {
        Sort::End
    };
    arguments.sort.unwrap_or(usual)
}

fn sort(entries: &mut [Entry], by: Sort) {
    let name = |entry: &Entry| {
        let certificate = &entry.certificate;
        let name = certificate.common_name.as_ref();
        name.unwrap_or(&certificate.subject).to_lowercase()
    };
    match by {
        Sort::End => entries.sort_by_key(|entry| entry.certificate.not_after),
        Sort::Name => entries.sort_by_key(name),
        Sort::Given => {}
    }
}

/// What a file says of a release, where it is an override file.
fn override_file(place: &Place) -> Option<InspectedOverride> {
    let Place::Path(path) = place else {
        return None;
    };
    let text = files::read(path).ok()??;
    let text = Kept::values_of(&text).ok()?;
    let values = yaml::value_of(&text).ok()?;
    let name = path.file_name()?.to_string_lossy();
    let (component, layout) = Layout::of_override(&name, &values)?;
    Some(InspectedOverride {
        file: path.display().to_string(),
        component,
        trusts: Trusts::in_values(&values, layout),
    })
}

fn release(place: &Place, cluster: &ClusterAddress) -> Option<(String, String)> {
    let Place::Release { namespace, name } = place else {
        return None;
    };
    let namespace = namespace.as_deref().unwrap_or(cluster.namespace());
    let status = cluster.helm(&["clearml-certs", "status", "-n", namespace]);
    Some((name.clone(), status))
}
