//! What a server presents, and which of it its owner vouches for.

use anyhow::Result;

use super::offered::name;
use crate::certs::Certificate;
use crate::certs::chain::Chain;
use crate::exit::Stop;
use crate::guided::Trust;
use crate::kube::ClusterAddress;
use crate::sources::{Access, Source};
use crate::ui::{self, Screen};

/// Shows it, and asks. `None` where the server does not answer, or nothing of it is right.
pub(super) fn agreed(
    url: &str,
    cluster: &ClusterAddress,
    screen: &Screen,
) -> Result<Option<Trust>> {
    let source: Source = url.parse().map_err(Stop::usage)?;
    let looking = Access::looking(cluster);
    let what = format!("asking {url} for its certificates");
    let presented = match screen.step(&what, || source.gather(&looking)) {
        Ok(reading) => reading.given,
        Err(error) => {
            screen.error(&error);
            return Ok(None);
        }
    };
    screen.note(&format!(
        "{url} presents this. Anybody can present anything: compare the fingerprint with what its owner says."
    ));
    let all: Vec<&Certificate> = presented.iter().map(|one| &one.certificate).collect();
    let offers = offers(&all);
    for one in offers.iter().map(|offer| offer.certificate) {
        screen.note(&format!(
            "  {} ({})\n    SHA-256 {}",
            one.subject,
            one.role(),
            in_two_lines(&one.fingerprint.to_string())
        ));
    }
    let mut labels: Vec<String> = offers.iter().map(|offer| offer.label.clone()).collect();
    labels.push("none of them".to_owned());
    let index = ui::choose("Which one is right?", &labels)?;
    Ok(offers.get(index).map(|offer| Trust {
        url: url.to_owned(),
        fingerprint: offer.vouched.fingerprint.to_string(),
    }))
}

/// One certificate that may be agreed to.
struct Offer<'a> {
    certificate: &'a Certificate,
    /// What is trusted then.
    label: String,
    /// The one whose fingerprint is kept: above a server's own certificate, the topmost CA, since that one outlives it.
    vouched: &'a Certificate,
}

/// From the topmost CA down to the server's own certificate: what should be trusted comes first.
fn offers<'a>(presented: &[&'a Certificate]) -> Vec<Offer<'a>> {
    let chain = Chain::of_presented(presented);
    let offers = presented.iter().enumerate().map(|(index, certificate)| {
        let above: Vec<&'a Certificate> = chain
            .upwards(index)
            .into_iter()
            .filter(|other| *other != index && chain.role(*other).is_authority())
            .filter_map(|other| presented.get(other).copied())
            .collect();
        let own = name(certificate);
        let is_authority = chain.role(index).is_authority();
        let label = match (is_authority, above.as_slice()) {
            (_, []) => own.to_owned(),
            (true, above) => {
                let names: Vec<&str> = above.iter().map(|one| name(one)).collect();
                format!("{own}, and {} above it", names.join(", "))
            }
            (false, [.., top]) => format!("{own}: then {} above it is trusted", name(top)),
        };
        let topmost = above.last().filter(|_| !is_authority);
        Offer {
            certificate,
            label,
            vouched: topmost.unwrap_or(certificate),
        }
    });
    let mut offers: Vec<Offer<'a>> = offers.collect();
    offers.reverse();
    offers
}

/// Sixteen bytes a line: that is how people compare them.
fn in_two_lines(fingerprint: &str) -> String {
    const LINE: usize = 16 * 3;
    match fingerprint.split_at_checked(LINE) {
        Some((first, rest)) => format!("{first}\n            {rest}"),
        None => fingerprint.to_owned(),
    }
}
