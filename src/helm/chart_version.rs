//! Versions and ranges as Helm reads them (`github.com/Masterminds/semver`), which is more than the semver crate takes.

use semver::{Version, VersionReq};

/// A chart's version: one number to three, with or without a `v`.
#[must_use]
pub(super) fn parse(text: &str) -> Option<Version> {
    let text = text.trim_start_matches('v');
    if let Ok(version) = Version::parse(text) {
        return Some(version);
    }
    let end = text.find(['-', '+']).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let missing = match numbers.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => return None,
    };
    Version::parse(&format!("{numbers}{missing}{rest}")).ok()
}

/// A version without the digest that Flux appends to it (`6.14.6+1a2b3c4d5e6f`, and `….2` for the second generation of an object
/// that names values files of the chart): no registry knows that one.
#[must_use]
pub(super) fn without_digest(version: &str) -> &str {
    let is_digest = |text: &str| text.len() == 12 && text.bytes().all(|b| b.is_ascii_hexdigit());
    let is_generation = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    match version.split_once('+') {
        Some((before, build)) => match build.split_once('.') {
            None if is_digest(build) => before,
            Some((digest, generation)) if is_digest(digest) && is_generation(generation) => before,
            _ => version,
        },
        None => version,
    }
}

/// Whether `version` is what was asked for; build metadata does not count. A range that cannot be read is left to Helm.
#[must_use]
pub(super) fn satisfies(version: &Version, wanted: &str) -> bool {
    ranges(wanted).is_none_or(|ranges| ranges.iter().any(|one| one.matches(version)))
}

/// The alternatives of a range, such as `>=6.10 <6.14 || 7.x`; `None` where it cannot be read.
#[must_use]
pub fn ranges(text: &str) -> Option<Vec<VersionReq>> {
    text.split("||").map(range).collect()
}

/// Comparators are separated by blanks or commas, with or without a blank after the operator; the crate wants commas. A version
/// with parts missing means all that begin so, where the crate goes up to the next major one.
fn range(text: &str) -> Option<VersionReq> {
    let is_operator = |c: char| "=!<>~^".contains(c);
    let mut comparators: Vec<String> = Vec::new();
    let mut operator = String::new();
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        let version = word.trim_start_matches(is_operator);
        operator.push_str(word.get(..word.len() - version.len())?);
        if version.is_empty() {
            continue;
        }
        let version = version.trim_start_matches('v');
        let is_whole = parse(version).is_some() && version.split('.').count() >= 3;
        let operator = match std::mem::take(&mut operator).as_str() {
            "" if is_whole => "=".to_owned(),
            "" if version.contains(['*', 'x', 'X']) => String::new(),
            "" | "~>" => "~".to_owned(),
            "=>" => ">=".to_owned(),
            "=<" => "<=".to_owned(),
            other => other.to_owned(),
        };
        // Build metadata has no place in a comparison.
        let version = version.split('+').next()?;
        comparators.push(format!("{operator}{version}"));
    }
    VersionReq::parse(&comparators.join(",")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_may_leave_parts_of_its_version_out() {
        for (text, version) in [
            ("6.14.6", "6.14.6"),
            ("v6.14.6", "6.14.6"),
            ("6.14", "6.14.0"),
            ("7", "7.0.0"),
            ("6.14-rc.1+acme.1", "6.14.0-rc.1+acme.1"),
        ] {
            assert_eq!(parse(text).unwrap().to_string(), version);
        }
        for text in ["", "latest", "6.x", "6.14.6.1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn ranges_are_helms() {
        for (version, wanted, is_met) in [
            ("6.9.3", "6.9.3", true),
            ("6.9.3", "v6.9.3", true),
            ("6.9.3", "6.9", true),
            ("6.14.6", "6.9", false),
            ("6.14.6", "^6.9", true),
            ("6.14.6", "6", true),
            ("6.14.6", "6.x", true),
            ("7.0.0", "6.x || 7", true),
            ("6.14.6", ">=6.10 <6.14", false),
            ("6.13.9", ">=6.10 <6.14", true),
            ("6.13.9", ">= 6.10, < 6.14", true),
            ("6.14.6", "=>6.14.0", true),
            ("6.14.6", "~>6.14.1", true),
            ("6.14.6+acme.1", "6.14.6", true),
            ("6.14.6+acme.1", "6.14.6+acme.2", true),
            ("6.14.7", "6.14.6", false),
            ("6.14.6", "*", true),
            // Helm's to judge.
            ("6.14.6", "latest", true),
            ("6.14.6", "1.0 - 2.0", true),
        ] {
            let version = Version::parse(version).unwrap();
            assert_eq!(satisfies(&version, wanted), is_met, "{version} {wanted}");
        }
    }

    #[test]
    fn fluxs_digest_is_no_part_of_a_version() {
        assert_eq!(without_digest("6.14.6+1a2b3c4d5e6f"), "6.14.6");
        assert_eq!(without_digest("6.14.6+1a2b3c4d5e6f.2"), "6.14.6");
        for version in [
            "6.14.6",
            "6.14.6+acme.1",
            "6.14.6+624",
            "6.14.6+1a2b3c4d5e6f.x",
        ] {
            assert_eq!(without_digest(version), version);
        }
    }
}
