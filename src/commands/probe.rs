//! `probe`: the chain that a server presents, and what each client makes of it with the trust that is proposed.

use std::time::Duration as Patience;

use anyhow::Result;
use time::{Duration, OffsetDateTime};

use super::bundles;
use super::probing::{self, Met};
use crate::certs::Certificate;
use crate::certs::bundle::{Bundle, Given};
use crate::certs::chain::Chain;
use crate::certs::judgement::{Asked, Cause};
use crate::certs::lint::{self, Options};
use crate::certs::verdict::Verdict;
use crate::cli::{Output, ProbeArgs, vouched};
use crate::exit::{ExitCode, Stop};
use crate::files;
use crate::finding::{self, Finding};
use crate::kube::ClusterAddress;
use crate::report::{Probe, Probed};
use crate::sources::{self, Access, issuers};
use crate::tls::{self, Endpoint, Terms, Version};
use crate::ui::{self, Screen};

/// A trust that is judged, and how tables name it.
struct Proposal<'a> {
    name: &'static str,
    trusted: Vec<&'a Certificate>,
}

pub(super) fn run(
    arguments: &ProbeArgs,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<ExitCode> {
    if let Some(file) = arguments.save.as_deref().filter(|file| file.exists()) {
        return Err(Stop::usage(format!(
            "--save would overwrite {}: name a file that is not there yet",
            file.display()
        ))
        .into());
    }
    let probe = probe(arguments, cluster, screen)?;
    let mut saved = arguments.save.as_deref();
    if let Some(file) = saved {
        let pem = authorities(&probe);
        if pem.is_empty() {
            screen.note("nothing was saved: no server presents a CA (--follow-aia fetches what a certificate names)");
            saved = None;
        } else {
            files::replace(file, &pem)?;
        }
    }
    match arguments.output {
        Output::Text => screen.probe(&probe, saved),
        Output::Json => screen.json(&probe.json()),
    }
    let refused = finding::refuses(&probe.findings)
        || probe
            .servers
            .iter()
            .any(|one| finding::refuses(&one.findings));
    Ok(
        if probe.servers.iter().any(|one| one.unreachable.is_some()) {
            ExitCode::Failed
        } else if refused {
            ExitCode::Refused
        } else {
            ExitCode::Done
        },
    )
}

fn probe(arguments: &ProbeArgs, cluster: &ClusterAddress, screen: &Screen) -> Result<Probe> {
    let now = OffsetDateTime::now_utc();
    let access = Access {
        cluster,
        ask: ui::is_interactive().then_some(ui::confirm),
        looking: false,
    };
    let (bundle, mut findings) = bundles::read(
        &vouched(&arguments.certificates, arguments.fingerprint),
        &access,
    )?;
    let given: Vec<&Certificate> = bundle.entries.iter().map(|one| &one.certificate).collect();
    let options = Options {
        expires_within: Duration::days(arguments.expires_within.into()),
        hosts: arguments
            .servers
            .iter()
            .map(|one| one.host.clone())
            .collect(),
        ..Options::at(now)
    };
    let roots = sources::public_roots().unwrap_or_default();
    let proposals = proposals(&given, roots);
    let patience = Patience::from_secs(arguments.connect_timeout);
    let names: Vec<&str> = arguments
        .servers
        .iter()
        .map(|one| one.host.as_str())
        .collect();
    let what = format!("asking {}", names.join(", "));
    let answers = screen.step(&what, || {
        Ok::<_, Stop>(probing::ask(&arguments.servers, patience))
    })?;
    let met = answers.iter().flatten();
    let with_servers = Options {
        served: met.flat_map(|met| met.presented.chain.clone()).collect(),
        ..options.clone()
    };
    findings.extend(lint::check_with(&bundle.entries, &with_servers));
    finding::ignore(&mut findings, &arguments.ignore);
    let servers = arguments
        .servers
        .iter()
        .zip(answers)
        .map(|(endpoint, answer)| {
            let met = match answer {
                Ok(met) => met,
                Err(why) => return Ok(Probed::unreachable(endpoint, format!("{why:#}"))),
            };
            let versions = screen.step(
                &format!("asking {} for versions of TLS", endpoint.host),
                || Ok::<_, Stop>(accepted_versions(endpoint, patience)),
            )?;
            let mut probed = probed(
                endpoint,
                met,
                versions,
                arguments.follow_aia.then_some(patience),
                &given,
                &proposals,
                now,
            );
            let as_presented = Options {
                as_trust: false,
                hosts: Vec::new(),
                ..options.clone()
            };
            probed
                .findings
                .extend(lint::check_with(&probed.presented, &as_presented));
            finding::ignore(&mut probed.findings, &arguments.ignore);
            Ok(probed)
        });
    Ok(Probe {
        servers: servers.collect::<Result<_>>()?,
        now,
        expires_within: options.expires_within,
        findings,
    })
}

/// What clients may trust. The last is what `install` makes by default, and what findings are about.
fn proposals<'a>(given: &[&'a Certificate], roots: &'a [Certificate]) -> Vec<Proposal<'a>> {
    let public: Vec<&Certificate> = roots.iter().collect();
    if given.is_empty() {
        return vec![Proposal {
            name: "public roots",
            trusted: public,
        }];
    }
    vec![
        Proposal {
            name: "these alone (--mode replace)",
            trusted: given.to_vec(),
        },
        Proposal {
            name: "with public roots (--mode append)",
            trusted: [given, &public].concat(),
        },
    ]
}

fn accepted_versions(endpoint: &Endpoint, patience: Patience) -> Vec<Version> {
    let accepts = |version: &Version| {
        let terms = Terms {
            patience,
            version: Some(*version),
        };
        tls::handshake(endpoint, &terms).is_ok()
    };
    Version::ALL.into_iter().filter(accepts).collect()
}

fn probed(
    endpoint: &Endpoint,
    met: Met,
    versions: Vec<Version>,
    follow: Option<Patience>,
    given: &[&Certificate],
    proposals: &[Proposal<'_>],
    now: OffsetDateTime,
) -> Probed {
    let Met {
        presented,
        handshake,
    } = met;
    let mut findings = Vec::new();
    let (fetched, why) = match (follow, presented.last_in_order()) {
        (Some(patience), Some(last)) => issuers::fetch_above(last, patience),
        _ => (Vec::new(), None),
    };
    findings.extend(why.map(|why| {
        Finding::warning(
            "issuer-not-fetched",
            format!("{endpoint}: the chain could not be followed to its root: {why}"),
        )
    }));
    let mut verdicts = Vec::new();
    let (mut remedy, mut cause) = (None, None);
    for proposal in proposals {
        let said = presented.judged_by(&proposal.trusted, now);
        verdicts.push((proposal.name, said));
    }
    if let (Some(proposal), Some((_, said))) = (proposals.last(), verdicts.last()) {
        let asked = Asked {
            endpoint,
            path: None,
            presented: &presented,
            version: handshake.version,
        };
        let known: Vec<&Certificate> = proposal.trusted.iter().copied().chain(&fetched).collect();
        findings.extend(asked.findings(said, &known));
        if !said.iter().all(Verdict::is_trusted) {
            remedy = presented.remedy(&proposal.trusted, &fetched, now);
            cause = Cause::of(&presented, &known);
        }
    }
    let all: Vec<&Certificate> = presented
        .chain
        .iter()
        .chain(&fetched)
        .chain(given.iter().copied())
        .collect();
    let way = Chain::of(&all).upwards(0).into_iter();
    let beside = presented.chain.len() + fetched.len();
    let given = way
        .filter(|index| *index >= beside)
        .filter_map(|index| all.get(index).copied().cloned())
        .collect();
    let entries = presented
        .chain
        .iter()
        .enumerate()
        .map(|(index, certificate)| Given {
            origin: format!("{endpoint} (certificate {})", index + 1),
            wanted: None,
            fallback: endpoint.host.clone(),
            certificate: certificate.clone(),
            of_bundle: false,
        });
    let mut probed = Probed {
        endpoint: endpoint.clone(),
        unreachable: None,
        chain: Chain::default(),
        presented: Bundle::new(entries.collect()).entries,
        fetched,
        given,
        version: handshake.version,
        versions,
        proxy: handshake.proxy,
        verdicts,
        remedy,
        cause,
        findings,
    };
    probed.chain = Chain::of_presented(&probed.certificates());
    probed
}

/// The CAs that the servers present or that were fetched, each once; of a server that signed itself, its own certificate.
fn authorities(probe: &Probe) -> String {
    let mut seen = Vec::new();
    for server in &probe.servers {
        let shown = server.presented.len() + server.fetched.len();
        let all = server.certificates();
        let is_ca = |index: &usize| server.chain.role(*index).is_authority();
        let indices = (0..shown).filter(is_ca);
        let mut authorities: Vec<&Certificate> = indices
            .filter_map(|index| all.get(index).copied())
            .collect();
        if authorities.is_empty() {
            authorities.extend(all.first().filter(|one| one.is_own_issuer()));
        }
        for authority in authorities {
            if !seen.contains(&authority) {
                seen.push(authority);
            }
        }
    }
    let blocks: Vec<String> = seen
        .into_iter()
        .map(|one| {
            let (subject, fingerprint) = (&one.subject, one.fingerprint);
            format!("# {subject}\n# SHA-256 {fingerprint}\n{}", one.pem())
        })
        .collect();
    blocks.concat()
}
