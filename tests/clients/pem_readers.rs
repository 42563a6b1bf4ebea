//! What is said of a PEM text in a bundle is what the real OpenSSL and the real GnuTLS make of it, in the middle of others
//! and at the end.
//!
//! A reader that is not on this machine shows as an ignored test.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::OnceLock;

use helm_clearml_certs::certs::Fingerprint;
use helm_clearml_certs::certs::pem::delivered::{self, Effect, Reader};
use libtest_mimic::{Failed, Trial};
use openssl::bn::BigNum;

use crate::support::authority::{Issued, authority};
use crate::verdicts_support::clients;

/// The name that the script gives a reader, and ours.
const READERS: [(&str, Reader); 2] = [("openssl", Reader::OpenSsl), ("gnutls", Reader::GnuTls)];

/// What becomes of a certificate whose text lies in a bundle, from good to bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Read,
    LeftOut,
    /// The whole bundle is refused, or the certificates beside this one are lost.
    Poisons,
}

pub(crate) fn trials() -> Vec<Trial> {
    READERS
        .iter()
        .map(|(name, reader)| {
            let test = format!("what_is_said_of_{name}_reading_a_text_is_what_it_does");
            let trial = Trial::test(test, || agrees(name, *reader));
            if answers().contains_key(*name) {
                trial
            } else {
                trial
                    .with_kind(format!("SKIPPED: no {name}"))
                    .with_ignored_flag(true)
            }
        })
        .collect()
}

/// A text, by what was done to a good one.
struct Mutation {
    name: String,
    text: String,
}

struct World {
    ca: Issued,
    beside: [Issued; 2],
    mutations: Vec<Mutation>,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        // Padding makes more mutations.
        let ca = (0..99)
            .map(|index| authority(&format!("Acme Root {index}")).self_signed())
            .find(|one| one.pem().contains("=\n"));
        let ca = ca.unwrap();
        let mutations = mutations(&ca.pem(), &authority("Acme Other").self_signed());
        World {
            beside: ["Before", "After"].map(|name| authority(name).self_signed()),
            ca,
            mutations,
        }
    })
}

fn fingerprint(issued: &Issued) -> Fingerprint {
    Fingerprint::of(&issued.x509.to_der().unwrap())
}

fn agrees(name: &str, reader: Reader) -> Result<(), Failed> {
    let world = world();
    let theirs = answers().get(name).ok_or("this reader is not here")?;
    let mut differences = Vec::new();
    for (mutation, theirs) in world.mutations.iter().zip(theirs) {
        let ours = ours(&mutation.text, reader, fingerprint(&world.ca));
        if ours != *theirs {
            differences.push(format!(
                "{}: it says {theirs:?}, we say {ours:?}",
                mutation.name
            ));
        }
    }
    assert!(world.mutations.len() > 88, "{}", world.mutations.len());
    for fate in [Fate::Read, Fate::LeftOut, Fate::Poisons] {
        let of_it = theirs.iter().filter(|one| **one == fate).count();
        assert!(of_it > 8, "{fate:?} is the fate of {of_it} texts only");
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} differences\n{}",
        differences.len(),
        differences.join("\n")
    )
    .into())
}

fn ours(text: &str, reader: Reader, of: Fingerprint) -> Fate {
    let reading = delivered::read(text);
    let mut left_out = false;
    for harm in &reading.harms {
        match &harm.effect {
            Effect::Poisons(readers) if readers.contains(&reader) => return Fate::Poisons,
            Effect::LeftOut(readers, fingerprint) if readers.contains(&reader) => {
                left_out |= *fingerprint == Some(of);
            }
            _ => {}
        }
    }
    let by_both = reading.fingerprints().any(|one| one == of);
    // Where the other one is poisoned, or passes over it.
    let by_it = reading.harms.iter().any(|harm| match &harm.effect {
        Effect::Poisons(_) => delivered::read_by(text, reader).contains(&of),
        Effect::LeftOut(_, one) => *one == Some(of),
        Effect::PrivateKey => false,
    });
    if !left_out && (by_both || by_it) {
        Fate::Read
    } else {
        Fate::LeftOut
    }
}

/// What each reader makes of each mutation, asked once.
fn answers() -> &'static BTreeMap<String, Vec<Fate>> {
    static ANSWERS: OnceLock<BTreeMap<String, Vec<Fate>>> = OnceLock::new();
    ANSWERS.get_or_init(|| {
        let world = world();
        let [before, after] = [world.beside[0].pem(), world.beside[1].pem()];
        // update-ca-certificates ends each file with a line break: sed '$a\\'
        let ended = |text: &str| match text {
            "" => String::new(),
            text => format!("{}\n", text.strip_suffix('\n').unwrap_or(text)),
        };
        let bundles = world.mutations.iter().flat_map(|one| {
            let text = ended(&one.text);
            [
                format!("{before}{text}{after}"),
                format!("{before}{after}{text}"),
            ]
        });
        let asked = serde_json::json!(bundles.collect::<Vec<_>>());
        let mut python = clients::python("pem_readers.py").spawn().unwrap();
        let mut stdin = python.stdin.take().unwrap();
        stdin.write_all(asked.to_string().as_bytes()).unwrap();
        drop(stdin);
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success());
        let said: BTreeMap<String, Vec<Option<Vec<String>>>> =
            serde_json::from_slice(&output.stdout).unwrap();
        let fates = |answers: Vec<Option<Vec<String>>>| {
            let places = answers.chunks(2);
            places
                .map(|two| two.iter().map(|one| fate(one.as_ref())).max().unwrap())
                .collect()
        };
        said.into_iter()
            .map(|(name, answers)| (name, fates(answers)))
            .collect()
    })
}

fn fate(read: Option<&Vec<String>>) -> Fate {
    let world = world();
    let has = |issued: &Issued| {
        let der = BigNum::from_slice(&issued.x509.to_der().unwrap()).unwrap();
        let hex = der.to_hex_str().unwrap().to_lowercase();
        read.into_iter().flatten().any(|one| *one == hex)
    };
    if !world.beside.iter().all(has) {
        Fate::Poisons
    } else if has(&world.ca) {
        Fate::Read
    } else {
        Fate::LeftOut
    }
}

/// Everything that happens to a PEM on its way through editors, mails, YAML, shells and other programs.
fn mutations(good: &str, other: &Issued) -> Vec<Mutation> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    const END: &str = "-----END CERTIFICATE-----";
    let other_pem = other.pem();
    let lines: Vec<&str> = good.lines().collect();
    let body: Vec<&str> = lines[1..lines.len() - 1].to_vec();
    let dense = body.concat();
    let wrapped = |width: usize| {
        let bytes = dense.as_bytes().chunks(width);
        let lines: Vec<&str> = bytes
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        format!("{BEGIN}\n{}\n{END}\n", lines.join("\n"))
    };
    let block = |label: &str, base64: &str| {
        format!("-----BEGIN {label}-----\n{base64}\n-----END {label}-----\n")
    };
    let each = |change: &dyn Fn(&str) -> String| -> String {
        lines.iter().map(|line| change(line) + "\n").collect()
    };
    let in_body = |index: usize, change: &dyn Fn(&str) -> String| -> String {
        let all = lines.iter().enumerate();
        all.map(|(at, line)| {
            if at == index {
                change(line) + "\n"
            } else {
                format!("{line}\n")
            }
        })
        .collect()
    };
    let base64_of = |bytes: &[u8]| openssl::base64::encode_block(bytes);
    let der = openssl::base64::decode_block(&dense).unwrap();
    let with_garbage = [der.as_slice(), b"trailing"].concat();
    let twice = [der.as_slice(), &other.x509.to_der().unwrap()].concat();
    let key = other.key_pem();
    let ec_key = String::from_utf8(other.key.ec_key().unwrap().private_key_to_pem().unwrap());
    let ec_key = ec_key.unwrap();
    let mut request = openssl::x509::X509Req::builder().unwrap();
    request.set_pubkey(&other.key).unwrap();
    request
        .sign(&other.key, openssl::hash::MessageDigest::sha256())
        .unwrap();
    let request = String::from_utf8(request.build().to_pem().unwrap()).unwrap();
    let public = String::from_utf8(other.key.public_key_to_pem().unwrap()).unwrap();
    let pkcs7 = pkcs7(other);
    let crl = include_str!("../support/revocation-list.pem");
    let middle = lines.len() / 2;
    let last = lines.len() - 2;
    let commented = each(&|line| format!("# {line}"));
    let long_comment = "x".repeat(300);
    // At a whole piece of OpenSSL's line buffer, a line of base64 begins anew.
    let wide = wrapped(254);

    let named: Vec<(&str, String)> = vec![
        ("as it is", good.to_owned()),
        ("without the last line break", good.trim_end().to_owned()),
        ("CRLF", good.replace('\n', "\r\n")),
        ("CR", good.replace('\n', "\r")),
        ("CR CR LF", good.replace('\n', "\r\r\n")),
        (
            "an empty line after BEGIN",
            in_body(0, &|line| format!("{line}\n")),
        ),
        (
            "two empty lines after BEGIN",
            in_body(0, &|line| format!("{line}\n\n")),
        ),
        (
            "a line of blanks after BEGIN",
            in_body(0, &|line| format!("{line}\n   ")),
        ),
        (
            "an empty line in the middle",
            in_body(middle, &|line| format!("{line}\n")),
        ),
        (
            "two empty lines in the middle",
            in_body(middle, &|line| format!("{line}\n\n")),
        ),
        (
            "a line of blanks in the middle",
            in_body(middle, &|line| format!("{line}\n  ")),
        ),
        (
            "a line with a tab in the middle",
            in_body(middle, &|line| format!("{line}\n\t")),
        ),
        (
            "an empty line before END",
            in_body(last, &|line| format!("{line}\n")),
        ),
        ("empty lines between all", each(&|line| format!("{line}\n"))),
        ("CRLF doubled", good.replace('\n', "\r\n\r\n")),
        (
            "blanks at the end of each line",
            each(&|line| format!("{line}  ")),
        ),
        (
            "a tab at the end of each line",
            each(&|line| format!("{line}\t")),
        ),
        (
            "a blank at the end of BEGIN",
            in_body(0, &|line| format!("{line} ")),
        ),
        (
            "a blank at the end of END",
            in_body(last + 1, &|line| format!("{line} ")),
        ),
        (
            "a blank before BEGIN",
            in_body(0, &|line| format!(" {line}")),
        ),
        (
            "a blank before END",
            in_body(last + 1, &|line| format!(" {line}")),
        ),
        (
            "a blank before a line of the body",
            in_body(middle, &|line| format!(" {line}")),
        ),
        (
            "blanks before each line of the body",
            each(&|line| {
                if line.starts_with('-') {
                    line.to_owned()
                } else {
                    format!("    {line}")
                }
            }),
        ),
        ("indented as a whole", each(&|line| format!("    {line}"))),
        ("a tab before each line", each(&|line| format!("\t{line}"))),
        (
            "a blank within a line",
            in_body(middle, &|line| format!("{} {}", &line[..20], &line[20..])),
        ),
        (
            "a tab within a line",
            in_body(middle, &|line| format!("{}\t{}", &line[..20], &line[20..])),
        ),
        (
            "a form feed in the middle",
            in_body(middle, &|line| format!("{line}\n\u{c}")),
        ),
        (
            "a vertical tab within a line",
            in_body(middle, &|line| {
                format!("{}\u{b}{}", &line[..20], &line[20..])
            }),
        ),
        ("lines of 76", wrapped(76)),
        ("lines of 48", wrapped(48)),
        ("lines of 3", wrapped(3)),
        ("lines of 254", wide.clone()),
        ("lines of 255", wrapped(255)),
        ("one line", wrapped(100_000)),
        (
            "an empty line after BEGIN, lines of 76",
            wrapped(76).replacen('\n', "\n\n", 1),
        ),
        (
            "an empty line after BEGIN, lines of 48",
            wrapped(48).replacen('\n', "\n\n", 1),
        ),
        (
            "an empty line after BEGIN, one line",
            wrapped(100_000).replacen('\n', "\n\n", 1),
        ),
        (
            "an empty line behind lines of 254",
            wide.replacen("\n-----END", "\n\n-----END", 1),
        ),
        (
            "X509 CERTIFICATE",
            good.replace("CERTIFICATE", "X509 CERTIFICATE"),
        ),
        (
            "TRUSTED CERTIFICATE",
            good.replace("CERTIFICATE", "TRUSTED CERTIFICATE"),
        ),
        (
            "the label in lower case",
            good.replace("CERTIFICATE", "certificate"),
        ),
        (
            "BEGIN in lower case",
            good.replace("BEGIN", "begin").replace("END", "end"),
        ),
        ("Certificate", good.replace("CERTIFICATE", "Certificate")),
        (
            "another END",
            good.replace("END CERTIFICATE", "END X509 CERTIFICATE"),
        ),
        (
            "END of a key",
            good.replace("END CERTIFICATE", "END PUBLIC KEY"),
        ),
        ("four dashes", good.replace("-----", "----")),
        ("six dashes", good.replace("-----", "------")),
        (
            "four dashes at BEGIN alone",
            good.replacen("-----BEGIN", "----BEGIN", 1),
        ),
        (
            "four dashes at END alone",
            good.replacen("-----END", "----END", 1),
        ),
        (
            "four dashes behind BEGIN",
            good.replacen("CERTIFICATE-----", "CERTIFICATE----", 1),
        ),
        (
            "six dashes behind BEGIN",
            good.replacen("CERTIFICATE-----", "CERTIFICATE------", 1),
        ),
        ("en dashes", good.replace("--", "–")),
        (
            "blanks within the dashes",
            good.replace("-----BEGIN", "----- BEGIN")
                .replace("CERTIFICATE-----", "CERTIFICATE -----"),
        ),
        ("two blanks behind BEGIN", good.replace("BEGIN ", "BEGIN  ")),
        ("comments around", format!("# ours\n{good}# end\n")),
        (
            "bag attributes",
            format!(
                "Bag Attributes\n    friendlyName: acme\nsubject=CN = Acme\n\nissuer=CN = Acme\n\n{good}"
            ),
        ),
        (
            "a comment inside",
            in_body(middle, &|line| format!("{line}\n# half")),
        ),
        (
            "a comment with a colon inside",
            in_body(middle, &|line| format!("{line}\n# half: way")),
        ),
        (
            "a header",
            in_body(0, &|line| format!("{line}\nX-Name: acme\n")),
        ),
        (
            "a header without an empty line",
            in_body(0, &|line| format!("{line}\nX-Name: acme")),
        ),
        (
            "a header of an encrypted block",
            in_body(0, &|line| {
                format!("{line}\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n")
            }),
        ),
        (
            "glued to the next",
            format!("{}{other_pem}", good.trim_end()),
        ),
        (
            "glued to the former",
            format!("{}{good}", other_pem.trim_end()),
        ),
        ("another one before", format!("{other_pem}{good}")),
        ("another one behind", format!("{good}{other_pem}")),
        ("without BEGIN", lines[1..].join("\n")),
        ("without END", lines[..=last].join("\n")),
        (
            "without the dashes of END",
            good.replace(END, "END CERTIFICATE"),
        ),
        ("BEGIN twice", format!("{BEGIN}\n{good}")),
        ("END twice", format!("{good}{END}\n")),
        ("a stray END before", format!("{END}\n{good}")),
        (
            "text behind END",
            good.replace(END, &format!("{END} of it")),
        ),
        (
            "text behind BEGIN",
            good.replace(BEGIN, &format!("{BEGIN} of it")),
        ),
        (
            "text before BEGIN",
            good.replace(BEGIN, &format!("here: {BEGIN}")),
        ),
        (
            "a line lost",
            in_body(middle, &|_| String::new()).replace("\n\n", "\n"),
        ),
        (
            "a character lost",
            in_body(middle, &|line| line[1..].to_owned()),
        ),
        (
            "four characters lost",
            in_body(middle, &|line| line[4..].to_owned()),
        ),
        (
            "a character too many",
            in_body(middle, &|line| format!("{line}A")),
        ),
        (
            "an asterisk",
            in_body(middle, &|line| format!("*{}", &line[1..])),
        ),
        (
            "an umlaut",
            in_body(middle, &|line| format!("ü{}", &line[2..])),
        ),
        (
            "URL-safe",
            in_body(middle, &|line| line.replace(['+', '/'], "-") + "-_"),
        ),
        (
            "an underscore",
            in_body(middle, &|line| format!("_{}", &line[1..])),
        ),
        ("without padding", good.replace('=', "")),
        ("more padding", in_body(last, &|line| format!("{line}="))),
        (
            "padding in the middle",
            in_body(middle, &|line| format!("{}==", &line[..62])),
        ),
        (
            "data behind the padding",
            in_body(last, &|line| format!("{line}\nAAAA")),
        ),
        ("bare base64", dense.clone()),
        ("bare base64 in lines", body.join("\n")),
        ("base64 of it", base64_of(good.as_bytes())),
        (
            "base64 of base64 of it",
            base64_of(base64_of(good.as_bytes()).as_bytes()),
        ),
        (
            "base64 of it as a block",
            block("CERTIFICATE", &base64_of(good.as_bytes())),
        ),
        ("a byte order mark", format!("\u{feff}{good}")),
        (
            "a byte order mark behind another",
            format!("{other_pem}\u{feff}{good}"),
        ),
        (
            "a byte order mark before a comment",
            format!("\u{feff}# ours\n{good}"),
        ),
        ("two byte order marks", format!("\u{feff}\u{feff}{good}")),
        ("a zero-width space before BEGIN", format!("\u{200b}{good}")),
        (
            "zero-width spaces at the ends",
            each(&|line| format!("{line}\u{200b}")),
        ),
        (
            "a zero-width space in the body",
            in_body(middle, &|line| {
                format!("{}\u{200b}{}", &line[..9], &line[9..])
            }),
        ),
        (
            "no-break spaces at the ends",
            each(&|line| format!("{line}\u{a0}")),
        ),
        (
            "no-break spaces before the lines",
            each(&|line| format!("\u{a0}{line}")),
        ),
        (
            "a no-break space in the body",
            in_body(middle, &|line| {
                format!("{}\u{a0}{}", &line[..9], &line[9..])
            }),
        ),
        (
            "a line separator of Unicode",
            good.replace('\n', "\u{2028}"),
        ),
        ("line breaks as two characters", good.replace('\n', "\\n")),
        (
            "line breaks as two characters, and a real one",
            good.replace('\n', "\\n\n"),
        ),
        ("folded by YAML", good.replace('\n', " ")),
        ("in quotes", format!("\"{}\"\n", good.trim_end())),
        ("each line in quotes", each(&|line| format!("\"{line}\""))),
        (
            "a backslash at the end of each line",
            each(&|line| format!("{line}\\")),
        ),
        ("a comma behind END", good.replace(END, &format!("{END},"))),
        ("commented out", commented.clone()),
        (
            "commented out, and a good one",
            format!("{commented}{good}"),
        ),
        (
            "another one commented out before",
            format!("{}{good}", other_pem.replace("-----BEGIN", "# -----BEGIN")),
        ),
        (
            "a comment that quotes BEGIN",
            format!("# the text between {BEGIN} and the end is ours\n{good}"),
        ),
        (
            "a comment that quotes both",
            format!("# {BEGIN} and {END} stand around it\n{good}"),
        ),
        ("a long comment", format!("# {long_comment}\n{good}")),
        (
            "BEGIN at the end of a long line",
            format!("{}{good}", "x".repeat(254)),
        ),
        ("a revocation list beside", format!("{crl}{good}")),
        (
            "a damaged revocation list beside",
            format!("{}{good}", crl.replace("MI", "MA")),
        ),
        ("a request beside", format!("{request}{good}")),
        ("a request behind", format!("{good}{request}")),
        (
            "a NEW request beside",
            format!(
                "{}{good}",
                request.replace("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
            ),
        ),
        ("a key beside", format!("{key}{good}")),
        ("a key of the old form beside", format!("{ec_key}{good}")),
        ("a public key beside", format!("{public}{good}")),
        (
            "a PKCS#7 beside",
            format!("{}{good}", block("PKCS7", &pkcs7)),
        ),
        (
            "a PKCS#7 under the label of a certificate",
            format!("{}{good}", block("CERTIFICATE", &pkcs7)),
        ),
        ("an empty block beside", format!("{BEGIN}\n{END}\n{good}")),
        (
            "an empty block of another kind beside",
            format!("{}{good}", "-----BEGIN FOO-----\n-----END FOO-----\n"),
        ),
        (
            "a block of another kind beside",
            format!("{}{good}", block("FOO", "QUFB")),
        ),
        (
            "a damaged block of another kind beside",
            format!("{}{good}", block("FOO", "Q*FB")),
        ),
        (
            "a block of another kind without END beside",
            format!("-----BEGIN FOO-----\nQUFB\n{good}"),
        ),
        (
            "a block that is no certificate beside",
            format!("{}{good}", block("CERTIFICATE", "QUFB")),
        ),
        (
            "bytes behind the certificate",
            block("CERTIFICATE", &base64_of(&with_garbage)),
        ),
        (
            "two certificates in one block",
            block("CERTIFICATE", &base64_of(&twice)),
        ),
        (
            "a cut certificate beside",
            format!(
                "{}{good}",
                block("CERTIFICATE", &base64_of(&der[..der.len() - 9]))
            ),
        ),
        ("nothing", String::new()),
        ("blanks", "  \n\n".to_owned()),
        ("text", "nonsense\n".to_owned()),
        (
            "a page of HTML",
            format!("<html><pre>{good}</pre></html>\n"),
        ),
        (
            "openssl x509 -text",
            format!("Certificate:\n    Data:\n        Version: 3 (0x2)\n{good}"),
        ),
    ];
    named
        .into_iter()
        .map(|(name, text)| Mutation {
            name: name.to_owned(),
            text,
        })
        .collect()
}

/// The base64 of a PKCS#7 container with a certificate in it, as `openssl crl2pkcs7` makes it.
fn pkcs7(issued: &Issued) -> String {
    let empty = openssl::stack::Stack::new().unwrap();
    let signed = openssl::pkcs7::Pkcs7::sign(
        &issued.x509,
        &issued.key,
        &empty,
        b"",
        openssl::pkcs7::Pkcs7Flags::BINARY,
    );
    let pem = String::from_utf8(signed.unwrap().to_pem().unwrap()).unwrap();
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    lines.collect::<Vec<_>>().join("\n")
}
