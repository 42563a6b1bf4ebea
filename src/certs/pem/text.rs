//! Bytes to text: byte order marks, UTF-16 (what Windows' redirection writes), and comments in any other encoding.

use std::borrow::Cow;

use super::Problem;

/// The input as text with LF line breaks, without its byte order mark.
///
/// # Errors
/// The bytes are no text.
pub(super) fn decode(input: &[u8]) -> Result<Cow<'_, str>, Problem> {
    let text = match input {
        [0xFF, 0xFE, rest @ ..] if !rest.is_empty() => utf16(rest, u16::from_le_bytes)?.into(),
        [0xFE, 0xFF, rest @ ..] if !rest.is_empty() => utf16(rest, u16::from_be_bytes)?.into(),
        [0xEF, 0xBB, 0xBF, rest @ ..] => utf8(rest)?,
        all => utf8(all)?,
    };
    // Classic Mac OS ended lines with a lone CR.
    if !text.contains('\n') && text.contains('\r') {
        return Ok(text.replace('\r', "\n").into());
    }
    Ok(text)
}

/// Text around blocks may be in any encoding; the blocks are ASCII in all of them.
fn utf8(input: &[u8]) -> Result<Cow<'_, str>, Problem> {
    match std::str::from_utf8(input) {
        Ok(text) => Ok(Cow::Borrowed(text)),
        Err(_) if input.contains(&0) => Err(Problem::Binary),
        Err(_) => Ok(String::from_utf8_lossy(input)),
    }
}

fn utf16(input: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, Problem> {
    let (pairs, rest) = input.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(Problem::Binary);
    }
    let units: Vec<u16> = pairs.iter().map(|pair| unit(*pair)).collect();
    String::from_utf16(&units).map_err(|_| Problem::Binary)
}
