//! What only one engine wants to know, from the words of the command line.

use std::path::{Path, PathBuf, absolute};

use anyhow::{Context as _, Result};

use crate::cli::{Engine, ExportArgs};
use crate::exit::Stop;
use crate::export::{self, Flux, Git, Origin};
use crate::files;
use crate::fleet::Fleet;

/// Where what is exported goes, and what only its engine wants to know.
pub(super) struct Wants {
    pub(super) engine: Terms,
    folder: PathBuf,
    output: PathBuf,
}

/// The engine.
pub(super) enum Terms {
    ArgoCd(Git),
    Flux(Flux),
    Helmfile,
}

impl Wants {
    pub(super) fn read(arguments: &ExportArgs, fleet: &Fleet) -> Result<Self> {
        let in_full = |path: &Path| {
            let path = if path.as_os_str().is_empty() {
                Path::new(".")
            } else {
                path
            };
            absolute(path).with_context(|| format!("cannot tell where {} is", path.display()))
        };
        let folder = in_full(files::folder_of(fleet.file()))?;
        let output = in_full(arguments.output_dir.as_deref().unwrap_or(Path::new(".")))?;
        let namespace = |default: &str| {
            arguments
                .engine_namespace
                .clone()
                .unwrap_or_else(|| default.to_owned())
        };
        has_its_use(arguments)?;
        let engine = match arguments.to {
            Engine::ArgoCd => Terms::ArgoCd(git(arguments, &folder, namespace("argocd"))?),
            Engine::Flux => Terms::Flux(Flux {
                namespace: namespace("flux-system"),
                chart_secret: arguments.chart_secret.clone(),
            }),
            Engine::Helmfile => Terms::Helmfile,
        };
        Ok(Self {
            engine,
            folder,
            output,
        })
    }

    pub(super) fn origin(&self, fleet: &Fleet, plain_http: bool) -> Origin {
        Origin {
            file: fleet.file().display().to_string(),
            folder: self.folder.clone(),
            output: self.output.clone(),
            plain_http,
        }
    }
}

/// Refuses options that the engine has no use for.
fn has_its_use(arguments: &ExportArgs) -> Result<(), Stop> {
    let of_git = [
        (arguments.repo_url.is_some(), "--repo-url"),
        (arguments.revision.is_some(), "--revision"),
        (arguments.path.is_some(), "--path"),
    ];
    let of_argo_cd =
        of_git.map(|(is_given, option)| (is_given, option, [Engine::ArgoCd].as_slice()));
    let others = [
        (
            arguments.engine_namespace.is_some(),
            "--engine-namespace",
            [Engine::ArgoCd, Engine::Flux].as_slice(),
        ),
        (
            arguments.chart_secret.is_some(),
            "--chart-secret",
            [Engine::Flux].as_slice(),
        ),
    ];
    let mut all = of_argo_cd.into_iter().chain(others);
    match all.find(|(is_given, _, engines)| *is_given && !engines.contains(&arguments.to)) {
        Some((_, option, _)) => Err(Stop::usage(format!("{option} is not for this engine"))),
        None => Ok(()),
    }
}

/// Where git has the values files: what is not told is asked for, and never made up.
fn git(arguments: &ExportArgs, folder: &Path, namespace: String) -> Result<Git, Stop> {
    let mut missing = Vec::new();
    let mut needed = |value: &Option<String>, what: &str| {
        value.clone().unwrap_or_else(|| {
            missing.push(format!("  - {what}"));
            String::new()
        })
    };
    let url = needed(
        &arguments.repo_url,
        "the git repository that holds the values files: --repo-url URL",
    );
    let revision = needed(
        &arguments.revision,
        "its branch, tag or commit: --revision REVISION",
    );
    let path = match &arguments.path {
        Some(path) => Some(path.clone()),
        None => checked_out(folder),
    };
    if path.is_none() {
        missing.push("  - the folder of it that the file of targets lies in, since this is no checkout: --path FOLDER, or --path . for its root".to_owned());
    }
    let Some(path) = path.filter(|_| missing.is_empty()) else {
        return Err(Stop::no_answer(format!(
            "Argo CD takes the values files from git, and still needed is:\n{}",
            missing.join("\n")
        )));
    };
    if holds_credentials(&url) {
        return Err(Stop::refused(
            "--repo-url names a user, whose password or token everybody could read in what is exported: leave it out, and hand it to Argo CD with argocd repo add",
        ));
    }
    if url.contains(['?', '#']) {
        return Err(Stop::refused(
            "--repo-url has a query (?…) or a fragment (#…), in which a token may stand that everybody could read in what is exported: leave it out, and hand a login to Argo CD with argocd repo add",
        ));
    }
    Ok(Git {
        url,
        revision,
        path,
        namespace,
    })
}

/// Where a folder is in the repository of which it is a checkout, by `.git` in it or above.
fn checked_out(folder: &Path) -> Option<String> {
    let root = folder.ancestors().find(|one| one.join(".git").exists())?;
    export::relative(root, folder)
}

/// Whether a URL has a user in it where that is a secret: a token stands there as well as a name.
fn holds_credentials(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else {
        return false;
    };
    let host = rest.split('/').next().unwrap_or(rest);
    let user = host.rsplit_once('@').map(|(user, _)| user);
    // A scheme has no case (RFC 3986, 3.1).
    let is_http = scheme.trim_start().to_ascii_lowercase().starts_with("http");
    user.is_some_and(|user| is_http || user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_in_a_url_is_known_and_the_user_of_an_ssh_key_is_none() {
        for url in [
            "https://ghp_1234@git.example/x",
            "HTTPS://ghp_1234@git.example/x",
            "https://us:pw@git.example/x",
            "ssh://us:pw@git.example/x",
        ] {
            assert!(holds_credentials(url), "{url}");
        }
        for url in [
            "https://git.example/a@b",
            "ssh://git@git.example/x",
            "git@git.example:x",
        ] {
            assert!(!holds_credentials(url), "{url}");
        }
    }
}
