//! How long to wait, in the words of Helm's own `--timeout`.

use std::str::FromStr;
use std::time::Duration;

/// A duration as Go writes it: `5m0s`, `90s`, `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience(pub Duration);

/// Helm's own.
impl Default for Patience {
    fn default() -> Self {
        Self(Duration::from_secs(300))
    }
}

impl FromStr for Patience {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{word} is no duration: write 5m0s, 90s or 1h");
        let mut total = 0_u64;
        let mut rest = word;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
            let (number, after) = rest.split_at(digits);
            let number: u64 = number.parse().map_err(|_| wrong())?;
            let unit = after.chars().next().ok_or_else(wrong)?;
            let seconds = match unit {
                'h' => 3600,
                'm' => 60,
                's' => 1,
                _ => return Err(wrong()),
            };
            let more = number.checked_mul(seconds).ok_or_else(wrong)?;
            total = total.checked_add(more).ok_or_else(wrong)?;
            rest = after.get(1..).unwrap_or_default();
        }
        // What the API server takes as the deadline of a pod is bounded too.
        if total == 0 || total > u64::from(u32::MAX) / 2 {
            return Err(wrong());
        }
        Ok(Self(Duration::from_secs(total)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_those_of_helm() {
        let seconds = |word: &str| word.parse::<Patience>().map(|one| one.0.as_secs());
        for (word, expected) in [("5m0s", 300), ("90s", 90), ("1h", 3600), ("1h1m1s", 3661)] {
            assert_eq!(seconds(word), Ok(expected));
        }
        for word in [
            "",
            "5",
            "m",
            "5x",
            "0s",
            "-5s",
            "5ms",
            "99999999999999999999s",
            "9999999999h",
            "5ü",
        ] {
            assert!(seconds(word).is_err(), "{word}");
        }
    }
}
