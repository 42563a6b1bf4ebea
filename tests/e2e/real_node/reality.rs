//! What the clients in the pods do: a server tells which of them asked it, which they do once they trust it and not before.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};

use super::bases;
use super::case::Case;
use crate::support::authority::{Issued, Name, authority, server};
use crate::support::cluster::{self, Namespace};
use crate::support::real_node;
use crate::support::tls_server::{self, Asked};
use crate::support::until;

const HOST: &str = "clearml.acme.example";

/// How many runs there were in this process; each has namespaces of its own.
static RUNS: AtomicUsize = AtomicUsize::new(0);

/// How many pods run at the same time.
const AT_ONCE: usize = 8;

/// How long all pods together may be silent.
const PATIENCE: Duration = Duration::from_secs(300);

/// A CA, another, and a server of the first.
pub(super) struct Server {
    pub(super) ca: Issued,
    pub(super) other: Issued,
    pub(super) asked: Asked,
}

impl Server {
    pub(super) fn start() -> Self {
        let [ca, other] = ["Acme Root", "Other Root"].map(|name| authority(name).self_signed());
        let own = server(HOST).names(&[Name::Dns(HOST)]).issued_by(&ca);
        Self {
            asked: tls_server::serve_asked(&[&own]),
            ca,
            other,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("https://{HOST}:{}", self.asked.port)
    }
}

/// What became of a pod.
#[derive(Debug, Default)]
pub(super) struct Reality {
    /// The clients that got an answer.
    pub(super) worked: BTreeSet<String>,
    /// What each that asked said; empty where the task never ran.
    pub(super) said: BTreeMap<String, String>,
    /// Why the task did not run, as the cluster tells it.
    pub(super) stuck: String,
}

/// Runs the pods of all cases.
pub(super) fn run(cases: &[Case], server: &Server) -> Vec<Reality> {
    let news = Watch::start();
    let mut run = Run {
        server,
        prefix: format!(
            "pods-{}-{}",
            std::process::id(),
            RUNS.fetch_add(1, Ordering::SeqCst)
        ),
        open: BTreeSet::new(),
        ended: BTreeMap::new(),
    };
    let mut next = 0;
    while run.ended.len() < cases.len() {
        while next < cases.len() && run.open.len() < AT_ONCE {
            run.create(next, &cases[next]);
            next += 1;
        }
        // None: whatever was created was refused.
        if run.open.is_empty() {
            continue;
        }
        let Some(item) = news.next() else {
            let open = run.open.iter().map(|index| &cases[*index].name);
            panic!("nothing happens to {:?}", open.collect::<Vec<_>>());
        };
        run.hears(&item);
    }
    std::mem::take(&mut run.ended).into_values().collect()
}

/// What becomes of pods, and the events around them, as the cluster tells it.
struct Watch {
    news: Receiver<Value>,
    kubectl: Vec<Child>,
}

impl Watch {
    fn start() -> Self {
        let (sender, news) = channel();
        let kubectl = ["pods", "events"].map(|kind| {
            let mut child = cluster::command()
                .args(["get", kind, "-A", "--watch", "-o", "json"])
                .stdout(Stdio::piped())
                .spawn()
                .unwrap();
            let output = BufReader::new(child.stdout.take().unwrap());
            let sender = sender.clone();
            std::thread::spawn(move || {
                for item in serde_json::Deserializer::from_reader(output).into_iter() {
                    let Ok(item) = item else { break };
                    if sender.send(item).is_err() {
                        break;
                    }
                }
            });
            child
        });
        Self {
            news,
            kubectl: kubectl.into(),
        }
    }

    /// The next object that has changed; nothing if none does for minutes.
    fn next(&self) -> Option<Value> {
        self.news.recv_timeout(PATIENCE).ok()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for child in &mut self.kubectl {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

struct Run<'a> {
    server: &'a Server,
    prefix: String,
    /// Pods that have not ended, by the number of their case.
    open: BTreeSet<usize>,
    ended: BTreeMap<usize, Reality>,
}

impl Drop for Run<'_> {
    fn drop(&mut self) {
        let left: Vec<String> = self
            .open
            .iter()
            .map(|index| self.namespace(*index))
            .collect();
        delete(&left);
    }
}

fn delete(namespaces: &[String]) {
    if !namespaces.is_empty() {
        let names = namespaces.iter().map(String::as_str);
        let line: Vec<&str> = ["delete", "namespace", "--wait=false"]
            .into_iter()
            .chain(names)
            .collect();
        Namespace::kubectl(&line);
    }
}

impl Run<'_> {
    fn namespace(&self, index: usize) -> String {
        format!("{}-{index}", self.prefix)
    }

    /// Creates the pod of a case, in a namespace with what it mounts.
    fn create(&mut self, index: usize, case: &Case) {
        let namespace = self.namespace(index);
        let made =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        let mut objects = vec![made];
        for text in case.texts() {
            let mut text = text.clone();
            text["metadata"] = json!({"name": text["metadata"]["name"], "namespace": namespace});
            objects.push(text);
        }
        let script = script(&format!("{}/{index}", self.server.url()));
        objects.push(bases::pod(case, &namespace, HOST, &script));
        self.open.insert(index);
        if let Some(why) = real_node::create(&objects) {
            self.end(
                index,
                Reality {
                    stuck: why,
                    ..Reality::default()
                },
            );
        }
    }

    fn end(&mut self, index: usize, reality: Reality) {
        self.open.remove(&index);
        if !reality.stuck.is_empty() {
            delete(&[self.namespace(index)]);
        }
        self.ended.insert(index, reality);
    }

    /// Takes notice of a pod that has ended, or never will start.
    fn hears(&mut self, item: &Value) {
        let namespace = item["metadata"]["namespace"].as_str().unwrap_or_default();
        let number = namespace.strip_prefix(&format!("{}-", self.prefix));
        let Some(index) = number.and_then(|number| number.parse().ok()) else {
            return;
        };
        if !self.open.contains(&index) {
            return;
        }
        if item["kind"] == "Event" {
            if let Some(stuck) = stuck_for_ever(item) {
                self.end(
                    index,
                    Reality {
                        stuck,
                        ..Reality::default()
                    },
                );
            }
        } else if item["status"]["phase"] == "Succeeded" || item["status"]["phase"] == "Failed" {
            let reality = self.reality(index, &item["status"]);
            self.end(index, reality);
        }
    }

    fn reality(&self, index: usize, status: &Value) -> Reality {
        let containers = ["initContainerStatuses", "containerStatuses"]
            .map(|field| status[field].as_array().cloned().unwrap_or_default());
        let message = |one: &Value| {
            one["state"]["terminated"]["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let task = containers[1].iter().find(|one| one["name"] == "task");
        let said: BTreeMap<String, String> = task
            .map(message)
            .unwrap_or_default()
            .lines()
            .filter_map(|line| line.split_once(' '))
            .map(|(client, words)| (client.to_owned(), words.to_owned()))
            .collect();
        let stuck = if said.is_empty() {
            status.to_string()
        } else {
            String::new()
        };
        Reality {
            worked: self.server.asked.of(&format!("/{index}/")),
            said,
            stuck,
        }
    }
}

/// Whether an event says that a pod will never start: what it mounts or runs is not there.
fn stuck_for_ever(event: &Value) -> Option<String> {
    let text = |field: &str| event[field].as_str().unwrap_or_default();
    let (reason, message) = (text("reason"), text("message"));
    let is_final = match reason {
        "FailedMount" => {
            message.contains("not found") || message.contains("references non-existent")
        }
        "Failed" => !message.contains("context"),
        "InspectFailed" | "ErrImageNeverPull" => true,
        _ => false,
    };
    is_final.then(|| format!("{reason}: {message}"))
}

/// What a task prints that runs `script`.
pub(super) fn printed(case: &Case, script: &str) -> String {
    let namespace = Namespace::new();
    let texts = case.texts().cloned().map(|mut text| {
        text["metadata"] = json!({"name": text["metadata"]["name"], "namespace": namespace.name});
        text
    });
    let script = format!("({script}) >/dev/termination-log 2>&1; true");
    let pod = bases::pod(case, &namespace.name, HOST, &script);
    let objects: Vec<Value> = texts.chain([pod]).collect();
    assert_eq!(real_node::create(&objects), None);
    let status = || namespace.get("pods")["items"][0]["status"].clone();
    until("the end of the pod", || status()["phase"] == "Succeeded");
    let ended = status()["containerStatuses"][0]["state"]["terminated"].clone();
    ended["message"].as_str().unwrap_or_default().to_owned()
}

/// Asks the server with every client that the image has, each under a path of its own, and tells what each says.
fn script(url: &str) -> String {
    let python = format!(
        "
import urllib.request, requests, httpx, httplib2
def ask(name, how):
    try:
        how('{url}/' + name)
        words = 'connected'
    except Exception as e:
        words = str(e).replace('\\n', ' ')[-200:]
    print(name, words, flush=True)
ask('requests', lambda url: requests.get(url, timeout=60))
ask('urllib', lambda url: urllib.request.urlopen(url, timeout=60).read())
ask('httpx', lambda url: httpx.get(url, timeout=60))
ask('httplib2', lambda url: httplib2.Http(timeout=60).request(url))"
    );
    let node = format!(
        "require('https').get('{url}/node', a => a.resume()).on('error', e => {{ console.error(e.message); process.exit(1) }})"
    );
    format!(
        r#"
export HOME=/tmp GIT_TERMINAL_PROMPT=0 GIT_CONFIG_NOSYSTEM=1 UV_HTTP_RETRIES=0 UV_HTTP_TIMEOUT=60 UV_HTTP_CONNECT_TIMEOUT=60 UV_PYTHON_DOWNLOADS=never
exec >>/dev/termination-log 2>&1
ask() {{
  name=$1
  shift
  command -v "$1" >/dev/null || return 0
  said=$(timeout 90 "$@" 2>&1) || true
  echo "$name $(printf '%s.' "$said" | tr '\n' ' ' | tail -c 200)"
}}
ask curl curl -sS -m 60 -o /dev/null {url}/curl
ask git git ls-remote {url}/git
ask node node --use-bundled-ca -e "{node}"
ask pip python3 -m pip download -q --isolated --no-deps --no-cache-dir --retries 0 --timeout 60 -d /tmp/x -i {url}/pip/ no-such-package
server={url}
server=${{server#https://}}
printf 'GET /%s/openssl HTTP/1.0\r\n\r\n' "${{server#*/}}" |
  ask openssl openssl s_client -quiet -verify_return_error -connect "${{server%%/*}}" -servername "${{server%%:*}}"
ask uv uv pip install --no-cache --dry-run --target /tmp/x --no-config --index-url {url}/uv/ no-such-package
timeout 90 python3 -c "{python}" || true"#
    )
}
