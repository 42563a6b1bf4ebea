//! Many certificates in few lines: public CAs are counted, and of names that are too long the middle is cut.

use super::fit;
use crate::certs::mozilla;
use crate::certs::summary::Marker;
use crate::report::DiffLine;

/// Fewer than these are shown one by one.
const WORTH_FOLDING: usize = 4;

/// Lines of a difference in which each run of public CAs is one line, and none of a certificate is wider than `width`.
pub(super) fn folded(lines: &[DiffLine], width: Option<usize>) -> Vec<DiffLine> {
    let mut folded = Vec::new();
    let mut rest = lines;
    while let Some(first) = rest.first() {
        let run = rest.iter().take_while(|line| {
            std::mem::discriminant(*line) == std::mem::discriminant(first) && public(line).is_some()
        });
        let run: Vec<Marker<'_>> = run.filter_map(public).collect();
        if run.len() >= WORTH_FOLDING {
            folded.push(first.with(of_many(&run)));
            rest = rest.get(run.len()..).unwrap_or_default();
        } else {
            folded.push(narrowed(first, width));
            rest = rest.get(1..).unwrap_or_default();
        }
    }
    folded
}

/// A line as it is, but for a certificate's that is too wide.
pub(super) fn narrowed(line: &DiffLine, width: Option<usize>) -> DiffLine {
    let (Some(width), Some(marker)) = (width, Marker::read(line.text())) else {
        return line.clone();
    };
    let too_much = console::measure_text_width(&line.to_string()).saturating_sub(width);
    if too_much == 0 {
        return line.clone();
    }
    let room = console::measure_text_width(marker.name).saturating_sub(too_much);
    line.with(marker.named(&fit::middle(marker.name, room.max(8))))
}

fn public(line: &DiffLine) -> Option<Marker<'_>> {
    let marker = Marker::read(line.text())?;
    mozilla::has_root_that_begins(marker.fingerprint).then_some(marker)
}

fn of_many(markers: &[Marker<'_>]) -> String {
    let ends = || markers.iter().map(|one| one.until);
    let before = markers.first().map_or("", |one| one.before);
    format!(
        "{before}<{} public CAs, the first until {}, the last until {}>",
        markers.len(),
        ends().min().unwrap_or_default(),
        ends().max().unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Public roots, as a bundle in a file.
    fn bundle() -> Vec<DiffLine> {
        let text = include_str!("../../tests/support/public-bundle.pem");
        let indented: Vec<String> = text.lines().map(|line| format!("    {line}")).collect();
        let shown = crate::certs::summary::summarised(&indented.join("\n"));
        shown
            .lines()
            .map(|line| DiffLine::Added(line.to_owned()))
            .collect()
    }

    fn shown(lines: &[DiffLine], width: usize) -> Vec<String> {
        let lines = folded(lines, Some(width));
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_run_of_public_cas_is_one_line_and_what_is_private_has_its_own() {
        let all = bundle();
        assert!(all.len() >= WORTH_FOLDING, "{all:?}");
        let own = "    <certificate Acme Root CA, C5:AD:DE:8D:D2:13:96:F1…, until 2046-01-01>";
        let lines = [vec![DiffLine::Added(own.to_owned())], all.clone()].concat();
        let shown_lines = shown(&lines, 80);
        assert_eq!(shown_lines.len(), 2, "{shown_lines:?}");
        assert_eq!(shown_lines[0], format!("+{own}"));
        let start = format!("+    <{} public CAs, the first until ", all.len());
        assert!(shown_lines[1].starts_with(&start), "{shown_lines:?}");
        // What stays is another matter than what comes.
        let mut mixed = all.clone();
        mixed[1] = DiffLine::Same(all[1].text().to_owned());
        assert!(shown(&mixed, 200).len() > 2);
        let few = all.get(..WORTH_FOLDING - 1).unwrap();
        assert_eq!(shown(few, 200).len(), few.len());
    }

    #[test]
    fn a_long_name_gives_its_middle_and_keeps_fingerprint_and_end() {
        let long = "        <certificate Acme Corporation Worldwide Root Certification Authority G2, C5:AD:DE:8D:D2:13:96:F1…, until 2046-01-01>";
        let shown = shown(&[DiffLine::Added(long.to_owned())], 80);
        assert_eq!(console::measure_text_width(&shown[0]), 80, "{shown:?}");
        assert!(shown[0].ends_with(", C5:AD:DE:8D:D2:13:96:F1…, until 2046-01-01>"));
        assert!(
            shown[0].starts_with("+        <certificate Acme C"),
            "{shown:?}"
        );
    }
}
