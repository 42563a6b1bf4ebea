//! The proof against pods: nothing that it calls arrived may fail, and nothing that it refuses may work.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::bases::{self, MUTATED};
use super::case::Case;
use super::claims::{self, Claim, Claims};
use super::mutations::{APPEND, REPLACE};
use super::reality::{self, Reality, Server};

/// How many pods every run has; `REAL_PODS` asks for another number, `all` for every one.
const EVERY_RUN: usize = 40;

#[test]
#[ignore = "needs a real node: make e2e"]
fn what_the_proof_says_of_a_pod_is_what_its_clients_do() {
    let server = Server::start();
    let [pem, other] = [server.ca.pem(), server.other.pem()];
    let cases = chosen(cases(&server, &pem, &other));
    let (claims, realities) = std::thread::scope(|scope| {
        let claims = scope.spawn(|| side_by_side(&cases, |case| claims::of(case, &pem, &other)));
        let realities = reality::run(&cases, &server);
        (claims.join().unwrap(), realities)
    });
    let mut table: BTreeMap<&str, [usize; 2]> = BTreeMap::new();
    let mut report = Vec::new();
    for ((case, claims), reality) in cases.iter().zip(&claims).zip(&realities) {
        let against = disagreements(claims, reality);
        table.entry(case.kind).or_default()[usize::from(!against.is_empty())] += 1;
        if !against.is_empty() {
            report.push(format!(
                "{}\n  {}\n  {}",
                case.name,
                against.join("\n  "),
                told(claims, reality)
            ));
        }
    }
    println!("{:24} agreed  disagreed", "kind");
    for (kind, [agreed, disagreed]) in &table {
        println!("{kind:24} {agreed:6}  {disagreed:9}");
    }
    assert!(
        report.is_empty(),
        "{} of {} pods\n{}",
        report.len(),
        cases.len(),
        report.join("\n")
    );
}

/// Every plan as it is, and every mutation of the first plans.
fn cases(server: &Server, pem: &str, other: &str) -> Vec<Case> {
    let planned = bases::all(&server.url(), pem, other);
    let mut all = planned.clone();
    for base in &planned[..MUTATED] {
        let is_replaced = base.command.contains("--mode replace");
        let kinds = if is_replaced {
            REPLACE.as_slice()
        } else {
            APPEND.as_slice()
        };
        for (kind, mutations) in kinds {
            for (name, mutate) in *mutations {
                let mut case = base.clone();
                mutate(&mut case);
                case.kind = kind;
                case.name = format!("{kind}: {name} ({})", base.name);
                all.push(case);
            }
        }
    }
    all
}

/// As many as are asked for, evenly of each kind and always the same.
fn chosen(all: Vec<Case>) -> Vec<Case> {
    if let Ok(filter) = std::env::var("REAL_PODS_OF") {
        let is_meant = |case: &Case| filter.split(" & ").all(|part| case.name.contains(part));
        return all.into_iter().filter(is_meant).collect();
    }
    let wanted = match std::env::var("REAL_PODS") {
        Ok(number) => number.parse().unwrap_or(usize::MAX),
        Err(_) => EVERY_RUN,
    };
    let mut kinds: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
    let total = all.len();
    for case in all {
        kinds.entry(case.kind).or_default().push(case);
    }
    let wanted = wanted.min(total);
    let mut chosen = Vec::new();
    for cases in kinds.into_values() {
        let share = (cases.len() * wanted).div_ceil(total);
        chosen.extend((0..share).map(|index| cases[index * cases.len() / share].clone()));
    }
    chosen
}

/// What `of` says of each, on as many threads as there are processors.
fn side_by_side<T: Send>(cases: &[Case], of: impl Fn(&Case) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let made = Mutex::new(BTreeMap::new());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((index, case)) = {
                    let index = next.fetch_add(1, Ordering::SeqCst);
                    cases.get(index).map(|case| (index, case))
                } {
                    let one = of(case);
                    made.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .insert(index, one);
                }
            });
        }
    });
    made.into_inner()
        .unwrap_or_else(PoisonError::into_inner)
        .into_values()
        .collect()
}

fn disagreements(claims: &Claims, reality: &Reality) -> Vec<String> {
    let both = [
        ("the proof", &claims.of_the_proof),
        ("the command", &claims.of_the_binary),
    ];
    let mut against = Vec::new();
    for (who, claims) in both {
        for (client, claim) in claims {
            let works = reality.worked.contains(*client);
            let has_it = works || reality.said.contains_key(*client) || reality.said.is_empty();
            let agrees = match claim {
                Claim::Works => works,
                Claim::Fails => !works,
                Claim::Open => true,
            };
            if has_it && !agrees {
                against.push(format!(
                    "{who} says that {client} {}",
                    if works {
                        "fails, and it works"
                    } else {
                        "works, and it fails"
                    }
                ));
            }
        }
    }
    against
}

/// What the findings say, and what the clients say.
fn told(claims: &Claims, reality: &Reality) -> String {
    let said = reality
        .said
        .iter()
        .map(|(client, words)| format!("{client}: {words}"));
    let stuck = (!reality.stuck.is_empty()).then(|| reality.stuck.chars().take(1500).collect());
    let all: Vec<String> = claims
        .findings
        .iter()
        .cloned()
        .chain(said)
        .chain(stuck)
        .collect();
    all.join("\n  ")
}
