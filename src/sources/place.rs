//! The words of a source, read.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use crate::tls::Endpoint;

/// The word for the machine's own bundle.
pub(super) const SYSTEM: &str = "system";
const SYSTEM_ALL: &str = "system-all";

/// The variable by which users of OpenSSL, Go and Python name another bundle than the machine's.
const BUNDLE_VARIABLE: &str = "SSL_CERT_FILE";

/// Where distributions keep their bundle; the first that exists is taken (Debian, Fedora and RHEL, openSUSE, Alpine and
/// macOS).
const SYSTEM_BUNDLES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// ConfigMaps that every namespace has (Kubernetes; Red Hat's distribution of it): their names look like keys.
const EVERYWHERE: [&str; 2] = ["kube-root-ca.crt", "openshift-service-ca.crt"];

/// Where certificates are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// A file, or a folder with all below it.
    Path(PathBuf),
    /// Standard input.
    Stdin,
    /// The machine's own bundle, at this path.
    System {
        /// Its file.
        path: PathBuf,
        /// With what is no public root in it, too.
        all: bool,
    },
    /// What a server presents.
    Server(Endpoint),
    /// A ConfigMap or Secret in the cluster.
    Object(ObjectReference),
    /// The values that a Helm release was deployed with.
    Release {
        /// Namespace; that of `-n` where not given.
        namespace: Option<String>,
        /// Release name.
        name: String,
    },
}

/// `configmap:[NS/]NAME[/KEY]` or `secret:[NS/]NAME[/KEY]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectReference {
    /// `configmap` or `secret`, as kubectl takes it.
    pub kind: &'static str,
    /// Namespace; that of `-n` where not given.
    pub namespace: Option<String>,
    /// The object's name.
    pub name: String,
    /// The key; every key that ends like a certificate file where not given.
    pub key: Option<String>,
}

impl fmt::Display for Place {
    /// As it is given to `--ca`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => path.display().fmt(f),
            Self::Stdin => f.write_str("-"),
            Self::System { all, .. } => f.write_str(if *all { SYSTEM_ALL } else { SYSTEM }),
            Self::Server(endpoint) => endpoint.fmt(f),
            Self::Object(object) => object.fmt(f),
            Self::Release { namespace, name } => {
                let namespace = namespace.iter().map(|one| format!("{one}/"));
                write!(f, "release:{}{name}", namespace.collect::<String>())
            }
        }
    }
}

impl fmt::Display for ObjectReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [self.namespace.as_ref(), Some(&self.name), self.key.as_ref()];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        write!(f, "{}:{}", self.kind, parts.join("/"))
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        if word == "-" {
            return Ok(Self::Stdin);
        }
        if [SYSTEM, SYSTEM_ALL].contains(&word) {
            let all = word == SYSTEM_ALL;
            return system_bundle().map(|path| Self::System { path, all });
        }
        if word.starts_with("https://") || word.starts_with("http://") {
            return word.parse().map(Self::Server);
        }
        if let Some(rest) = word.strip_prefix("configmap:") {
            return object("configmap", rest);
        }
        if let Some(rest) = word.strip_prefix("secret:") {
            return object("secret", rest);
        }
        if let Some(rest) = word.strip_prefix("release:") {
            let (namespace, name) = match rest.split_once('/') {
                Some((namespace, name)) => (Some(namespace.to_owned()), name),
                None => (None, rest),
            };
            return Ok(Self::Release {
                namespace,
                name: name.to_owned(),
            });
        }
        Ok(Self::Path(word.into()))
    }
}

fn object(kind: &'static str, rest: &str) -> Result<Place, String> {
    let parts: Vec<&str> = rest.split('/').collect();
    let (namespace, name, key) = match parts.as_slice() {
        [name] => (None, *name, None),
        // NAME/KEY or NS/NAME: a key of certificates has an ending, a namespace and an object's name rarely do.
        [namespace, name] if EVERYWHERE.contains(name) => (Some(*namespace), *name, None),
        [name, key] if super::is_certificate_name(key) => (None, *name, Some(*key)),
        [namespace, name] => (Some(*namespace), *name, None),
        [namespace, name, key] => (Some(*namespace), *name, Some(*key)),
        _ => {
            return Err(format!(
                "{kind}:{rest}: write {kind}:[NAMESPACE/]NAME[/KEY]"
            ));
        }
    };
    if name.is_empty() || name.starts_with('-') {
        return Err(format!(
            "{kind}:{rest}: write {kind}:[NAMESPACE/]NAME[/KEY]"
        ));
    }
    Ok(Place::Object(ObjectReference {
        kind,
        namespace: namespace.map(str::to_owned),
        name: name.to_owned(),
        key: key.map(str::to_owned),
    }))
}

fn system_bundle() -> Result<PathBuf, String> {
    if let Some(path) = std::env::var_os(BUNDLE_VARIABLE).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        if path.is_file() {
            return Ok(path);
        }
        return Err(format!(
            "{BUNDLE_VARIABLE} names {}, which is no file: unset it, or name the file instead of \"{SYSTEM}\"",
            path.display()
        ));
    }
    SYSTEM_BUNDLES
        .iter()
        .map(PathBuf::from)
        .find(|path| path.is_file())
        .ok_or_else(|| {
            format!(
                "this machine has its CA bundle in none of the usual places ({}); name the file instead of \"system\"",
                SYSTEM_BUNDLES.join(", ")
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_named_with_or_without_namespace_and_key() {
        let object = |word: &str| match word.parse().unwrap() {
            Place::Object(object) => (object.namespace, object.name, object.key),
            other => panic!("{other:?}"),
        };
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(object("secret:ca"), (None, "ca".to_owned(), None));
        assert_eq!(
            object("secret:ca/ca.crt"),
            (None, "ca".to_owned(), some("ca.crt"))
        );
        assert_eq!(
            object("configmap:team/ca"),
            (some("team"), "ca".to_owned(), None)
        );
        assert_eq!(
            object("configmap:team/ca/x"),
            (some("team"), "ca".to_owned(), some("x"))
        );
        assert!("secret:".parse::<Place>().is_err());
        assert!("secret:--all".parse::<Place>().is_err());
    }
}
