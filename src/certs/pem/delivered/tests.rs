use super::*;
use crate::certs::self_signed;

fn pem(name: &str) -> String {
    self_signed(name).pem()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// The line and the effect of each harm.
fn harms(text: &str) -> Vec<(usize, Effect)> {
    let harms = read(text).harms.into_iter();
    harms.map(|harm| (harm.line, harm.effect)).collect()
}

#[test]
fn a_good_text_has_its_certificates_with_their_lines() {
    let text = format!("# ours\n{}\n{}", pem("a"), pem("b"));
    let reading = read(&text);
    assert_eq!(reading.harms, []);
    let begins: Vec<usize> = reading.certificates.iter().map(|(line, _)| *line).collect();
    let found = text
        .lines()
        .enumerate()
        .filter(|(_, line)| line.starts_with("-----BEGIN"));
    assert_eq!(
        begins,
        found.map(|(index, _)| index + 1).collect::<Vec<_>>()
    );
}

#[test]
fn what_poisons_is_told_with_its_line_and_its_readers() {
    let good = pem("a");
    let mut blank = lines(&good);
    blank.insert(4, "");
    blank.insert(6, "");
    assert_eq!(
        harms(&format!("{good}{}\n", blank.join("\n"))),
        [(
            lines(&good).len() + 7,
            Effect::Poisons(vec![Reader::OpenSsl])
        )]
    );
    let lost = [&lines(&good)[..3], &lines(&good)[4..]].concat().join("\n");
    let both = vec![Reader::OpenSsl, Reader::GnuTls];
    assert_eq!(harms(&lost), [(1, Effect::Poisons(both))]);
    assert!(read(&lost).certificates.is_empty());
}

#[test]
fn what_is_left_out_is_told_with_its_certificate() {
    let good = pem("a");
    let fingerprint = read(&good).certificates[0].1.fingerprint;
    let body = lines(&good)[1..lines(&good).len() - 1].concat();
    let by_all = |line| {
        (
            line,
            Effect::LeftOut(Reader::ALL.to_vec(), Some(fingerprint)),
        )
    };
    assert_eq!(harms(&body), [by_all(1)]);
    let marked = format!("\u{feff}{good}");
    let by_rustls = Effect::LeftOut(vec![Reader::Rustls], Some(fingerprint));
    assert_eq!(harms(&marked), [(1, by_rustls)]);
    assert_eq!(read(&marked).certificates.len(), 1);
}

#[test]
fn what_looks_like_the_beginning_of_a_certificate_is_told_beside_others() {
    let (good, lost) = (pem("a"), pem("b"));
    for begin in [
        "----BEGIN CERTIFICATE-----",
        "\u{2013}\u{2013}\u{2013}BEGIN CERTIFICATE\u{2013}\u{2013}\u{2013}",
    ] {
        let text = format!(
            "{good}{}",
            lost.replace("-----BEGIN CERTIFICATE-----", begin)
        );
        let line = good.lines().count() + 1;
        assert_eq!(
            harms(&text),
            [(line, Effect::LeftOut(Reader::ALL.to_vec(), None))]
        );
        // What it was meant to hold is not known, so it is not written anew without it.
        assert_eq!(meant(&text), None);
    }
    let remark = format!("{good}# the certificate of\nsome text\n");
    assert_eq!(harms(&remark), []);
}

#[test]
fn a_key_is_told_and_not_shown() {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let text = format!("{}{key}", pem("a"));
    let reading = read(&text);
    assert_eq!(reading.harms[0].effect, Effect::PrivateKey);
    assert!(!reading.harms[0].why.contains(lines(&key)[1]));
}

#[test]
fn what_a_text_is_meant_to_hold_is_all_of_it_or_nothing() {
    let (a, b) = (pem("a"), pem("b"));
    let glued = format!("{}{b}", a.trim_end());
    assert_eq!(meant(&glued).unwrap().len(), 2);
    let half = &b[..b.len() / 2];
    assert_eq!(meant(&format!("{a}{half}")), None);
    assert_eq!(meant("nonsense"), None);
}

#[test]
fn no_text_is_too_odd() {
    for text in [
        "",
        "-----BEGIN ",
        "-----BEGIN -----",
        "-----BEGIN CERTIFICATE",
        "-----END -----",
    ] {
        assert!(read(text).certificates.is_empty(), "{text}");
        assert_eq!(meant(text), None);
    }
}
