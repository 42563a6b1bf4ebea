//! Certificates that a server presents.

use anyhow::Result;

use super::{Access, Ask, Reading, given};
use crate::certs::chain::Chain;
use crate::certs::{Certificate, Fingerprint};
use crate::exit::Stop;
use crate::tls::{self, Endpoint};

pub(super) fn read(
    endpoint: &Endpoint,
    fingerprint: Option<Fingerprint>,
    access: &Access<'_>,
) -> Result<Reading> {
    let shown = endpoint.to_string();
    let presented = presented(endpoint)?;
    let taken = if access.looking {
        (0..presented.len()).collect()
    } else {
        agreed(&presented, &shown, fingerprint, access.ask)?
    };
    let given = presented
        .into_iter()
        .enumerate()
        .filter(|(index, _)| taken.contains(index))
        .map(|(index, certificate)| {
            given(
                certificate,
                format!("{shown} (certificate {})", index + 1),
                &endpoint.host,
            )
        })
        .collect();
    Ok(Reading {
        given,
        ..Reading::default()
    })
}

/// The chain that a server presents, its own certificate first.
fn presented(endpoint: &Endpoint) -> Result<Vec<Certificate>> {
    certificates_of(
        &tls::handshake(endpoint, &tls::Terms::default())?.chain,
        endpoint,
    )
}

/// What a server presented, read.
///
/// # Errors
/// One of them is no certificate (a [`Stop`] with code 3).
pub fn certificates_of(chain: &[Vec<u8>], endpoint: &Endpoint) -> Result<Vec<Certificate>> {
    let read = |der: &Vec<u8>| {
        let parsed = Certificate::from_der(der).map_err(|why| {
            Stop::refused(format!(
                "{endpoint} presents something that is no certificate: {why}"
            ))
        });
        Ok(parsed?)
    };
    chain.iter().map(read).collect()
}

/// The certificates to trust, by index: those that the agreed one vouches for, since anybody can present anything.
fn agreed(
    presented: &[Certificate],
    shown: &str,
    fingerprint: Option<Fingerprint>,
    ask: Option<Ask>,
) -> Result<Vec<usize>> {
    let start = match fingerprint {
        Some(wanted) => presented
            .iter()
            .position(|certificate| certificate.fingerprint == wanted)
            .ok_or_else(|| {
                Stop::refused(format!(
                    "{shown} presents no certificate with the fingerprint {wanted}; it presents:\n{}",
                    listed(presented)
                ))
            })?,
        None => agree(presented, shown, ask)?,
    };
    // From the agreed certificate upwards, each signed by the next. What is below it was not agreed to.
    let references: Vec<&Certificate> = presented.iter().collect();
    let chain = Chain::of_presented(&references);
    let upwards = chain.upwards(start);
    let is_ca = |index: &usize| chain.role(*index).is_authority();
    let authorities: Vec<usize> = upwards.iter().copied().filter(is_ca).collect();
    Ok(if authorities.is_empty() {
        upwards
    } else {
        authorities
    })
}

fn agree(presented: &[Certificate], shown: &str, ask: Option<Ask>) -> Result<usize> {
    let first = presented
        .first()
        .ok_or_else(|| Stop::refused(format!("{shown} presents no certificate")))?;
    let Some(ask) = ask else {
        // The server's own certificate is renewed before long; the CA above it stays.
        let references: Vec<&Certificate> = presented.iter().collect();
        let chain = Chain::of_presented(&references);
        let mut above = chain.upwards(0).into_iter();
        let topmost = above.rfind(|index| chain.role(*index).is_authority());
        let lasting = topmost
            .and_then(|index| presented.get(index))
            .unwrap_or(first);
        let fingerprint = lasting.fingerprint;
        return Err(Stop::no_answer(format!(
            "{shown} presents\n{}\nand nobody can be asked whether that is right: compare with what its owner says, and add --fingerprint {fingerprint}",
            listed(presented)
        ))
        .into());
    };
    let question = format!(
        "{shown} presents\n{}\nIs this what its owner says",
        listed(presented)
    );
    if ask(&question)? {
        Ok(0)
    } else {
        Err(
            Stop::no_answer("the server's certificate was not accepted; nothing was changed")
                .into(),
        )
    }
}

fn listed(presented: &[Certificate]) -> String {
    let lines: Vec<String> = presented
        .iter()
        .map(|certificate| {
            format!(
                "  {}\n    SHA-256 {}",
                certificate.subject, certificate.fingerprint
            )
        })
        .collect();
    lines.join("\n")
}
