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

    /// The narrower of two, if one is below the other.
    fn intersection(&self, other: &Self) -> Option<Self> {
        let narrower = |below: bool, above: bool| match (below, above) {
            (true, _) => Some(self.clone()),
            (false, true) => Some(other.clone()),
            (false, false) => None,
        };
        match (self, other) {
            (Self::Dns(a), Self::Dns(b)) => narrower(dns_matches(a, b), dns_matches(b, a)),
            (Self::Email(a), Self::Email(b)) => narrower(email_matches(a, b), email_matches(b, a)),
            (Self::Network(a, mask_a), Self::Network(b, mask_b)) if a.len() == b.len() => narrower(
                is_inside(a, b, mask_b) && is_inside(mask_b, mask_a, mask_b),
                is_inside(b, a, mask_a) && is_inside(mask_a, mask_b, mask_a),
            ),
            _ => None,
        }
    }
}

/// Whether an address agrees with another in the bits of a mask.
fn is_inside(address: &[u8], network: &[u8], mask: &[u8]) -> bool {
    (address.iter().zip(network))
        .zip(mask)
        .all(|((address, network), mask)| address & mask == network & mask)
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

    /// Kinds that only one of the two permits stay as they are.
    fn intersect(&mut self, below: &[Subtree]) {
        let above = std::mem::take(&mut self.permitted);
        let in_both = |one: &Subtree, others: &[Subtree]| {
            one.is_comparable() && others.iter().any(|other| one.is_like(other))
        };
        let alone_above = above.iter().filter(|one| !in_both(one, below));
        let alone_below = below.iter().filter(|one| !in_both(one, &above));
        let met = above
            .iter()
            .flat_map(|one| below.iter().filter_map(|other| one.intersection(other)));
        let permitted: Vec<Subtree> = alone_above.chain(alone_below).cloned().chain(met).collect();
        for one in above.iter().filter(|one| in_both(one, below)) {
            if !permitted.iter().any(|other| one.is_like(other)) {
                self.exclude_all_like(one);
            }
        }
        self.permitted = permitted;
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
                Some((false, is_inside(bytes, address, mask)))
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
    let (name, domain) = (name.to_ascii_lowercase(), domain.to_ascii_lowercase());
    let bare = domain.strip_prefix('.').unwrap_or(&domain);
    name == domain
        || domain.len() < name.len()
            && name
                .strip_suffix(bare)
                .is_some_and(|labels| labels.ends_with('.'))
}

/// The part before the `@` keeps its case.
fn email_matches(name: &str, domain: &str) -> bool {
    let lower = |address: &str| match address.rsplit_once('@') {
        Some((user, host)) => format!("{user}@{}", host.to_ascii_lowercase()),
        None => address.to_ascii_lowercase(),
    };
    let (name, domain) = (lower(name), lower(domain));
    name == domain
        || name.strip_suffix(&domain).is_some_and(|rest| {
            !rest.is_empty() && (domain.starts_with('.') || rest.ends_with('@'))
        })
}
