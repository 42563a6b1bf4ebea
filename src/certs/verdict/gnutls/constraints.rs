//! Name constraints as GnuTLS keeps and merges them (`lib/x509/name_constraints.c`): its own reading of RFC 5280, 6.1.4.

use x509_parser::extensions::{GeneralName, GeneralSubtree, NameConstraints};

use super::Seen;

/// One subtree.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Subtree {
    Dns(String),
    Email(String),
    Uri,
    Directory,
    /// Address and mask.
    Network(Vec<u8>, Vec<u8>),
}

/// The constraints of a path so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Constraints {
    permitted: Vec<Subtree>,
    excluded: Vec<Subtree>,
}

impl Subtree {
    /// `None` where GnuTLS does not take it (`validate_name_constraints_node`).
    fn of(tree: &GeneralSubtree<'_>) -> Option<Self> {
        match &tree.base {
            GeneralName::DNSName(name) => Some(Self::Dns((*name).to_owned())),
            GeneralName::RFC822Name(name) => Some(Self::Email((*name).to_owned())),
            GeneralName::URI(_) => Some(Self::Uri),
            GeneralName::DirectoryName(_) => Some(Self::Directory),
            GeneralName::IPAddress(bytes) if matches!(bytes.len(), 8 | 32) => {
                let (address, mask) = bytes.split_at(bytes.len() / 2);
                is_prefix(mask).then(|| Self::Network(address.to_vec(), mask.to_vec()))
            }
            _ => None,
        }
    }

    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    /// Whether GnuTLS can intersect two of the kind.
    fn is_comparable(&self) -> bool {
        matches!(self, Self::Dns(_) | Self::Email(_) | Self::Network(..))
    }

    fn intersection(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Dns(above), Self::Dns(below)) => {
                dns_matches(below, above).then(|| other.clone())
            }
            (Self::Email(above), Self::Email(below)) => {
                email_matches(below, above).then(|| other.clone())
            }
            (Self::Network(a, mask_a), Self::Network(b, mask_b)) if a.len() == b.len() => {
                let meet = (a.iter().zip(b))
                    .zip(mask_a.iter().zip(mask_b))
                    .all(|((a, b), (mask_a, mask_b))| (a ^ b) & mask_a & mask_b == 0);
                let union = |one: &[u8], other: &[u8]| -> Vec<u8> {
                    one.iter().zip(other).map(|(a, b)| a | b).collect()
                };
                meet.then(|| Self::Network(union(a, b), union(mask_a, mask_b)))
            }
            _ => None,
        }
    }
}

impl Constraints {
    /// `None` where GnuTLS cannot read them.
    pub(super) fn of(constraints: &NameConstraints<'_>) -> Option<Self> {
        let subtrees = |trees: &Option<Vec<GeneralSubtree<'_>>>| -> Option<Vec<Subtree>> {
            trees.iter().flatten().map(Subtree::of).collect()
        };
        Some(Self {
            permitted: subtrees(&constraints.permitted_subtrees)?,
            excluded: subtrees(&constraints.excluded_subtrees)?,
        })
    }

    /// Adds the constraints of the next CA below (`_gnutls_x509_name_constraints_merge`).
    pub(super) fn merge(&mut self, below: &Self) {
        if self.permitted.is_empty() && self.excluded.is_empty() {
            self.clone_from(below);
            return;
        }
        self.intersect(&below.permitted);
        self.excluded.extend_from_slice(&below.excluded);
    }

    fn intersect(&mut self, below: &[Subtree]) {
        if self.permitted.is_empty() || below.is_empty() {
            return;
        }
        let (compared, mut kept): (Vec<_>, Vec<_>) = std::mem::take(&mut self.permitted)
            .into_iter()
            .partition(|one| one.is_comparable() && below.iter().any(|other| one.is_like(other)));
        if compared.is_empty() {
            kept.extend_from_slice(below);
        }
        let met: Vec<Subtree> = below
            .iter()
            .flat_map(|other| compared.iter().filter_map(|one| one.intersection(other)))
            .collect();
        for one in &compared {
            if !met.iter().any(|other| one.is_like(other)) {
                self.exclude_all_like(one);
            }
        }
        self.permitted = kept;
        self.permitted.extend(met);
    }

    /// What is permitted of a kind has no common part: nothing of the kind is permitted any more.
    fn exclude_all_like(&mut self, one: &Subtree) {
        match one {
            Subtree::Dns(_) => self.excluded.push(Subtree::Dns(String::new())),
            Subtree::Email(_) => self.excluded.push(Subtree::Email(String::new())),
            Subtree::Network(..) => {
                self.excluded.push(Subtree::Network(vec![0; 4], vec![0; 4]));
                self.excluded
                    .push(Subtree::Network(vec![0; 16], vec![0; 16]));
            }
            Subtree::Uri | Subtree::Directory => {}
        }
    }

    /// Whether a server's certificate may have its names (`gnutls_x509_name_constraints_check_crt` for each kind).
    pub(super) fn permit(&self, leaf: &Seen) -> bool {
        let names = &leaf.names;
        let constrains_dns = self
            .permitted
            .iter()
            .chain(&self.excluded)
            .any(|one| matches!(one, Subtree::Dns(_)));
        let dns = match names.dns.as_slice() {
            // The common name stands for the missing names, if it is the only one.
            [] if constrains_dns && leaf.is_for_servers => match names.common.as_slice() {
                [] => true,
                [one] => self.permits_dns(one),
                _ => false,
            },
            all => all.iter().all(|name| self.permits_dns(name)),
        };
        dns && names.emails.iter().all(|name| self.permits_email(name))
            && names
                .addresses
                .iter()
                .all(|bytes| self.permits_address(bytes))
            && !self.excluded.contains(&Subtree::Directory)
            && !(names.has_uri && self.excluded.contains(&Subtree::Uri))
    }

    fn permits_dns(&self, name: &str) -> bool {
        let of_kind = |one: &Subtree| match one {
            Subtree::Dns(domain) => Some((domain.is_empty(), dns_matches(name, domain))),
            _ => None,
        };
        self.permits(of_kind)
    }

    fn permits_email(&self, name: &str) -> bool {
        let of_kind = |one: &Subtree| match one {
            Subtree::Email(domain) => Some((domain.is_empty(), email_matches(name, domain))),
            _ => None,
        };
        self.permits(of_kind)
    }

    fn permits_address(&self, bytes: &[u8]) -> bool {
        let of_kind = |one: &Subtree| match one {
            Subtree::Network(address, mask) if address.len() == bytes.len() => {
                let inside = (bytes.iter().zip(address))
                    .zip(mask)
                    .all(|((byte, address), mask)| byte & mask == address & mask);
                Some((false, inside))
            }
            _ => None,
        };
        self.permits(of_kind)
    }

    /// `of_kind` tells of a subtree of the name's kind whether it is empty, and whether the name is below it. An empty excluded
    /// subtree excludes all of the kind, an empty permitted one says nothing.
    fn permits(&self, of_kind: impl Fn(&Subtree) -> Option<(bool, bool)>) -> bool {
        let excluded = self.excluded.iter().filter_map(&of_kind);
        if excluded.into_iter().any(|(empty, below)| empty || below) {
            return false;
        }
        let permitted: Vec<bool> = self
            .permitted
            .iter()
            .filter_map(&of_kind)
            .filter(|(empty, _)| !empty)
            .map(|(_, below)| below)
            .collect();
        permitted.is_empty() || permitted.contains(&true)
    }
}

/// Whether a mask is ones, then zeros (`_gnutls_mask_to_prefix`).
fn is_prefix(mask: &[u8]) -> bool {
    let bits = mask
        .iter()
        .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
    let ones = bits.clone().take_while(|bit| *bit).count();
    !bits.skip(ones).any(|bit| bit)
}

fn dns_matches(name: &str, domain: &str) -> bool {
    let bare = domain.strip_prefix('.').unwrap_or(domain);
    name == domain
        || domain.len() < name.len()
            && name
                .strip_suffix(bare)
                .is_some_and(|labels| labels.ends_with('.'))
}

fn email_matches(name: &str, domain: &str) -> bool {
    name == domain
        || name.strip_suffix(domain).is_some_and(|rest| {
            !rest.is_empty() && (domain.starts_with('.') || rest.ends_with('@'))
        })
}
