//! What `status` shows: a table of all releases, then what is wrong.

use console::{Term, style};
use time::OffsetDateTime;

use super::Screen;
use super::counted::counted;
use super::fit;
use super::printable::printable;
use super::table::{Column, Table};
use super::tables::{name, validity};
use crate::certs::{Certificate, mozilla};
use crate::finding::Severity;
use crate::overrides::Placed;
use crate::overrides::task_pods::Strategy;
use crate::report::Status;
use crate::status::{Agreement, Queue, ReleaseStatus, word_of_mode, word_of_task_pods};

/// So many certificates of one release have a line each; the others are counted.
const CERTIFICATES_SHOWN: usize = 6;

impl Screen {
    /// Shows everything, for people.
    pub fn status(&self, status: &Status) {
        if !status.releases.is_empty() {
            self.result(&table(status));
        }
        for cluster in &status.clusters {
            if let Some(why) = &cluster.error {
                let cross = style("✗").red().for_stderr();
                self.note(&format!("{cross} {}: {why}", cluster.address));
            }
        }
        self.findings(&status.findings);
        for release in &status.releases {
            self.findings(&release.findings);
        }
        self.result(&sum(status));
    }

    /// Metrics, as they are: labels are text that a scraper compares.
    pub fn metrics(&self, text: &str) {
        self.plain(&self.redacted(text));
    }

    /// A new look begins: on a terminal in the place of the former one, elsewhere below it.
    pub fn begin_again(&self, heading: &str) {
        let term = Term::stdout();
        if term.is_term() {
            // A terminal that cannot be cleared shows one below the other.
            let _ = term.clear_screen();
        }
        self.result(&style(heading).dim().to_string());
    }
}

fn table(status: &Status) -> String {
    let several = status.clusters.len() > 1;
    let asked = status
        .releases
        .iter()
        .any(|one| one.given != Agreement::Nothing);
    let mut columns = Vec::new();
    if several {
        columns.push(Column::new("CLUSTER").cut(8));
    }
    columns.extend([
        Column::new("RELEASE").cut(18),
        Column::new("CHART").spare(3),
        Column::new("MODE").spare(2),
        Column::new("CERTIFICATE").cut(10),
        Column::new("SUBJECT").cut(10).spare(4),
        Column::new("VALID FOR"),
        Column::new("SHA-256").spare(1),
        Column::new("TASK PODS").spare(5),
        Column::new("FILE"),
        Column::new("LIVE"),
        Column::new("PODS"),
    ]);
    if asked {
        columns.push(Column::new("CA"));
    }
    let mut table = Table::new(columns);
    for release in &status.releases {
        let mut cells = Vec::new();
        if several {
            cells.push(release.id.cluster.name().to_owned());
        }
        let shown = shown(release);
        let column = |cell: &dyn Fn(&Placed) -> String| -> String { shown.lines(|one| cell(one)) };
        cells.extend([
            place(release),
            chart(release),
            release.mode.map_or("?", word_of_mode).to_owned(),
            shown.aliases(),
            column(&|one| name(&one.certificate).to_owned()),
            column(&|one| validity(&one.certificate, status.now, status.expires_within)),
            column(&|one| one.certificate.fingerprint.short()),
            task_pods(release),
            mark(&release.file),
            mark(&release.live),
            mark(&release.pods),
        ]);
        if asked {
            cells.push(mark(&release.given));
        }
        table.row(cells);
    }
    table.shown()
}

/// The certificates of a release that have a line each: public roots are counted alone, and of many the first to end are shown.
struct Shown<'a> {
    certificates: Vec<&'a Placed>,
    rest: Vec<String>,
}

fn shown(release: &ReleaseStatus) -> Shown<'_> {
    let is_public = |one: &&Placed| mozilla::is_public_root(one.certificate.fingerprint);
    let (public, mut own): (Vec<&Placed>, Vec<&Placed>) =
        release.certificates.iter().partition(is_public);
    let mut rest = Vec::new();
    if own.len() > CERTIFICATES_SHOWN {
        own.sort_by_key(|one| one.certificate.not_after);
        rest.push(format!("and {} more", own.len() - CERTIFICATES_SHOWN));
        own.truncate(CERTIFICATES_SHOWN);
    }
    if !public.is_empty() {
        rest.push(format!("{} public roots", public.len()));
    }
    if own.is_empty() && rest.is_empty() {
        rest.push("none".to_owned());
    }
    Shown {
        certificates: own,
        rest,
    }
}

impl Shown<'_> {
    fn lines(&self, cell: impl Fn(&Placed) -> String) -> String {
        let lines: Vec<String> = self.certificates.iter().map(|one| cell(one)).collect();
        lines.join("\n")
    }

    fn aliases(&self) -> String {
        let own = self.certificates.iter().map(|one| one.alias.clone());
        let all: Vec<String> = own.chain(self.rest.iter().cloned()).collect();
        all.join("\n")
    }
}

/// `team-a/clearml-agent`, and the engine that deploys it.
fn place(release: &ReleaseStatus) -> String {
    let place = format!("{}/{}", release.id.namespace, release.id.release);
    match &release.engine {
        Some(engine) => format!("{place}\n{}", style(format!("by {}", engine.name)).dim()),
        None => place,
    }
}

/// `agent 6.14.6`; where it is inside another chart, which one and where.
fn chart(release: &ReleaseStatus) -> String {
    let version = release.version.as_deref().unwrap_or("?");
    match &release.values_path {
        Some(path) => format!(
            "{} in {} {version}\n({path})",
            release.component, release.chart
        ),
        None => format!("{} {version}", release.component),
    }
}

/// How task pods get the certificates, and the queues that do not.
fn task_pods(release: &ReleaseStatus) -> String {
    let strategy = match release.task_pods {
        Some(strategy) => word_of_task_pods(strategy),
        None if release.queues.is_empty() => return "-".to_owned(),
        // How is in the values, which may not be read.
        None => "arrives",
    };
    let without = |one: &&Queue| !one.gaps.is_empty();
    let missing: Vec<&str> = release
        .queues
        .iter()
        .filter(without)
        .map(|one| one.name.as_deref().unwrap_or("all"))
        .collect();
    if missing.is_empty() || release.task_pods == Some(Strategy::Off) {
        return strategy.to_owned();
    }
    let missing = format!("not {}", fit::listed(&missing));
    format!("{strategy}\n{}", style(missing).yellow())
}

fn mark(agreement: &Agreement) -> String {
    match agreement {
        Agreement::Same => style("✓").green().to_string(),
        Agreement::Differs => style("✗").red().to_string(),
        Agreement::Unknown(_) => style("?").yellow().to_string(),
        Agreement::Nothing => style("-").dim().to_string(),
    }
}

/// The last line: how things stand.
fn sum(status: &Status) -> String {
    if status.releases.is_empty() {
        let where_to = match status.clusters.as_slice() {
            [only] => only.address.to_string(),
            all => format!("{} clusters", all.len()),
        };
        return format!(
            "no release of ClearML's charts was found on {where_to}; -A looks in all namespaces"
        );
    }
    let releases = counted(status.releases.len(), "release");
    let errors = status
        .all_findings()
        .filter(|one| one.severity == Severity::Error)
        .count();
    let is_silent = status.clusters.iter().any(|one| one.error.is_some());
    if errors > 0 || is_silent || status.is_ending() {
        let cross = style("✗").red();
        let what = match errors {
            0 if is_silent => "not every cluster answered".to_owned(),
            0 => "a certificate ends soon".to_owned(),
            some => counted(some, "error"),
        };
        return format!("{cross} {releases}: {what}");
    }
    let certificates = status.releases.iter().flat_map(|one| &one.certificates);
    let own = certificates
        .map(|one| &one.certificate)
        .filter(|one| !mozilla::is_public_root(one.fingerprint));
    let first = own.min_by_key(|one| one.not_after);
    let ends = first.map_or_else(String::new, |first| ending(first, status.now));
    let is_known = |one: &ReleaseStatus| {
        let all = [&one.file, &one.live, &one.pods, &one.given];
        !all.iter().any(|one| matches!(one, Agreement::Unknown(_)))
    };
    if status.releases.iter().all(is_known) {
        format!("{} {releases} in step{ends}", style("✓").green())
    } else {
        let doubt = "in step as far as can be seen";
        format!("{} {releases} {doubt}{ends}", style("-").yellow())
    }
}

fn ending(certificate: &Certificate, now: OffsetDateTime) -> String {
    let days = (certificate.not_after - now).whole_days();
    let name = printable(name(certificate));
    format!("; {name} is the first to end, in {days} days")
}
