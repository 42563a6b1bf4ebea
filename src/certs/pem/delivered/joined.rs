//! Texts whose lines YAML has joined into one, or whose line breaks it left as `\n`.

/// What became of a text on its way through YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// What did it, and how the text is to be written.
    pub why: &'static str,
    /// The text with lines again.
    pub mended: String,
}

const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const END: &str = "-----END CERTIFICATE-----";

/// How a text lost its lines; `None` where it did not.
#[must_use]
pub fn joined(text: &str) -> Option<Joined> {
    if text.contains("-----\\n") || text.contains("\\n-----") {
        return Some(Joined {
            why: "its line breaks are written as \\n, which YAML takes as two characters in single quotes and after |: use | and real lines, or double quotes",
            mended: text.replace("\\r", "").replace("\\n", "\n"),
        });
    }
    let on_one_line = |line: &str| line.contains(BEGIN) && line.contains(END);
    text.lines().any(on_one_line).then(|| {
        let apart = text.replace(BEGIN, &format!("\n{BEGIN}\n"));
        let apart = apart.replace(END, &format!("\n{END}\n"));
        let of_block = |line: &str| {
            if line.starts_with("-----") {
                line.to_owned()
            } else {
                line.split_whitespace().collect::<Vec<_>>().join("\n")
            }
        };
        let lines: Vec<String> = apart.lines().map(of_block).collect();
        Joined {
            why: "its lines are joined into one, as YAML does it after > and in quotes that go over several lines: use |",
            mended: lines.join("\n"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certs::pem;

    #[test]
    fn a_text_gets_its_lines_back() {
        let one = crate::certs::self_signed("One").pem();
        let two = crate::certs::self_signed("Two").pem();
        let whole = format!("{one}{two}");
        assert_eq!(joined(&whole), None);
        for mangled in [
            whole.replace('\n', " "),
            whole.trim_end().replace('\n', "\\n"),
            whole.replace('\n', "\\r\\n"),
        ] {
            let mended = joined(&mangled).unwrap().mended;
            let blocks = pem::parse(mended.as_bytes()).unwrap();
            let read: Vec<String> = blocks.iter().map(|one| one.certificate.pem()).collect();
            assert_eq!(read.concat(), whole);
        }
    }
}
