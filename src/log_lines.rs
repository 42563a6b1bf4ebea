//! What helm and kubectl write for those who wrote them, told as a message: the headers of their loggers name a file of theirs and
//! a line in it, and one failure is often logged again and again.
//!
//! The forms are those of klog (`E1129 09:56:48.920587   21982 memcache.go:265] …`), of Go's log package
//! (`2026/11/29 09:57:18 …`), of its slog (`level=WARN msg="…"`), and of Helm 3's `--debug` (`upgrade.go:142: … [debug] …`).

/// A line of a log.
struct Logged {
    level: Level,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    Detail,
    Warning,
    Error,
}

/// `text` without the forms of logs: details are left out, warnings are called so, and what is said twice is said once. Where an error
/// is said plainly as well, as programs do at their end, what was logged of it before is left out.
#[must_use]
pub fn told(text: &str) -> String {
    let lines: Vec<(Option<Level>, String)> = text
        .lines()
        .map(|line| match logged(line) {
            Some(Logged { level, text }) => (Some(level), text),
            None => (None, line.trim_end().to_owned()),
        })
        .collect();
    let is_said = lines
        .iter()
        .any(|(level, text)| level.is_none() && !text.trim().is_empty());
    let mut told: Vec<String> = Vec::new();
    for (level, text) in lines {
        let line = match level {
            Some(Level::Detail) => continue,
            Some(Level::Error) if is_said => continue,
            Some(Level::Warning) => format!("warning: {text}"),
            Some(Level::Error) | None => text,
        };
        // Lines that repeat are a manifest's, if no logger wrote them.
        if level.is_none() || !told.contains(&line) {
            told.push(line);
        }
    }
    told.join("\n")
}

fn logged(line: &str) -> Option<Logged> {
    klog(line)
        .or_else(|| structured(line))
        .or_else(|| debugged(line))
        .or_else(|| dated(line))
}

fn klog(line: &str) -> Option<Logged> {
    let level = match line.chars().next()? {
        'I' => Level::Detail,
        'W' => Level::Warning,
        'E' | 'F' => Level::Error,
        _ => return None,
    };
    let (header, text) = line.get(1..)?.split_once("] ")?;
    let mut words = header.split_whitespace();
    let is_date = |word: &str| word.len() == 4 && word.bytes().all(|one| one.is_ascii_digit());
    let is_time = |word: &str| word.split(':').count() == 3;
    let is_header = words.next().is_some_and(is_date) && words.next().is_some_and(is_time);
    is_header.then(|| Logged {
        level,
        text: match text.split_once(" err=") {
            Some((_, error)) => unquoted(error),
            None => text.to_owned(),
        },
    })
}

/// `time=… level=WARN msg="…" chart=…`
fn structured(line: &str) -> Option<Logged> {
    let rest = match line.strip_prefix("time=") {
        Some(rest) => rest.split_once(' ')?.1,
        None => line,
    };
    let (level, rest) = rest.strip_prefix("level=")?.split_once(" msg=")?;
    let level = match level {
        "DEBUG" | "INFO" => Level::Detail,
        "WARN" => Level::Warning,
        _ => Level::Error,
    };
    let (message, more) = split_quoted(rest);
    let text = format!("{} {more}", unquoted(message));
    Some(Logged {
        level,
        text: text.trim_end().to_owned(),
    })
}

/// `upgrade.go:142: 2026-11-29 09:57:18.1 +0000 UTC m=+0.05 [debug] …`
fn debugged(line: &str) -> Option<Logged> {
    let (file, rest) = line.split_once(": ")?;
    let is_place = file.split_once(".go:").is_some_and(|(name, number)| {
        !name.contains(' ') && number.bytes().all(|one| one.is_ascii_digit())
    });
    let (_, text) = rest.split_once("[debug] ").filter(|_| is_place)?;
    Some(Logged {
        level: Level::Detail,
        text: text.to_owned(),
    })
}

/// `2026/11/29 09:57:18 …`
fn dated(line: &str) -> Option<Logged> {
    let has_form = |text: &str, form: &str| {
        text.len() == form.len()
            && text
                .bytes()
                .zip(form.bytes())
                .all(|(one, form)| match form {
                    b'9' => one.is_ascii_digit(),
                    form => one == form,
                })
    };
    let date = line.get(..10).filter(|text| has_form(text, "9999/99/99"));
    let time = line.get(11..19).filter(|text| has_form(text, "99:99:99"));
    let text = line.get(20..).filter(|text| !text.is_empty())?;
    date.and(time)?;
    let (level, text) = match text.split_once(": ") {
        Some((word, rest)) if word.eq_ignore_ascii_case("warning") => (Level::Warning, rest),
        _ => (Level::Warning, text),
    };
    Some(Logged {
        level,
        text: text.to_owned(),
    })
}

/// A quoted beginning and what follows it; without quotes, the first word and the rest.
fn split_quoted(text: &str) -> (&str, &str) {
    let Some(inner) = text.strip_prefix('"') else {
        return text.split_once(' ').unwrap_or((text, ""));
    };
    let mut escaped = false;
    for (index, byte) in inner.bytes().enumerate() {
        match byte {
            b'\\' => escaped = !escaped,
            b'"' if !escaped => {
                let end = index + 2;
                return (
                    text.get(..end).unwrap_or(text),
                    text.get(end..).unwrap_or_default().trim_start(),
                );
            }
            _ => escaped = false,
        }
    }
    (text, "")
}

/// A text without Go's quotes around it.
fn unquoted(text: &str) -> String {
    let inner = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'));
    match inner {
        Some(inner) => inner.replace("\\\"", "\"").replace("\\n", "\n"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn a_failure_that_kubectl_logs_and_says_is_said_once() {
        let stderr = "\
E1129 09:56:48.920587   21982 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server API group list: Get \\\"http://localhost:8080/api?timeout=32s\\\": dial tcp 127.0.0.1:8080: connect: connection refused\"
E1129 09:56:48.922156   21982 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server API group list: Get \\\"http://localhost:8080/api?timeout=32s\\\": dial tcp 127.0.0.1:8080: connect: connection refused\"
The connection to the server localhost:8080 was refused - did you specify the right host or port?";
        assert_eq!(
            told(stderr),
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?"
        );
        let alone: Vec<&str> = stderr.lines().take(2).collect();
        assert_eq!(
            told(&alone.join("\n")),
            "couldn't get current server API group list: Get \"http://localhost:8080/api?timeout=32s\": dial tcp 127.0.0.1:8080: connect: connection refused"
        );
    }

    #[test]
    fn warnings_stay_and_are_called_so() {
        for line in [
            "W1129 09:56:48.920587   21982 warnings.go:70] policy/v1beta1 is deprecated",
            "level=WARN msg=\"policy/v1beta1 is deprecated\"",
            "time=2026-11-29T09:57:18.1Z level=WARN msg=\"policy/v1beta1 is deprecated\"",
            "2026/11/29 09:57:18 policy/v1beta1 is deprecated",
            "2026/11/29 09:57:18 warning: policy/v1beta1 is deprecated",
        ] {
            assert_eq!(
                told(line),
                "warning: policy/v1beta1 is deprecated",
                "{line}"
            );
            assert_eq!(told(&format!("{line}\n{line}")), told(line));
            assert_eq!(
                told(&format!("{line}\nError: no")),
                format!("{}\nError: no", told(line))
            );
        }
        let said = "level=WARN msg=\"a \\\"b\\\" c\" chart=x error=\"d e\"";
        assert_eq!(told(said), "warning: a \"b\" c chart=x error=\"d e\"");
    }

    #[test]
    fn what_is_only_for_those_who_debug_helm_goes() {
        let lines = "\
I1129 09:56:48.920587   21982 request.go:700] Waited for 1.1s
level=DEBUG msg=\"getting history\" release=a
upgrade.go:142: 2026-11-29 09:57:18.1 +0000 UTC m=+0.05 [debug] preparing upgrade for a";
        assert_eq!(told(lines), "");
    }

    #[test]
    fn everything_else_is_left_as_it_is() {
        for text in [
            "",
            "Error: INSTALLATION FAILED: cannot re-use a name",
            "E is a letter] and no log",
            "Internal error occurred: failed calling webhook \"a.b\": x] y",
            "level= msg",
            "2026/11/29 is a day",
            "a\na\n  b",
        ] {
            assert_eq!(told(text), text);
        }
    }
}
