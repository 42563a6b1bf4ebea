//! How certificates hang together: who issued whom, by name, key identifier and signature.

use std::collections::{HashMap, HashSet};

use super::{Certificate, Role};

/// The issuer of each certificate of a set, as indices into the set.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Chain {
    issuers: Vec<Option<usize>>,
    roles: Vec<Role>,
    have_issued: HashSet<usize>,
}

impl Chain {
    /// Finds each certificate's issuer among the others. Of several CAs of the right name the one whose key made the signature
    /// is taken, so that a renewed CA with a new key is not confused with its predecessor.
    #[must_use]
    pub fn of(certificates: &[&Certificate]) -> Self {
        let mut by_subject: HashMap<&str, Vec<usize>> = HashMap::new();
        for (index, certificate) in certificates.iter().enumerate() {
            by_subject
                .entry(certificate.subject_key.as_str())
                .or_default()
                .push(index);
        }
        let issuers: Vec<Option<usize>> = certificates
            .iter()
            .enumerate()
            .map(|(index, certificate)| {
                let candidates = by_subject.get(certificate.issuer_key.as_str())?;
                let others = candidates.iter().copied().filter(|one| *one != index);
                let mut others = others.peekable();
                // Verifying takes its time: a root without namesakes issued itself or has no issuer here.
                others.peek()?;
                if certificate.self_issued && certificate.is_self_signed() {
                    return None;
                }
                others.find(|candidate| {
                    certificates
                        .get(*candidate)
                        .is_some_and(|issuer| certificate.is_signed_by(issuer))
                })
            })
            .collect();
        let have_issued: HashSet<usize> = issuers.iter().copied().flatten().collect();
        let roles = certificates.iter().enumerate().map(|(index, one)| {
            if !have_issued.contains(&index) {
                one.role()
            } else if one.is_own_issuer() {
                Role::Root
            } else {
                Role::Intermediate
            }
        });
        Self {
            roles: roles.collect(),
            issuers,
            have_issued,
        }
    }

    /// The part that the certificate at `index` plays: one that issued another of the set is a CA, whatever it looks like;
    /// otherwise what it says of itself. What is not in the set counts as a leaf.
    #[must_use]
    pub fn role(&self, index: usize) -> Role {
        self.roles.get(index).copied().unwrap_or(Role::Leaf)
    }

    /// The same where the set is what a server presents: its own certificate, the first, is a server's unless it issued
    /// another one.
    #[must_use]
    pub fn of_presented(certificates: &[&Certificate]) -> Self {
        let mut chain = Self::of(certificates);
        let has_issued = chain.has_issued(0);
        if let (Some(role @ Role::Root), false) = (chain.roles.first_mut(), has_issued) {
            *role = Role::SelfSignedServer;
        }
        chain
    }

    /// The index of the issuer of the certificate at `index`, if the set has it.
    #[must_use]
    pub fn issuer(&self, index: usize) -> Option<usize> {
        self.issuers.get(index).copied().flatten()
    }

    /// Where the way up from the certificate at `index` ends: at a root, or at one whose issuer is not in the set.
    #[must_use]
    pub fn top_of(&self, index: usize) -> usize {
        self.upwards(index).last().copied().unwrap_or(index)
    }

    /// The way up from the certificate at `index`, itself first, each issued by the next. Certificates that cross-sign each
    /// other make no circle of it.
    #[must_use]
    pub fn upwards(&self, index: usize) -> Vec<usize> {
        let mut way = vec![index];
        while let Some(next) = way.last().and_then(|last| self.issuer(*last)) {
            if way.contains(&next) {
                break;
            }
            way.push(next);
        }
        way
    }

    /// Whether the certificate at `index` issued another of the set.
    #[must_use]
    pub fn has_issued(&self, index: usize) -> bool {
        self.have_issued.contains(&index)
    }

    /// The certificates that the one at `index` issued.
    #[must_use]
    pub fn issued(&self, index: usize) -> Vec<usize> {
        self.issuers
            .iter()
            .enumerate()
            .filter(|(_, issuer)| **issuer == Some(index))
            .map(|(child, _)| child)
            .collect()
    }

    /// The certificates whose issuer is not in the set, roots included.
    #[must_use]
    pub fn tops(&self) -> Vec<usize> {
        self.issuers
            .iter()
            .enumerate()
            .filter(|(_, issuer)| issuer.is_none())
            .map(|(index, _)| index)
            .collect()
    }
}
