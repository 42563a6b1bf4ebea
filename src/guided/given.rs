//! What the command line said already, so that it is not asked.

use super::topic::Coordinate;
use crate::cli::{DesiredArgs, EditedArgs, TargetArgs};
use crate::request::TargetSpec;
use crate::vendor::Component;

/// Which command leads through.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Aim {
    /// Certificates come.
    #[default]
    Install,
    /// Certificates go.
    Remove,
    /// One takes another's place.
    Rotate,
}

/// What the command line said already, so that it is not asked.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an option of the command line"
)]
pub struct Given {
    /// What is to be done.
    pub aim: Aim,
    /// The components named.
    pub components: Vec<Component>,
    /// Whether there is any `--ca`, or `--to`.
    pub certificates: bool,
    /// Whether it says which certificates go.
    pub leaving: bool,
    /// Whether there is a `--mode`.
    pub mode: bool,
    /// Whether there is a `--task-pods`.
    pub task_pods: bool,
    /// The coordinates of each component; those without a component's name hold for every one.
    pub options: Vec<TargetSpec>,
}

impl Given {
    /// What `desired` says.
    #[must_use]
    pub fn of(desired: &DesiredArgs) -> Self {
        Self {
            components: desired.components.clone(),
            certificates: !desired.certificates.is_empty(),
            mode: desired.mode.is_some(),
            task_pods: desired.task_pods.is_some(),
            options: options(&desired.targets),
            ..Self::default()
        }
    }

    /// What `edited` says of a command by which certificates go: whether it is said which ones, and which come.
    #[must_use]
    pub fn of_edit(aim: Aim, edited: &EditedArgs, leaving: bool, certificates: bool) -> Self {
        Self {
            aim,
            components: edited.components.clone(),
            certificates,
            leaving,
            mode: true,
            task_pods: true,
            options: options(&edited.targets),
        }
    }

    /// Whether certificates come.
    pub(super) fn brings(&self) -> bool {
        self.aim != Aim::Remove
    }

    /// Whether certificates go.
    #[must_use]
    pub fn takes(&self) -> bool {
        self.aim != Aim::Install
    }

    /// What was said of a component; where several of its releases were named, of the first.
    pub(super) fn spec(&self, component: Component) -> Option<&TargetSpec> {
        let mut options = self.options.iter();
        options.find(|one| one.component == component)
    }

    /// Whether the namespace was said of each release of a component.
    pub(super) fn places(&self, component: Component) -> bool {
        let of_it = |one: &&TargetSpec| one.component == component;
        let own: Vec<_> = self.options.iter().filter(of_it).collect();
        !own.is_empty() && own.iter().all(|one| one.namespace.is_some())
    }

    /// Whether a values file of a component was named.
    #[must_use]
    pub fn names_file(&self, component: Component) -> bool {
        self.has(component, Coordinate::Values)
    }

    /// Whether `--<component>-<option>` was given.
    pub(super) fn has(&self, component: Component, coordinate: Coordinate) -> bool {
        self.spec(component).is_some_and(|spec| match coordinate {
            Coordinate::Namespace => spec.namespace.is_some(),
            Coordinate::Release => spec.release.is_some(),
            Coordinate::Chart => spec.chart.is_some(),
            Coordinate::Version => spec.version.is_some(),
            Coordinate::Values => !spec.values.is_empty(),
        })
    }
}

fn options(targets: &TargetArgs) -> Vec<TargetSpec> {
    let each = Component::ALL.into_iter();
    let each = each.filter_map(|one| targets.of(one, &[one]).ok());
    each.flatten().collect()
}
