//! The parser's errors, in the words of someone who wants to mend the file.

use granit_parser::{ErrorKind, ScanError};

use super::gap;
use super::{Position, YamlError};

/// What is wrong with `text` where the parser stopped; `limit` is how deep it goes.
pub(super) fn refusal(text: &str, error: &ScanError, limit: usize) -> YamlError {
    let offset = error.marker().byte_offset().unwrap_or(text.len());
    let at = Position::of(text, offset);
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return YamlError::TooDeep { at, limit };
    }
    if let Some(template) = template(text, offset) {
        return YamlError::Template {
            at: Position::of(text, template),
        };
    }
    let (problem, remedy) = explain(error.kind());
    YamlError::Invalid {
        at,
        problem: problem.map_or_else(|| error.info(), str::to_owned),
        remedy,
    }
}

/// The `{{` that is likely behind a syntax error: on its line, or at the start of any line.
fn template(text: &str, error: usize) -> Option<usize> {
    let line_start = gap::line_start(text, error);
    let line = gap::slice(text, line_start, gap::line_end(text, line_start));
    if let Some(at) = ["{{", ": {{", "- {{"].iter().find_map(|sign| match *sign {
        "{{" => line
            .trim_start()
            .starts_with(sign)
            .then(|| line.find(sign))?,
        _ => line.find(sign).map(|at| at + 2),
    }) {
        return Some(line_start + at);
    }
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_start().starts_with("{{") {
            return Some(at + line.len() - line.trim_start().len());
        }
        at += line.len();
    }
    None
}

/// What the parser's words mean to someone who wants to mend the file, and how.
fn explain(kind: &ErrorKind) -> (Option<&'static str>, &'static str) {
    match kind {
        ErrorKind::TabInBlockIndentation
        | ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed => (
            Some("a tab stands where only spaces may indent"),
            "Replace the tabs on this line by spaces",
        ),
        ErrorKind::MappingValueNotAllowed => (
            Some("a second `: ` on one line, or a key indented deeper than its neighbours"),
            "Quote the value if the colon belongs to it, or mend the indentation",
        ),
        ErrorKind::UnclosedQuotedScalar => (
            Some("a quote is opened here and never closed"),
            "Close the quote",
        ),
        ErrorKind::UnknownAnchor => (
            Some("the alias here repeats an anchor that does not exist"),
            "Define the anchor above it, or quote the text if `*` belongs to it",
        ),
        ErrorKind::SimpleKeyExpected | ErrorKind::InvalidSimpleKey => (
            Some("a line that is neither `key: value` nor part of the value above"),
            "Add the missing `:`, or indent the line below its key",
        ),
        ErrorKind::UnclosedFlowCollection { .. }
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::InvalidColonPlacement
        | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            (None, "Check that every bracket and brace is closed")
        }
        ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::InvalidIndentation
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidBlockScalarIndent => {
            (None, "Check the indentation of this line and the one above")
        }
        ErrorKind::UnexpectedCharacter { .. } => {
            (None, "Remove the character, or put the text in quotes")
        }
        _ => (
            None,
            "Mend the line, for example with the help of a YAML linter",
        ),
    }
}
