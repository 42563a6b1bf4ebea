//! Plain scalars as Helm reads them: by YAML 1.1, where ours go by 1.2.

use serde_yaml::Value;

/// Whether Helm makes `deployed` of what a values file says, be it that we read another type there.
///
/// Quotes are not seen here: a quoted `"yes"` counts as the plain one.
#[must_use]
pub fn is_read_as(in_file: &Value, deployed: &Value) -> bool {
    match (in_file, deployed) {
        (Value::String(text), Value::Bool(deployed)) => boolean(text) == Some(*deployed),
        (Value::String(text), Value::Number(deployed)) => number(text) == deployed.as_f64(),
        (Value::Number(one), Value::Number(deployed)) => one.as_f64() == deployed.as_f64(),
        _ => in_file == deployed,
    }
}

/// Whether a switch is on, as a template sees it that says `if`: a text is, whatever it says. But `no` and the like, which YAML 1.1
/// has for truth values, stand in files without quotes.
#[must_use]
pub fn is_on(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(yes) => *yes,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => {
            let is_quoted = text.eq_ignore_ascii_case("false");
            let word = boolean(text).filter(|_| !is_quoted);
            word.unwrap_or(!text.is_empty())
        }
        Value::Sequence(items) => !items.is_empty(),
        Value::Mapping(mapping) => !mapping.is_empty(),
        Value::Tagged(tagged) => is_on(&tagged.value),
    }
}

/// What Helm makes of a scalar as it is written where that is no text: the words for it. A date is a text to Helm.
#[must_use]
pub fn kind_of(written: &str) -> Option<&'static str> {
    match written {
        "" | "~" | "null" | "Null" | "NULL" => Some("nothing"),
        _ if boolean(written).is_some() => Some("a truth value"),
        _ if number(written).is_some() => Some("a number"),
        _ => None,
    }
}

/// <https://yaml.org/type/bool.html>
fn boolean(text: &str) -> Option<bool> {
    let is_cased = |word: &str| {
        let mut chars = word.chars();
        let first = chars.next().map(|first| first.to_ascii_uppercase());
        let title: String = first.into_iter().chain(chars).collect();
        [word.to_owned(), title, word.to_ascii_uppercase()].contains(&text.to_owned())
    };
    let any = |words: [&str; 4]| words.into_iter().any(is_cased);
    match () {
        () if any(["y", "yes", "true", "on"]) => Some(true),
        () if any(["n", "no", "false", "off"]) => Some(false),
        () => None,
    }
}

/// <https://yaml.org/type/int.html> and float: octal with a leading zero, underscores between digits.
fn number(text: &str) -> Option<f64> {
    let plain = text.replace('_', "");
    let (sign, digits) = match plain.strip_prefix('-') {
        Some(digits) => (-1.0, digits),
        None => (1.0, plain.trim_start_matches('+')),
    };
    let whole = |radix: u32, digits: &str| {
        let mut digits = digits.chars();
        let first = f64::from(digits.next()?.to_digit(radix)?);
        digits.try_fold(first, |whole, digit| {
            Some(whole * f64::from(radix) + f64::from(digit.to_digit(radix)?))
        })
    };
    // What Rust calls a number beside these: `inf` and `nan`, which are words here.
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let octal = digits
        .strip_prefix("0o")
        .or_else(|| digits.strip_prefix('0'));
    let value = octal
        .and_then(|digits| whole(8, digits))
        .or_else(|| whole(2, digits.strip_prefix("0b")?))
        .or_else(|| whole(16, digits.strip_prefix("0x")?))
        .or_else(|| digits.parse().ok().filter(|_| is_decimal))?;
    Some(sign * value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_text_is_told() {
        for (written, kind) in [
            ("20240101", Some("a number")),
            ("1e3", Some("a number")),
            ("0x10", Some("a number")),
            ("on", Some("a truth value")),
            ("2024-01-01", None),
            ("0x1FFFFFFFFF", Some("a number")),
            ("inf", None),
            ("nan", None),
            ("~", Some("nothing")),
            ("\"2024\"", None),
            ("2024a", None),
            ("corp-root", None),
        ] {
            assert_eq!(kind_of(written), kind, "{written}");
        }
    }

    #[test]
    fn a_switch_is_on_as_templates_see_it() {
        let is_on = |text: &str| is_on(&serde_yaml::from_str(text).unwrap());
        for text in [
            "true", "yes", "On", "y", "1", "text", "'false'", "[0]", "{a: b}",
        ] {
            assert!(is_on(text), "{text}");
        }
        for text in ["false", "no", "Off", "n", "0", "''", "~", "[]", "{}"] {
            assert!(!is_on(text), "{text}");
        }
    }

    #[test]
    fn a_plain_scalar_is_what_helm_makes_of_it() {
        for (text, deployed) in [
            ("yes", "true"),
            ("Off", "false"),
            ("'0644'", "420"),
            ("1.0", "1"),
            ("'1_000'", "1000"),
            ("1e3", "1000"),
        ] {
            let [text, deployed] = [text, deployed].map(|one| serde_yaml::from_str(one).unwrap());
            assert!(is_read_as(&text, &deployed), "{text:?} {deployed:?}");
        }
        for (text, deployed) in [("yess", "true"), ("'0999'", "420"), ("a", "b"), ("2", "1")] {
            let [text, deployed] = [text, deployed].map(|one| serde_yaml::from_str(one).unwrap());
            assert!(!is_read_as(&text, &deployed), "{text:?} {deployed:?}");
        }
    }
}
