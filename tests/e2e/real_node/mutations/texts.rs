//! PEM texts, damaged in each way that readers of bundles tell apart.

use super::Mutation;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(super) const ALL: &[Mutation] = &[
    ("lines of Windows", |case| {
        case.text(|pem| pem.replace('\n', "\r\n"));
    }),
    ("text around it", |case| {
        case.text(|pem| format!("subject=CN = Acme Root\n\n{pem}\nissuer: the same\n"));
    }),
    ("a mark of the byte order", |case| {
        case.text(|pem| format!("\u{feff}{pem}"));
    }),
    ("indented", |case| {
        case.text(|pem| lines(pem, |_, line| format!("  {line}")));
    }),
    ("blanks at the ends of lines", |case| {
        case.text(|pem| lines(pem, |_, line| format!("{line}  ")));
    }),
    ("an empty line inside", |case| {
        case.text(|pem| {
            lines(pem, |index, line| {
                if index == 3 {
                    format!("\n{line}")
                } else {
                    line.into()
                }
            })
        });
    }),
    ("two empty lines inside", |case| {
        case.text(|pem| {
            lines(pem, |index, line| {
                if index == 3 {
                    format!("\n\n{line}")
                } else {
                    line.into()
                }
            })
        });
    }),
    // Where another file comes behind it, it is that one's certificate that is swallowed.
    ("no END, and nothing behind it", |case| {
        let own = case.carrier()["metadata"]["name"].clone();
        if case.volume()["projected"].is_object() {
            case.sources().retain(|one| one["configMap"]["name"] == own);
        }
        case.text(|pem| pem.replace("-----END CERTIFICATE-----\n", ""));
    }),
    ("no BEGIN", |case| {
        case.text(|pem| pem.replace("-----BEGIN CERTIFICATE-----\n", ""));
    }),
    ("a line of it lost", |case| {
        case.text(|pem| {
            let mut all: Vec<&str> = pem.lines().collect();
            all.remove(4);
            all.join("\n")
        });
    }),
    ("a character that is none of base64", |case| {
        case.text(|pem| {
            lines(pem, |index, line| {
                if index == 3 {
                    line.replacen(|c: char| c.is_ascii_alphanumeric(), "*", 1)
                } else {
                    line.into()
                }
            })
        });
    }),
    ("cut in half", |case| {
        case.text(|pem| pem[..pem.len() / 2].to_owned());
    }),
    ("in one line of base64", |case| {
        case.text(|pem| body(pem, &inner(pem)));
    }),
    ("in lines of 76", |case| {
        case.text(|pem| {
            let inner = inner(pem);
            let pieces: Vec<&str> = inner
                .as_bytes()
                .chunks(76)
                .map(|piece| std::str::from_utf8(piece).unwrap())
                .collect();
            body(pem, &pieces.join("\n"))
        });
    }),
    ("line ends written out", |case| {
        case.text(|pem| pem.replace('\n', "\\n"));
    }),
    ("BEGIN in small letters", |case| {
        case.text(|pem| pem.replace("BEGIN CERTIFICATE", "begin certificate"));
    }),
    ("an old label", |case| {
        case.text(|pem| pem.replace("CERTIFICATE-----", "X509 CERTIFICATE-----"));
    }),
    ("a trusted certificate", |case| {
        case.text(|pem| pem.replace("CERTIFICATE-----", "TRUSTED CERTIFICATE-----"));
    }),
    ("a label of something else", |case| {
        case.text(|pem| pem.replace("CERTIFICATE-----", "CERTIFICATE REQUEST-----"));
    }),
    ("END of another kind", |case| {
        case.text(|pem| pem.replace("END CERTIFICATE", "END X509 CERTIFICATE"));
    }),
    ("DER", |case| case.text(inner)),
    ("twice", |case| case.text(|pem| format!("{pem}{pem}"))),
    ("glued to itself", |case| {
        case.text(|pem| format!("{}{pem}", pem.trim_end()));
    }),
    ("a key behind it", |case| {
        case.text(|pem| format!("{pem}{}", crate::support::certificates::private_key()));
    }),
    ("something that is no certificate behind it", |case| {
        case.text(|pem| {
            format!(
                "{pem}{}",
                body(pem, &STANDARD.encode("no certificate at all"))
            )
        });
    }),
    ("nothing", |case| case.text(|_| String::new())),
];

fn lines(pem: &str, change: impl Fn(usize, &str) -> String) -> String {
    pem.lines()
        .enumerate()
        .map(|(index, line)| change(index, line) + "\n")
        .collect()
}

/// The base64 between BEGIN and END.
fn inner(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with('-')).collect()
}

fn body(pem: &str, base64: &str) -> String {
    let all: Vec<&str> = pem.lines().collect();
    format!("{}\n{base64}\n{}\n", all[0], all[all.len() - 1])
}
