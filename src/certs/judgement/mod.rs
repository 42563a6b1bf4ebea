//! A server under a proposed trust: what each client says of it, and what would make all of them agree.

mod cause;
mod findings;

use time::OffsetDateTime;

use super::chain::Chain;
use super::verdict::{self, Client, Server, Trust, Verdict};
use super::{Certificate, Role};
pub use cause::{Cause, WrongName};
pub use findings::Asked;

/// What a server presents, and under which name it was asked.
#[derive(Debug, Clone)]
pub struct Presented {
    /// The name or address in the URL.
    pub host: String,
    /// Its certificates, its own first.
    pub chain: Vec<Certificate>,
}

/// Certificates that make clients trust a server when they are added.
#[derive(Debug, Clone)]
pub struct Remedy {
    /// What to add, from the server's issuer upwards.
    pub add: Vec<Certificate>,
    /// What each client says then, in the order of [`Client::ALL`].
    pub verdicts: Vec<Verdict>,
}

impl Remedy {
    /// Whether every client connects then.
    #[must_use]
    pub fn is_enough(&self) -> bool {
        self.verdicts.iter().all(Verdict::is_trusted)
    }
}

impl Presented {
    /// What each client says that trusts `trusted`, in the order of [`Client::ALL`].
    #[must_use]
    pub fn judged_by(&self, trusted: &[&Certificate], now: OffsetDateTime) -> Vec<Verdict> {
        self.judged_as(Some(&self.host), trusted, now)
    }

    fn judged_as(
        &self,
        host: Option<&str>,
        trusted: &[&Certificate],
        now: OffsetDateTime,
    ) -> Vec<Verdict> {
        let trust = Trust::new(trusted, now);
        let server = Server {
            chain: self.chain.iter().map(|one| one.der().to_vec()).collect(),
            host: host.map(str::to_owned),
        };
        Client::ALL
            .map(|client| trust.verdict(client, &server))
            .to_vec()
    }

    /// Whether it is for the host under which it was asked.
    fn is_named(&self) -> bool {
        let leaf = self.chain.first();
        leaf.is_none_or(|leaf| verdict::names_host(leaf, &self.host))
    }

    /// The least that has to be added to `trusted` for every client to connect; where nothing is enough, what helps most.
    /// `None` where nothing helps at all. `known` are certificates that may be added beside the presented ones. A name that
    /// is not the server's is left out of it: no certificate that is trusted mends that.
    #[must_use]
    pub fn remedy(
        &self,
        trusted: &[&Certificate],
        known: &[Certificate],
        now: OffsetDateTime,
    ) -> Option<Remedy> {
        let host = self.is_named().then_some(self.host.as_str());
        let count = |verdicts: &[Verdict]| verdicts.iter().filter(|one| one.is_trusted()).count();
        let mut reached = count(&self.judged_as(host, trusted, now));
        let mut best = None;
        for add in self.candidates(trusted, known) {
            let with: Vec<&Certificate> = trusted.iter().copied().chain(add.iter()).collect();
            let verdicts = self.judged_as(host, &with, now);
            if count(&verdicts) > reached {
                reached = count(&verdicts);
                best = Some(Remedy { add, verdicts });
            }
        }
        best
    }

    /// What may be worth adding, the least first: the top of the chain, all of its CAs; of a server that signed itself, its own
    /// certificate.
    fn candidates(&self, trusted: &[&Certificate], known: &[Certificate]) -> Vec<Vec<Certificate>> {
        let all: Vec<&Certificate> = self
            .chain
            .iter()
            .chain(known)
            .chain(trusted.iter().copied())
            .collect();
        let is_new =
            |one: &&Certificate| trusted.iter().all(|old| old.fingerprint != one.fingerprint);
        let chain = Chain::of_presented(&all);
        let above = chain.upwards(0).into_iter().skip(1);
        let authorities: Vec<&Certificate> = above
            .filter(|index| chain.role(*index).is_authority())
            .filter_map(|index| all.get(index).copied())
            .filter(is_new)
            .collect();
        let signed_itself = chain.role(0) == Role::SelfSignedServer;
        let is_own = |one: &&Certificate| signed_itself && is_new(one);
        let own = self.chain.first().into_iter().filter(is_own).cloned();
        let mut candidates: Vec<Vec<Certificate>> = vec![
            authorities.last().copied().cloned().into_iter().collect(),
            authorities.into_iter().cloned().collect(),
            own.collect(),
        ];
        candidates.retain(|one| !one.is_empty());
        candidates
    }

    /// The last certificate on the way from the server's own upwards that it presents.
    #[must_use]
    pub fn last_in_order(&self) -> Option<&Certificate> {
        let presented: Vec<&Certificate> = self.chain.iter().collect();
        upwards(&presented).last().copied()
    }

    /// The last certificate that is presented in order, where what issued it is an intermediate that is not presented: a
    /// client that does not have it cannot go on. `known` are certificates among which it is looked for; what nobody knows
    /// may be a root, which need not be presented.
    #[must_use]
    pub fn ends_early(&self, known: &[&Certificate]) -> Option<&Certificate> {
        let last = self.last_in_order().filter(|last| !last.is_own_issuer())?;
        let issuer = known.iter().find(|one| last.is_signed_by(one))?;
        (!issuer.is_own_issuer()).then_some(last)
    }
}

/// The way from the first certificate to its issuer, its issuer's issuer, …, as far as `all` leads.
fn upwards<'a>(all: &[&'a Certificate]) -> Vec<&'a Certificate> {
    Chain::of(all)
        .upwards(0)
        .into_iter()
        .filter_map(|index| all.get(index).copied())
        .collect()
}

/// The refusals among the verdicts on one server: each text once, with the clients that say it.
#[must_use]
pub fn refusals<'a>(
    verdicts: impl IntoIterator<Item = (Client, &'a Verdict)>,
) -> Vec<(&'a str, Vec<Client>)> {
    let mut texts: Vec<(&str, Vec<Client>)> = Vec::new();
    for (client, verdict) in verdicts {
        let Verdict::Refused(text) = verdict else {
            continue;
        };
        match texts.iter_mut().find(|(known, _)| known == text) {
            Some((_, clients)) => clients.push(client),
            None => texts.push((text, vec![client])),
        }
    }
    texts
}
