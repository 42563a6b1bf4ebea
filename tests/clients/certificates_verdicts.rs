//! What is said of each client is what the client itself says, on TLS servers on the loopback.
//!
//! A client that is not on this machine shows as an ignored test, by its name.

use std::sync::OnceLock;

use crate::support::authority::{BASIC_CONSTRAINTS, KEY_USAGE, Recipe, authority, rsa_key};
use crate::verdicts_support::clients::{self, Answers};
use crate::verdicts_support::{Case, algorithms, certificate, fresh, matrix};
use helm_clearml_certs::certs::Role;
use helm_clearml_certs::certs::verdict::{Client, Server, Trust, Verdict};
use libtest_mimic::{Failed, Trial};
use openssl::nid::Nid;
use time::OffsetDateTime;

/// Generated cases that every run asks about, beside the matrix.
const FRESH: std::ops::Range<u64> = 1..61;

pub(crate) fn trials() -> Vec<Trial> {
    let installed = clients::installed();
    let mut trials: Vec<Trial> = clients::NAMES
        .iter()
        .map(|(name, what)| {
            let test = format!("what_is_said_of_{name}_is_what_it_says");
            let trial = Trial::test(test, || agrees(name, cases(), answers()));
            if installed.contains_key(*name) {
                trial
            } else {
                trial
                    .with_kind(format!("SKIPPED: no {what}"))
                    .with_ignored_flag(true)
            }
        })
        .collect();
    trials.push(Trial::test("the_clients_disagree_in_the_cases", varied));
    trials.push(
        Trial::test("everyone_agrees_on_more_generated_cases", more)
            .with_kind("takes minutes")
            .with_ignored_flag(true),
    );
    trials.push(
        Trial::test("everyone_agrees_on_every_algorithm_of_openssl", || {
            all_agree(&algorithms::all())
        })
        .with_kind("takes minutes")
        .with_ignored_flag(true),
    );
    trials.push(Trial::test(
        "a_ca_alone_is_judged_as_its_certificates_would_be",
        ca_alone,
    ));
    trials.push(Trial::test("the_words_are_openssls_own", words));
    trials
}

/// The cases of every run.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let fresh = FRESH.map(fresh::case);
        let algorithms = algorithms::some();
        matrix::cases()
            .into_iter()
            .chain(algorithms)
            .chain(fresh)
            .collect()
    })
}

/// What each client said of them.
fn answers() -> &'static [Answers] {
    static ANSWERS: OnceLock<Vec<Answers>> = OnceLock::new();
    ANSWERS.get_or_init(|| clients::ask(cases()))
}

/// Whether `name` says of every case what we say of it.
fn agrees(name: &str, cases: &[Case], answers: &[Answers]) -> Result<(), Failed> {
    let mut differences = Vec::new();
    for (case, answer) in cases.iter().zip(answers) {
        let said = answer
            .get(name)
            .ok_or_else(|| format!("{name} is not on this machine"))?;
        let Some(verdict) = ours(name, case) else {
            continue;
        };
        let same = match &verdict {
            Verdict::Trusted => said.is_empty(),
            Verdict::Refused(words) => !said.is_empty() && are_its_words(name, words, said),
        };
        if !same {
            differences.push(format!(
                "{}\n    it says {said:?}\n    we say  {verdict:?}",
                case.name
            ));
        }
    }
    if differences.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{} differences in {} cases\n{}",
        differences.len(),
        cases.len(),
        differences.join("\n")
    )
    .into())
}

/// Whether `words` are what the client said.
fn are_its_words(name: &str, words: &str, said: &str) -> bool {
    match name {
        // git does not tell GnuTLS's reason.
        "git" => said.contains(words.split(" (the ").next().unwrap_or(words)),
        // curl shows the top of OpenSSL's stack of errors, which is another where the key is of another kind.
        "curl" if words == "certificate signature failure" && said.contains("curl: (35)") => true,
        // node goes on after an error and tells the last.
        "node" => true,
        _ => said.contains(words),
    }
}

/// Whether GnuTLS has changed its mind on such a case in 2026 (CVE-2026-3833, -42011, -42012; Debian's 3.7.9-2+deb12u7): both
/// kinds are in use, and the verdict is the newer one's.
fn is_judged_anew(case: &Case) -> bool {
    let leaf = certificate(&case.chain[0]);
    let names = |kind: &str| leaf.facts.names.iter().any(|name| name.starts_with(kind));
    let uri_alone = names("URI:") && !names("DNS:") && !names("IP:");
    let all = case.trust.iter().chain(&case.chain).map(certificate);
    let constrained = all
        .filter(|one| one.facts.name_constraints.is_some())
        .count();
    let upper_case = |name: &String| name.strip_prefix("DNS:").is_some_and(is_upper_case);
    let upper_case = leaf.facts.names.iter().any(upper_case);
    uri_alone || constrained > 1 || constrained > 0 && upper_case
}

fn is_upper_case(name: &str) -> bool {
    name.chars().any(|c| c.is_ascii_uppercase())
}

/// What we say of a case in the place of the client of this name; `None` where it cannot be compared.
fn ours(name: &str, case: &Case) -> Option<Verdict> {
    if name == "git" && is_judged_anew(case) {
        return None;
    }
    let trust = case.trust();
    if let Some(client) = Client::ALL.into_iter().find(|client| client.id() == name) {
        return Some(trust.verdict(client, &case.server()));
    }
    // `openssl verify` knows of no handshake, so of no keys that TLS has no name for, and is not told the host.
    let key = case.chain[0].key.ec_key().ok();
    let curve = key.and_then(|key| key.group().curve_name());
    let of_tls = [Nid::X9_62_PRIME256V1, Nid::SECP384R1, Nid::SECP521R1];
    if curve.is_some_and(|curve| !of_tls.contains(&curve)) {
        return None;
    }
    let client = match name {
        "openssl" => Client::Python312,
        _ => Client::Python313,
    };
    let server = Server {
        host: None,
        ..case.server()
    };
    Some(trust.verdict(client, &server))
}

/// Cases on which all agree would show nothing: each client trusts and refuses many of them, and any two differ.
fn varied() -> Result<(), Failed> {
    let cases = cases();
    assert!(cases.len() >= 120, "{}", cases.len());
    let verdicts = Client::ALL.map(|client| -> Vec<bool> {
        let trusted = |case: &Case| case.trust().verdict(client, &case.server()).is_trusted();
        cases.iter().map(trusted).collect()
    });
    for (client, verdicts) in Client::ALL.iter().zip(&verdicts) {
        let trusted = verdicts.iter().filter(|trusted| **trusted).count();
        assert!(trusted > 30, "{client} trusts {trusted}");
        assert!(cases.len() - trusted > 30, "{client} trusts {trusted}");
    }
    for (index, one) in verdicts.iter().enumerate() {
        for other in &verdicts[index + 1..] {
            assert!(one != other, "{index}");
        }
    }
    Ok(())
}

/// `VERDICTS_FIRST=1 VERDICTS_COUNT=1000 cargo test --test clients -- --ignored everyone`
fn more() -> Result<(), Failed> {
    let number = |variable: &str, default: u64| {
        std::env::var(variable).map_or(default, |number| number.parse().unwrap())
    };
    let first = number("VERDICTS_FIRST", FRESH.end);
    let count = number("VERDICTS_COUNT", 300);
    let cases: Vec<Case> = (first..first + count).map(fresh::case).collect();
    all_agree(&cases)
}

fn all_agree(cases: &[Case]) -> Result<(), Failed> {
    let answers = clients::ask(cases);
    let installed = clients::installed();
    let failures: Vec<String> = clients::NAMES
        .iter()
        .filter(|(name, _)| installed.contains_key(*name))
        .filter_map(|(name, _)| {
            Some(format!(
                "{name}: {}",
                agrees(name, cases, &answers).err()?.message()?
            ))
        })
        .collect();
    if failures.is_empty() {
        return Ok(());
    }
    Err(failures.join("\n").into())
}

/// A CA alone is judged by a specimen; the verdict is the one that a real certificate of that CA would get.
fn ca_alone() -> Result<(), Failed> {
    let now = OffsetDateTime::now_utc();
    let mut compared = 0;
    let of_ca = |case: &&Case| {
        let names = ["root ", "a CA "];
        names.iter().any(|name| case.name.starts_with(name)) && case.chain.len() == 1
    };
    for case in cases().iter().filter(of_ca) {
        let [root] = case.trust.as_slice() else {
            continue;
        };
        let root = certificate(root);
        if root.role() != Role::Root {
            continue;
        }
        // A real leaf of a CA without key identifiers names none either; the specimen always does.
        let constrained = case.name.ends_with("acme.example");
        if root.facts.subject_key_id.is_none() || constrained || case.name.contains("missing") {
            continue;
        }
        let trust = Trust::new(&[&root], now);
        let server = Server {
            host: None,
            ..case.server()
        };
        let alone = trust.verdicts_on(&root, root.role());
        for (client, alone) in Client::ALL.into_iter().zip(alone) {
            let real = trust.verdict(client, &server);
            assert_eq!(alone, real, "{}: {client}", case.name);
            compared += 1;
        }
    }
    assert!(compared > 80, "{compared}");
    Ok(())
}

fn words() -> Result<(), Failed> {
    let now = OffsetDateTime::now_utc();
    let verdict = |recipe: Recipe, client| {
        let root = certificate(&recipe.self_signed());
        let verdicts = Trust::new(&[&root], now).verdicts_on(&root, root.role());
        let mut of_all = Client::ALL.into_iter().zip(verdicts);
        of_all.find(|(one, _)| *one == client).unwrap().1
    };
    let refused = |text: &str| Verdict::Refused(text.to_owned());
    assert_eq!(
        verdict(authority("Fine"), Client::Python313),
        Verdict::Trusted
    );
    assert_eq!(
        verdict(authority("No SKI").without_subject_id(), Client::Python313),
        refused("Missing Subject Key Identifier")
    );
    assert_eq!(
        verdict(
            authority("Soft").with(BASIC_CONSTRAINTS, false, "30030101FF"),
            Client::Python313
        ),
        refused("Basic Constraints of CA cert not marked critical")
    );
    assert_eq!(
        verdict(authority("No usage").without(KEY_USAGE), Client::Python313),
        refused("CA cert does not include key usage extension")
    );
    assert_eq!(
        verdict(authority("No usage").without(KEY_USAGE), Client::Python312),
        Verdict::Trusted
    );
    assert_eq!(
        verdict(authority("Weak").key(rsa_key(1024)), Client::Curl),
        refused("CA certificate key too weak")
    );
    assert_eq!(
        verdict(authority("Old").days(-100, -1), Client::Curl),
        refused("certificate has expired")
    );
    Ok(())
}
