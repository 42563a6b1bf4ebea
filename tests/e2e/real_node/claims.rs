//! What is said of a pod before it runs: by the proof, client by client, and by the built binary's findings.

use std::collections::BTreeMap;

use helm_clearml_certs::certs::Fingerprint;
use helm_clearml_certs::proof::{Arrival, Itself, Proof, Reach, parse, prove};
use serde_json::Value;

use super::bases;
use super::case::{Case, Home};

/// A client in the task's container.
pub(super) struct Client {
    pub(super) name: &'static str,
    /// The variables that it reads, the one that counts first in front.
    variables: &'static [&'static str],
    /// The reader of its bundles, as findings name it.
    reader: &'static str,
    /// What it goes by where none of them is set.
    without: Without,
}

/// What a client goes by beside its variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Without {
    /// A list of its own.
    OwnList,
    /// The system's bundle, and, whatever a variable names, the folder of it with its links to the sources.
    System,
}

const OPENSSL: &str = "OpenSSL";
const GNUTLS: &str = "GnuTLS";
const RUSTLS: &str = "rustls";

pub(super) const CLIENTS: [Client; 9] = [
    Client {
        name: "requests",
        variables: &["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
        reader: OPENSSL,
        without: Without::OwnList,
    },
    Client {
        name: "urllib",
        variables: &["SSL_CERT_FILE"],
        reader: OPENSSL,
        without: Without::System,
    },
    Client {
        name: "httpx",
        variables: &["SSL_CERT_FILE"],
        reader: OPENSSL,
        without: Without::OwnList,
    },
    Client {
        name: "httplib2",
        variables: &["HTTPLIB2_CA_CERTS"],
        reader: OPENSSL,
        without: Without::OwnList,
    },
    Client {
        name: "pip",
        variables: &["PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"],
        reader: OPENSSL,
        without: Without::System,
    },
    Client {
        name: "curl",
        variables: &["CURL_CA_BUNDLE", "SSL_CERT_FILE"],
        reader: OPENSSL,
        without: Without::System,
    },
    Client {
        name: "git",
        variables: &["GIT_SSL_CAINFO"],
        reader: GNUTLS,
        without: Without::System,
    },
    Client {
        name: "node",
        variables: &["NODE_EXTRA_CA_CERTS"],
        reader: OPENSSL,
        without: Without::OwnList,
    },
    Client {
        name: "uv",
        variables: &["SSL_CERT_FILE"],
        reader: RUSTLS,
        without: Without::OwnList,
    },
];

/// What is said of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    Works,
    Fails,
    Open,
}

/// What each of two says, with the reasons.
#[derive(Debug)]
pub(super) struct Claims {
    pub(super) of_the_proof: BTreeMap<&'static str, Claim>,
    pub(super) of_the_binary: BTreeMap<&'static str, Claim>,
    pub(super) findings: Vec<String>,
}

pub(super) fn of(case: &Case, pem: &str, other: &str) -> Claims {
    let (of_the_binary, findings) = by_the_binary(case, pem, other);
    Claims {
        of_the_proof: by_the_proof(case),
        of_the_binary,
        findings,
    }
}

fn by_the_proof(case: &Case) -> BTreeMap<&'static str, Claim> {
    let itself = Itself {
        container: Some("k8s-glue"),
        ..Itself::default()
    };
    let proof = prove(&parse(&case.manifest()).unwrap(), &itself);
    let pods = match case.home {
        Home::Template(..) => &proof.task_pods,
        Home::Workload(_) => &proof.workloads,
    };
    let der = openssl::x509::X509::from_pem(case.pem.as_bytes())
        .unwrap()
        .to_der()
        .unwrap();
    let ca = Fingerprint::of(&der);
    let pod = pods.first();
    CLIENTS
        .iter()
        .map(|client| (client.name, claim(client, case, &proof, pod, ca)))
        .collect()
}

fn claim(
    client: &Client,
    case: &Case,
    proof: &Proof,
    pod: Option<&Arrival>,
    ca: Fingerprint,
) -> Claim {
    // A workload that no certificate gets to is none that the proof tells of.
    let Some(pod) = pod else { return Claim::Fails };
    // Other pods of the manifest have findings of their own.
    let place = pod.place.to_string();
    let told = |code: &str| {
        let all = proof.findings.iter();
        let own = all.filter(|one| one.code == code && one.message.starts_with(&place));
        own.map(|finding| finding.message.as_str())
            .collect::<Vec<_>>()
            .join("\n")
    };
    let dangles = proof.dangling.iter().any(|(one, ..)| *one == pod.place);
    let is_repeated = !told("pod-has-it-twice").is_empty();
    let never_starts = is_repeated || dangles || !pod.missing_volumes.is_empty();
    let is_held_up = pod.init_containers().any(|one| {
        one.asked
            .iter()
            .any(|(asked, trusted)| asked.blocks && !trusted.contains(&ca))
    });
    if never_starts || is_held_up {
        return Claim::Fails;
    }
    let (poisoned, passed_over) = (
        told("mounted-file-poisons"),
        told("certificate-passed-over"),
    );
    // node goes on with what it has read so far, and takes no label but CERTIFICATE; and what stands in a block without END
    // is read where another one follows, which is lost then.
    let is_odd = !poisoned.is_empty() || !passed_over.is_empty();
    if is_odd && client.name == "node" || poisoned.contains("has no END") {
        return Claim::Open;
    }
    // Where GnuTLS reads the old label depends on what stands behind it in the whole bundle.
    if client.name == "git" && case.manifest().contains("BEGIN X509 CERTIFICATE") {
        return Claim::Open;
    }
    let is_poisoned = poisoned.contains(client.reader);
    if is_poisoned && client.without == Without::System {
        return Claim::Open;
    }
    if is_poisoned || passed_over.contains(client.reader) {
        return Claim::Fails;
    }
    // What OpenSSL does not read is no certificate for the proof; of what others make of it, nothing is said.
    if proof.carriers.of(ca).is_empty() && client.reader != OPENSSL {
        return Claim::Open;
    }
    if pod.has_hidden_variables() {
        return Claim::Open;
    }
    let env = case.spec["containers"][case.task_index()]["env"].as_array();
    let set = |name: &&&str| {
        env.into_iter()
            .flatten()
            .rfind(|one| one["name"] == **name)
            .is_some_and(|one| one["value"] != "")
    };
    // A folder's variable is not modelled.
    if set(&&"SSL_CERT_DIR") && client.variables == ["SSL_CERT_FILE"] {
        return Claim::Open;
    }
    match client.variables.iter().find(set) {
        Some(variable) if pod.reach(ca, variable) == Reach::Read => Claim::Works,
        _ if client.without == Without::System && pod.gets(ca) => Claim::Open,
        _ => Claim::Fails,
    }
}

/// By a dry run on a chart that renders the manifest. It speaks of requests, and of what reads `SSL_CERT_FILE`.
fn by_the_binary(
    case: &Case,
    pem: &str,
    other: &str,
) -> (BTreeMap<&'static str, Claim>, Vec<String>) {
    let world = bases::world(pem, other);
    bases::fixed_chart(&world, case.chart, &case.manifest());
    world.write(case.file.0, &case.file.1);
    let line = format!(
        "install {} --chart chart -n team-a --skip-probe --dry-run -o json",
        case.command
    );
    let run = world.plugin(&line);
    assert!([0, 3].contains(&run.code), "{}\n{run}", case.name);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let place = match &case.home {
        Home::Template(..) => "task pods",
        Home::Workload(_) => "Deployment ",
    };
    let all = json["targets"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|target| target["findings"].as_array().unwrap());
    let text =
        |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let own: Vec<(String, String, String)> = all
        .map(|finding| {
            (
                text(finding, "code"),
                text(finding, "severity"),
                text(finding, "message"),
            )
        })
        .filter(|(code, _, message)| {
            // The server's CA is the one, whatever becomes of the other.
            let is_others = message.contains("other-root") && !message.contains("acme-root");
            let is_whole = |codes: &[&str]| codes.contains(&code.as_str());
            if is_others {
                return false;
            }
            message.starts_with(place)
                || is_whole(&["chart-ignores-certificates", "no-task-pod-template"])
                || is_whole(&["certificate-not-mounted"]) && place == "Deployment "
        })
        .collect();
    let has = |codes: &[&str]| own.iter().any(|(code, ..)| codes.contains(&code.as_str()));
    let is_refused = own.iter().any(|(_, severity, _)| severity == "error")
        || has(&["certificate-not-in-queue", "bundle-not-read"]);
    let harmless = ["variable-missing", "certificate-passed-over"];
    let is_doubted = own
        .iter()
        .any(|(code, ..)| !harmless.contains(&code.as_str()));
    let is_doubted = is_doubted || case.command.contains("--task-pods off");
    let has_no_end = own
        .iter()
        .any(|(_, _, message)| message.contains("has no END"));
    let requests = match (is_refused, is_doubted) {
        (true, _) if has_no_end => Claim::Open,
        (true, _) => Claim::Fails,
        (false, true) => Claim::Open,
        (false, false) => Claim::Works,
    };
    let further = match requests {
        Claim::Works if has(&["variable-missing"]) => Claim::Fails,
        // What requests does not read, others may.
        Claim::Fails => Claim::Open,
        as_requests => as_requests,
    };
    let mut claims = BTreeMap::from([("requests", requests)]);
    if matches!(case.home, Home::Template(..)) {
        let has_folder = case.spec.to_string().contains("SSL_CERT_DIR");
        let further = if has_folder { Claim::Open } else { further };
        claims.insert("httpx", further);
        let passed_over = own.iter().any(|(code, _, message)| {
            code == "certificate-passed-over" && message.contains(RUSTLS)
        });
        claims.insert("uv", if passed_over { Claim::Fails } else { further });
    }
    let findings = own
        .into_iter()
        .map(|(code, severity, message)| format!("{severity}[{code}]: {message}"));
    (claims, findings.collect())
}
