//! What tables of certificates share.

use console::style;
use time::{Duration, OffsetDateTime};

use super::fit::listed;
use crate::certs::chain::Chain;
use crate::certs::{Certificate, mozilla};
use crate::overrides::Placed;

/// The name that people know a certificate by.
pub(super) fn name(certificate: &Certificate) -> &str {
    match (&certificate.common_name, certificate.subject.as_str()) {
        (Some(name), _) => name,
        (None, "") => "(no subject)",
        (None, subject) => subject,
    }
}

/// Aliases: the private ones by name, the public ones counted.
pub(super) fn aliases(placed: &[&Placed]) -> String {
    let is_public = |one: &&&Placed| mozilla::is_public_root(one.certificate.fingerprint);
    let (public, own): (Vec<&&Placed>, Vec<&&Placed>) = placed.iter().partition(is_public);
    let own: Vec<&str> = own.iter().map(|one| one.alias.as_str()).collect();
    match (own.as_slice(), public.as_slice()) {
        (own, []) => listed(own),
        ([], [only]) => only.alias.clone(),
        ([], public) => format!("{} public CAs", public.len()),
        (own, [only]) => format!("{} and the public {}", listed(own), only.alias),
        (own, public) => format!("{} and {} public CAs", listed(own), public.len()),
    }
}

/// Cells of a validity bar.
const BAR: u8 = 10;

/// How much of the validity is left, as a gauge and in days: `███████░░░ 812 days`.
pub(super) fn validity(
    certificate: &Certificate,
    now: OffsetDateTime,
    expires_within: Duration,
) -> String {
    let whole = (certificate.not_after - certificate.not_before).whole_seconds();
    let passed = (now - certificate.not_before).whole_seconds();
    let rest = (certificate.not_after - now).whole_seconds();
    // What is not over has a cell.
    let least = i64::from(rest > 0);
    let cells = rest
        .saturating_mul(BAR.into())
        .checked_div(whole.max(1))
        .unwrap_or_default()
        .clamp(least, BAR.into());
    let cells = usize::try_from(cells).unwrap_or_default();
    let bar = "█".repeat(cells) + &"░".repeat(usize::from(BAR) - cells);
    let left = certificate.not_after - now;
    if left.is_negative() {
        style(format!("{bar} expired")).red().to_string()
    } else if passed < 0 {
        style(format!("{bar} not yet")).yellow().to_string()
    } else if left < expires_within {
        style(format!("{bar} {} days", left.whole_days()))
            .yellow()
            .to_string()
    } else {
        style(format!("{bar} {} days", left.whole_days()))
            .green()
            .to_string()
    }
}

/// Who issued whom, as a tree from the roots down; an issuer that is not there has a question mark, and the
/// reason. `origin` tells where one comes from that is not of the set.
pub(super) fn tree(
    certificates: &[&Certificate],
    chain: &Chain,
    missing: &str,
    origin: impl Fn(usize) -> Option<&'static str>,
) -> String {
    let mut lines = Vec::new();
    for top in chain.tops() {
        let Some(certificate) = certificates.get(top) else {
            continue;
        };
        let mut depth = 0;
        if !certificate.is_own_issuer() {
            let missing = format!("? {} ({missing})", certificate.issuer);
            lines.push(format!("  {}", style(missing).yellow()));
            depth = 1;
        }
        // Signatures cannot make a circle, but certificates that cross-sign each other can look like one.
        let mut seen = vec![false; certificates.len()];
        let mut open = vec![(top, depth)];
        while let Some((index, depth)) = open.pop() {
            let (Some(certificate), Some(seen)) = (certificates.get(index), seen.get_mut(index))
            else {
                continue;
            };
            if std::mem::replace(seen, true) {
                continue;
            }
            let branch = match depth {
                0 => String::new(),
                depth => format!("{}└─ ", "   ".repeat(depth - 1)),
            };
            let role = match origin(index) {
                Some(origin) => format!("{}, {origin}", chain.role(index)),
                None => chain.role(index).to_string(),
            };
            let role = style(role).dim();
            lines.push(format!("  {branch}{} {role}", name(certificate)));
            let children = chain.issued(index);
            open.extend(children.into_iter().rev().map(|child| (child, depth + 1)));
        }
    }
    lines.join("\n")
}
