//! `clearml-certs.yaml`: the releases of a company, and what each is to trust (docs/fleet.md).

mod only;
mod reader;
mod targets;
pub mod written;

use std::collections::BTreeMap;
use std::path::{Path as FilePath, PathBuf};

use anyhow::{Context as _, Result};

use crate::exit::Stop;
use crate::files;
use crate::kube::ClusterAddress;
use crate::nearest::file_like;
use crate::request::{Desired, TargetRequest, TargetSpec};
use crate::sources::Source;

pub use only::Only;

use reader::Reader;
use targets::Listed;

/// The name under which it is found by itself.
pub const FILE_NAME: &str = "clearml-certs.yaml";

/// Gives the cluster of a context.
type Resolve<'a> = &'a dyn Fn(&String) -> Result<ClusterAddress, Stop>;

/// Gives a target with what the objects that keep its values say of where it is, if they can be read.
pub type Placed<'a> = &'a dyn Fn(&TargetSpec) -> Option<TargetSpec>;

/// The releases that a file lists.
#[derive(Debug)]
pub struct Fleet {
    file: PathBuf,
    targets: Vec<Listed>,
}

impl Fleet {
    /// The file that was named, else the one in the current folder where nobody says by other words what is meant.
    ///
    /// # Errors
    /// It cannot be read, or says something that makes no sense (a [`Stop`] with code 3).
    pub fn find(named: Option<&FilePath>, says_otherwise: bool) -> Result<Option<Self>> {
        let here = FilePath::new(FILE_NAME);
        let file = match named {
            Some(file) => file,
            None if !says_otherwise && here.is_file() => here,
            None => return Ok(None),
        };
        let text = files::read(file)?
            .with_context(|| format!("there is no file {}{}", file.display(), file_like(file)))?;
        let targets = targets::read(&Reader::new(file, &text)?)?;
        Ok(Some(Self {
            file: file.to_path_buf(),
            targets,
        }))
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> &FilePath {
        &self.file
    }

    /// Every source of certificates that one of its targets is to trust, once.
    #[must_use]
    pub fn sources(&self) -> Vec<&Source> {
        let mut all: Vec<&Source> = Vec::new();
        for source in self.targets.iter().flat_map(|one| &one.certificates) {
            if !all.contains(&source) {
                all.push(source);
            }
        }
        all
    }

    /// Its targets, in the order in which they are carried out. What the command line says of all of them (`desired`) comes first; `here` is the cluster of
    /// those that name none; with `brings`, they get the certificates that the file names for them. `only` goes by where they are
    /// `placed`.
    ///
    /// # Errors
    /// There is no such context, or `only` selects nothing.
    pub fn requests(
        &self,
        desired: &Desired,
        brings: bool,
        here: &ClusterAddress,
        (only, placed): (&[Only], Placed<'_>),
    ) -> Result<Vec<TargetRequest>, Stop> {
        let cluster = |context: &String| {
            let named = here.of_contexts(Some(std::slice::from_ref(context)))?;
            let named = named.into_iter().next().unwrap_or_else(|| here.clone());
            Ok(named.in_its_own_namespace(here))
        };
        let requests = self.selected(desired, brings, here, &cluster, (only, placed))?;
        ClusterAddress::share_no_token(requests.iter().map(|one| &one.cluster))?;
        Ok(requests)
    }

    /// The same where no cluster is asked, so that their contexts need not be known here.
    ///
    /// # Errors
    /// `only` selects nothing.
    pub fn requests_anywhere(
        &self,
        desired: &Desired,
        here: &ClusterAddress,
        (only, placed): (&[Only], Placed<'_>),
    ) -> Result<Vec<TargetRequest>, Stop> {
        let cluster = |context: &String| Ok(here.on(context).in_its_own_namespace(here));
        self.selected(desired, true, here, &cluster, (only, placed))
    }

    fn selected(
        &self,
        desired: &Desired,
        brings: bool,
        here: &ClusterAddress,
        of_context: Resolve<'_>,
        (only, placed): (&[Only], Placed<'_>),
    ) -> Result<Vec<TargetRequest>, Stop> {
        // Each context is looked up in the kubeconfig once, however many targets are there.
        let mut clusters: BTreeMap<&String, ClusterAddress> = BTreeMap::new();
        for context in self.targets.iter().filter_map(|one| one.context.as_ref()) {
            if !clusters.contains_key(context) {
                clusters.insert(context, of_context(context)?);
            }
        }
        let targets = self.targets.iter().map(|target| {
            let context = target.context.as_ref();
            let cluster = context.and_then(|context| clusters.get(context));
            target.request(desired, brings, cluster.unwrap_or(here).clone())
        });
        let mut all: Vec<TargetRequest> = targets.collect();
        let selects = |one: &Only, target: &TargetRequest| {
            one.selects(
                target,
                &placed(&target.spec).unwrap_or_else(|| target.spec.clone()),
            )
        };
        for one in only {
            if !all.iter().any(|target| selects(one, target)) {
                return Err(Stop::usage(format!(
                    "--only {one} selects none of the {} targets of {}",
                    all.len(),
                    self.file.display()
                )));
            }
        }
        all.retain(|target| only.is_empty() || only.iter().any(|one| selects(one, target)));
        // In the order in which they are carried out: the first of those that share a file writes it.
        all.sort_by_key(|target| (target.wave, target.spec.component.rank()));
        Ok(all)
    }
}
