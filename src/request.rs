//! What is wanted, complete and plain. Whether words of a command line said it or something else makes no difference from
//! here on, and a component may be wanted in several releases.

use std::path::PathBuf;

use crate::finding::Ignorable;
use crate::kube::ClusterAddress;
use crate::overrides::task_pods::{Distros, Queues, Variables};
use crate::overrides::{Mode, Selection};
use crate::plan::TaskPods;
use crate::sources::Source;
use crate::values::KeyPath;
use crate::vendor::Component;

/// One release to be, as far as it was described: the rest is what is deployed, else what is documented.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetSpec {
    /// Whose chart it is.
    pub component: Component,
    /// Release name.
    pub release: Option<String>,
    /// Namespace; Helm's `-n` holds otherwise.
    pub namespace: Option<String>,
    /// Chart reference.
    pub chart: Option<String>,
    /// Chart version.
    pub version: Option<String>,
    /// Values files.
    pub values: Vec<PathBuf>,
    /// Where in them those of the component's chart stand, if another chart has that one inside it.
    pub values_path: Option<KeyPath>,
}

impl TargetSpec {
    /// A target of which nothing is said.
    #[must_use]
    pub fn of(component: Component) -> Self {
        Self {
            component,
            release: None,
            namespace: None,
            chart: None,
            version: None,
            values: Vec::new(),
            values_path: None,
        }
    }

    /// Its namespace in a cluster: its own, else the one that holds there.
    #[must_use]
    pub fn namespace_in<'a>(&'a self, cluster: &'a ClusterAddress) -> &'a str {
        self.namespace.as_deref().unwrap_or(cluster.namespace())
    }
}

/// A release to be, what it is to trust, and when its turn is.
#[derive(Debug, Clone)]
pub struct TargetRequest {
    /// Its cluster.
    pub cluster: ClusterAddress,
    /// The release.
    pub spec: TargetSpec,
    /// What it is to trust.
    pub desired: Desired,
    /// Those of one wave go side by side; the next wave begins once this one is right.
    pub wave: usize,
}

/// Which certificates are to be there, and how.
#[derive(Debug, Clone, Default)]
pub struct Desired {
    /// Where they are.
    pub certificates: Vec<Source>,
    /// Which certificates are to go.
    pub drop: Option<Selection>,
    /// Appended or replacing; `None` for what the file says, else appended.
    pub mode: Option<Mode>,
    /// How they get into task pods, where that was said.
    pub task_pods: Option<TaskPods>,
    /// Which variables of task pods point to the bundle, where that was said.
    pub task_variables: Option<Variables>,
    /// Which images the pod template is for; `None` leaves what the file has of that.
    pub task_distros: Option<Distros>,
    /// Which templates of task pods are edited, where that was said.
    pub task_queues: Option<Queues>,
    /// The init container's image.
    pub task_image: Option<String>,
    /// Whether what clients cannot read as it stands in a file is written anew.
    pub repair: bool,
    /// Whether a values file that is named may be a new one.
    pub new_file: bool,
    /// Whether what turns the checking of certificates off is taken out.
    pub enforce_checking: bool,
    /// Errors that are let pass.
    pub ignore: Vec<Ignorable>,
    /// Warn of certificates that expire within this many days.
    pub expires_within: u32,
}
