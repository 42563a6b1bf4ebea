//! Which ConfigMap or Secret carries which certificate.

use std::collections::{BTreeMap, BTreeSet};

use super::texts::texts;
use super::{Object, Part};
use crate::certs::pem::delivered::{self, Harm, Reader};
use crate::certs::{Certificate, Fingerprint};

/// How an object is found in the cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// With the rendered certificates.
    Same,
    /// With others.
    Other,
    /// Not at all.
    Nothing,
}

/// A place in a ConfigMap or Secret that holds a certificate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Carrier {
    /// ConfigMap or `Secret`.
    pub kind: String,
    /// The object's name.
    pub object: String,
    /// The key whose value holds the certificate.
    pub key: String,
    /// Whether that key is the object's only one.
    pub only_key: bool,
}

/// Every certificate that a manifest carries, by fingerprint, with all its places in stable order.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Carriers {
    places: BTreeMap<Fingerprint, Vec<Carrier>>,
    /// Kind and name of every ConfigMap and Secret, whether it carries certificates or not, with its keys.
    objects: BTreeMap<(String, String), Vec<String>>,
    /// Kind, name and key of the texts that poison every bundle they become a part of.
    poisons: BTreeMap<(String, String, String), Harm>,
    /// Kind, name and key of the texts in which one of these readers passes over a certificate that OpenSSL reads.
    passed_over: BTreeMap<(String, String, String), Vec<Reader>>,
}

impl Carriers {
    /// Reads every ConfigMap and Secret of a manifest.
    #[must_use]
    pub fn find(objects: &[Object]) -> Self {
        let mut found = Self::default();
        for object in objects {
            if !object.holds_texts() {
                continue;
            }
            let id = (object.kind.clone(), object.name.clone());
            found.objects.insert(id, keys(object));
            let entries = texts(object);
            for (key, text) in &entries {
                let reading = delivered::read(text);
                let id = (object.kind.clone(), object.name.clone(), key.clone());
                // OpenSSL's reading is Python's, and so the ClearML SDK's.
                let certificates: BTreeSet<Fingerprint> = if reading.harms.is_empty() {
                    reading.fingerprints().collect()
                } else {
                    delivered::read_by(text, Reader::OpenSsl)
                };
                if let Some(harm) = reading.poison() {
                    found.poisons.insert(id, harm.clone());
                } else if !reading.harms.is_empty() {
                    let passes = |reader: &Reader| {
                        !certificates.is_subset(&delivered::read_by(text, *reader))
                    };
                    let readers: Vec<Reader> = Reader::ALL.into_iter().filter(passes).collect();
                    if !readers.is_empty() {
                        found.passed_over.insert(id, readers);
                    }
                }
                for fingerprint in certificates {
                    found.places.entry(fingerprint).or_default().push(Carrier {
                        kind: object.kind.clone(),
                        object: object.name.clone(),
                        key: key.clone(),
                        only_key: entries.len() == 1,
                    });
                }
            }
        }
        found
    }

    /// Takes the certificates out of what others carry. That there are such objects stays known.
    pub(super) fn keep(&mut self, part: &Part) {
        for places in self.places.values_mut() {
            places.retain(|one| part.names(&one.kind, &one.object));
        }
        self.places.retain(|_, places| !places.is_empty());
    }

    /// Every place of one certificate.
    #[must_use]
    pub fn of(&self, certificate: Fingerprint) -> &[Carrier] {
        self.places
            .get(&certificate)
            .map_or(&[], |places| places.as_slice())
    }

    /// The certificates of an object, each with its key.
    pub fn within<'a>(
        &'a self,
        kind: &'a str,
        object: &'a str,
    ) -> impl Iterator<Item = (&'a str, Fingerprint)> {
        self.places.iter().flat_map(move |(fingerprint, places)| {
            places
                .iter()
                .filter(move |place| place.kind == kind && place.object == object)
                .map(|place| (place.key.as_str(), *fingerprint))
        })
    }

    /// The certificates under one key of an object.
    #[must_use]
    pub fn under(&self, kind: &str, object: &str, key: &str) -> Vec<Fingerprint> {
        self.within(kind, object)
            .filter(|(one, _)| *one == key)
            .map(|(_, certificate)| certificate)
            .collect()
    }

    /// What makes the text under one key of an object poison every bundle that it becomes a part of.
    #[must_use]
    pub fn poison(&self, kind: &str, object: &str, key: &str) -> Option<&Harm> {
        let id = (kind.to_owned(), object.to_owned(), key.to_owned());
        self.poisons.get(&id)
    }

    /// The readers that pass over a certificate in the text under one key of an object, where OpenSSL reads it.
    #[must_use]
    pub fn passed_over(&self, kind: &str, object: &str, key: &str) -> &[Reader] {
        let id = (kind.to_owned(), object.to_owned(), key.to_owned());
        self.passed_over.get(&id).map_or(&[], Vec::as_slice)
    }

    /// The keys of a ConfigMap or Secret; `None` where the manifest does not have it.
    #[must_use]
    pub fn keys(&self, kind: &str, object: &str) -> Option<&[String]> {
        let id = (kind.to_owned(), object.to_owned());
        self.objects.get(&id).map(Vec::as_slice)
    }

    /// How the objects that carry certificates are found in the cluster, `live`: by content, each key where it is.
    #[must_use]
    pub fn found_in<'a>(&'a self, live: &Self) -> Vec<(&'a str, &'a str, Found)> {
        let content = |carriers: &Self, kind, name| -> BTreeSet<(String, Fingerprint)> {
            let within = carriers.within(kind, name);
            within.map(|(key, one)| (key.to_owned(), one)).collect()
        };
        let objects = self.carrying_objects().into_iter();
        objects
            .map(|(kind, name)| {
                let found = if content(live, kind, name) == content(self, kind, name) {
                    Found::Same
                } else if live.keys(kind, name).is_some() {
                    Found::Other
                } else {
                    Found::Nothing
                };
                (kind, name, found)
            })
            .collect()
    }

    /// Kind and name of every object that carries certificates, each once.
    #[must_use]
    pub fn carrying_objects(&self) -> BTreeSet<(&str, &str)> {
        let places = self.places.values().flatten();
        places
            .map(|place| (place.kind.as_str(), place.object.as_str()))
            .collect()
    }

    /// The names of the ConfigMaps that carry certificates, each once.
    pub fn carrying_config_maps(&self) -> impl Iterator<Item = String> + use<> {
        let names: BTreeSet<String> = self
            .places
            .values()
            .flatten()
            .filter(|place| place.kind == "ConfigMap")
            .map(|place| place.object.clone())
            .collect();
        names.into_iter()
    }

    /// The ConfigMap and key that hold every one of `certificates`: a whole bundle.
    #[must_use]
    pub fn holding_all(
        &self,
        certificates: impl IntoIterator<Item = Fingerprint>,
    ) -> Option<(String, String)> {
        let mut certificates = certificates.into_iter();
        let mut candidates: Vec<&Carrier> = self.of(certificates.next()?).iter().collect();
        for certificate in certificates {
            let places = self.of(certificate);
            candidates.retain(|one| places.iter().any(|place| place == *one));
        }
        candidates
            .into_iter()
            .find(|place| place.kind == "ConfigMap")
            .map(|place| (place.object.clone(), place.key.clone()))
    }
}

/// Every certificate that objects carry as clients read it, each time with the key that it stands under.
#[must_use]
pub fn carried(objects: &[Object]) -> Vec<(String, Certificate)> {
    let carriers = objects.iter().filter(|object| object.holds_texts());
    carriers
        .flat_map(texts)
        .flat_map(|(key, text)| {
            let certificates = delivered::read(&text).certificates.into_iter();
            certificates.map(move |(_, certificate)| (key.clone(), certificate))
        })
        .collect()
}

fn keys(object: &Object) -> Vec<String> {
    ["data", "binaryData", "stringData"]
        .iter()
        .filter_map(|field| object.get(&[field])?.as_mapping())
        .flatten()
        .filter_map(|(key, _)| key.as_str().map(str::to_owned))
        .collect()
}
