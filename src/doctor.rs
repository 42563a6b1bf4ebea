//! What `doctor` finds: one line each, and what to do about a red one. Pure; `commands/doctor.rs` asks the world.

use semver::Version;
use time::{Date, Month, OffsetDateTime, Time};

use crate::helm::OLDEST;

/// How a thing stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Fine,
    /// Worth knowing, or it could not be looked at.
    Unsure,
    /// It stands in the way; what to do.
    Wrong(String),
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What it is: a word.
    pub what: &'static str,
    /// How it stands.
    pub state: State,
    /// What was seen.
    pub seen: String,
}

impl Check {
    /// As it should be.
    pub fn fine(what: &'static str, seen: impl Into<String>) -> Self {
        Self::new(what, State::Fine, seen)
    }

    /// Worth knowing.
    pub fn unsure(what: &'static str, seen: impl Into<String>) -> Self {
        Self::new(what, State::Unsure, seen)
    }

    /// In the way.
    pub fn wrong(what: &'static str, seen: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::new(what, State::Wrong(remedy.into()), seen)
    }

    fn new(what: &'static str, state: State, seen: impl Into<String>) -> Self {
        Self {
            what,
            state,
            seen: seen.into(),
        }
    }

    /// Whether it stands in the way.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        matches!(self.state, State::Wrong(_))
    }
}

/// What it all comes to.
#[must_use]
pub fn last_line(checks: &[Check]) -> String {
    let mut wrong: Vec<&str> = Vec::new();
    for check in checks.iter().filter(|check| check.is_wrong()) {
        if !wrong.contains(&check.what) {
            wrong.push(check.what);
        }
    }
    let count = checks.iter().filter(|check| check.is_wrong()).count();
    let unsure = checks.iter().any(|check| check.state == State::Unsure);
    match (count, unsure) {
        (0, false) => "Nothing is in the way.".to_owned(),
        (0, true) => "Nothing that could be looked at is in the way.".to_owned(),
        (1, _) => format!("1 thing is in the way: {}.", wrong.join(", ")),
        (n, _) => format!("{n} things are in the way: {}.", wrong.join(", ")),
    }
}

/// Names that a line has room for.
const SHOWN: usize = 5;

/// A few names, and how many more there are.
#[must_use]
pub fn few(names: &[String]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(String::as_str).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

/// Helm's version.
#[must_use]
pub fn helm(version: &Version, program: &str) -> Check {
    let seen = format!("Helm {version}, {program}");
    if *version < OLDEST {
        let remedy = format!("install Helm {OLDEST} or newer, or name one with HELM_BIN");
        return Check::wrong("helm", seen, remedy);
    }
    Check::fine("helm", seen)
}

/// Seconds by which a clock may be off: certificates count in seconds, but are rarely made and used in the same minute.
const TOLERANCE: i64 = 60;

/// This machine's clock beside the cluster's.
#[must_use]
pub fn clock(here: OffsetDateTime, there: OffsetDateTime) -> Check {
    let ahead = (here - there).whole_seconds();
    if ahead.abs() <= TOLERANCE {
        return Check::fine("clock", "within a minute of the cluster's");
    }
    let (length, direction) = match ahead {
        ahead if ahead > 0 => (ahead, "ahead of"),
        behind => (-behind, "behind"),
    };
    let length = match length {
        seconds if seconds < 2 * 3600 => format!("{} minutes", seconds / 60),
        seconds if seconds < 2 * 86_400 => format!("{} hours", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    };
    Check::wrong(
        "clock",
        format!("this machine is {length} {direction} the cluster"),
        "set it by NTP (timedatectl set-ntp true): validity dates are judged by it, here and in the pods",
    )
}

/// The time that an API server's answer carries, from what `kubectl -v=8` tells: `Date: Wed, 25 Nov 2026 11:12:04 GMT`
/// (RFC 9110, 5.6.7).
#[must_use]
pub fn date_header(trace: &str) -> Option<OffsetDateTime> {
    let text = trace.split("Date: ").nth(1)?;
    let mut words = text.split_whitespace().skip(1);
    let day: u8 = words.next()?.parse().ok()?;
    let month = month(words.next()?)?;
    let year: i32 = words.next()?.parse().ok()?;
    let mut time = words.next()?.split(':').map(str::parse::<u8>);
    let mut next = || time.next()?.ok();
    let time = Time::from_hms(next()?, next()?, next()?).ok()?;
    let date = Date::from_calendar_date(year, month, day).ok()?;
    Some(OffsetDateTime::new_utc(date, time))
}

fn month(name: &str) -> Option<Month> {
    let names = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let index = names.iter().position(|one| *one == name)?;
    u8::try_from(index + 1).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn the_last_line_names_what_is_in_the_way() {
        let (fine, unsure) = (Check::fine("helm", ""), Check::unsure("clock", ""));
        let wrong = |what| Check::wrong(what, "", "");
        let line = |checks: &[&Check]| {
            let checks: Vec<Check> = checks.iter().map(|one| (*one).clone()).collect();
            last_line(&checks)
        };
        assert_eq!(line(&[&fine]), "Nothing is in the way.");
        assert!(line(&[&fine, &unsure]).starts_with("Nothing that could be looked at"));
        assert_eq!(
            line(&[&fine, &wrong("chart")]),
            "1 thing is in the way: chart."
        );
        assert_eq!(
            line(&[&wrong("file"), &wrong("chart"), &unsure, &wrong("file")]),
            "3 things are in the way: file, chart."
        );
    }

    #[test]
    fn an_old_helm_is_told_what_to_do() {
        assert!(!helm(&Version::new(4, 3, 1), "/usr/bin/helm").is_wrong());
        let old = helm(&Version::new(3, 9, 0), "/usr/bin/helm");
        assert_eq!(old.seen, "Helm 3.9.0, /usr/bin/helm");
        assert!(old.is_wrong());
    }

    #[test]
    fn a_clock_that_is_off_is_told_by_how_much() {
        let there = datetime!(2026-11-25 12:00 UTC);
        assert!(!clock(there + time::Duration::seconds(59), there).is_wrong());
        let seen = |here| clock(here, there).seen;
        assert_eq!(
            seen(datetime!(2026-11-25 12:10 UTC)),
            "this machine is 10 minutes ahead of the cluster"
        );
        assert_eq!(
            seen(datetime!(2026-11-25 09:00 UTC)),
            "this machine is 3 hours behind the cluster"
        );
        assert_eq!(
            seen(datetime!(2026-12-25 12:00 UTC)),
            "this machine is 30 days ahead of the cluster"
        );
    }

    #[test]
    fn the_clusters_time_is_read_from_its_answer() {
        let trace =
            "I1125 round_trippers.go:587]     Date: Wed, 25 Nov 2026 11:12:04 GMT\nI1125 more";
        assert_eq!(date_header(trace), Some(datetime!(2026-11-25 11:12:04 UTC)));
        for wrong in [
            "",
            "Date: ",
            "Date: Wed, 25 Brumaire 2026 11:12:04 GMT",
            "Date: Wed, 99 Nov 2026 11:12:04",
        ] {
            assert_eq!(date_header(wrong), None, "{wrong}");
        }
    }
}
