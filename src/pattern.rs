//! Patterns for names.

/// Whether a text fits a pattern with `*` and `?`.
#[must_use]
pub fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    // Which beginnings of the text fit the pattern so far.
    let mut reached = vec![false; text.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for one in pattern {
        let mut next = Vec::with_capacity(reached.len());
        let mut any_before = false;
        for (at, here) in reached.iter().enumerate() {
            any_before |= here;
            let before = at.checked_sub(1);
            next.push(match one {
                '*' => any_before,
                _ => before.is_some_and(|before| {
                    reached.get(before) == Some(&true)
                        && (one == '?' || text.get(before) == Some(&one))
                }),
            });
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_whole_names() {
        for (pattern, text, is_fit) in [
            ("", "", true),
            ("*", "", true),
            ("Acme*", "Acme Root CA", true),
            ("*Root*", "Acme Root CA", true),
            ("Root", "Acme Root CA", false),
            ("Acme ?oot*CA", "Acme Root CA", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("?", "", false),
        ] {
            assert_eq!(fits(pattern, text), is_fit, "{pattern} {text}");
        }
    }
}
