//! An agent with queues, whose task pods run on the real node.

use crate::support::authority::Issued;
use crate::support::cluster::{Namespace, kubeconfig};
use crate::support::{Helm, Run, Running, World, chart, copy_folder, until};

const AGENT: &str = "clearml-enterprise-agent-6.9.3";
pub(super) const INSIDE: &str = "inside.acme.example";

/// An agent whose task pods run on the real node, in the machine's own network.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) namespace: Namespace,
}

impl Scene {
    /// One that is deployed, and trusts `ca`; its values name the server at `port`.
    pub(super) fn new(helm: Helm, ca: &Issued, port: u16) -> Self {
        let scene = Self::prepared(World::with_cluster(helm, &kubeconfig()), ca, port);
        scene.install("").exits(0);
        scene
    }

    pub(super) fn prepared(world: World, ca: &Issued, port: u16) -> Self {
        let copy = world.path("chart");
        copy_folder(chart(AGENT).as_ref(), &copy);
        let file = copy.join("templates/_task-pod.tpl");
        let text = std::fs::read_to_string(&file).unwrap();
        let hosted = text.replace(
            "restartPolicy: Never\n",
            "restartPolicy: Never\nhostNetwork: true\n",
        );
        assert_ne!(hosted, text);
        std::fs::write(&file, hosted).unwrap();
        world.write("ca.pem", &ca.pem());
        let values = format!(
            "\
agentk8sglue:
  apiServerUrlReference: https://localhost:{port}
  fileServerUrlReference: https://localhost:{port}/files
  webServerUrlReference: http://localhost:1
  queues: {{default: {{}}, gpu: null}}
  basePodTemplate:
    hostAliases: [{{ip: 127.0.0.1, hostnames: [{INSIDE}]}}]
    nodeSelector: {{e2e-node: real}}
    tolerations: [{{key: e2e-node, operator: Exists}}]
    env: [{{name: GIT_TOKEN, value: hunter2-very-secret}}]
"
        );
        world.write("clearml-agent-values.override.yaml", &values);
        Self {
            world,
            namespace: Namespace::new(),
        }
    }

    pub(super) fn install(&self, more: &str) -> Run {
        self.world.plugin(&format!(
            "install agent --ca ca.pem --chart chart -n {} --yes --skip-probe {more}",
            self.namespace.name
        ))
    }

    pub(super) fn line(&self, more: &str) -> String {
        format!("verify agent -n {} --yes {more}", self.namespace.name)
    }

    pub(super) fn verify(&self, more: &str) -> Run {
        self.world.plugin(&self.line(more))
    }

    /// A run that goes on; its process is noted.
    pub(super) fn starts_verify(&self, more: &str) -> Running<'_> {
        self.world.notes_the_plugins_process();
        let line = self.line(more);
        let words = std::iter::once("clearml-certs").chain(line.split_whitespace());
        self.world.start(&self.world.helm.binary(), words, &[])
    }

    /// The phases of our pods in the namespace, and an empty line for each Job.
    pub(super) fn ours(&self) -> Vec<String> {
        let printed = Namespace::kubectl(&[
            "get",
            "jobs,pods",
            "-l",
            "clearml-certs/verify",
            "-n",
            &self.namespace.name,
            "-o",
            "jsonpath={range .items[*]}{.status.phase}{'\\n'}{end}",
        ]);
        printed.lines().map(str::to_owned).collect()
    }

    pub(super) fn has_a_pod_that_runs(&self) {
        until("a pod that asks", || {
            self.ours().iter().any(|phase| phase == "Running")
        });
    }

    /// Waits until both are there, the Job and its pod.
    pub(super) fn has_a_pod(&self) {
        until("a pod", || self.ours().len() == 2);
    }

    pub(super) fn comes_to_have_nothing_left(&self) {
        until("nothing is left", || self.ours().is_empty());
    }

    #[track_caller]
    pub(super) fn has_nothing_left(&self) {
        assert!(self.ours().is_empty(), "something is left behind");
    }
}
