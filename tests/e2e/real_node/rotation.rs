//! A rotation with pods that really run: at every moment, whatever interrupts it, tasks that start trust the server.

use super::scene::Scene;
use crate::support::authority::{Issued, authority, server};
use crate::support::real_node::DEBIAN_13;
use crate::support::tls_server::Renewable;
use crate::support::watched_helm::WatchedHelm;
use crate::support::{Helm, until};

/// Where the plugin is killed: before it knows anything, with a plan in its hands, and while helm upgrades.
const STEPS: [&str; 3] = ["list", "template", "upgrade"];

fn leaf(issuer: &Issued) -> Issued {
    server("localhost").issued_by(issuer)
}

fn check(helm: Helm) {
    let (old, new) = (
        authority("Acme Old").self_signed(),
        authority("Acme New").self_signed(),
    );
    let api = Renewable::serve(&[&leaf(&old)]);
    let scene = Scene::new(helm, &old, api.port);
    scene.world.write("new.pem", &new.pem());
    let watched = WatchedHelm::new(&scene.world);
    let rotate = format!(
        "rotate agent --from acme-old --to new.pem --chart chart -n {} --yes",
        scene.namespace.name
    );
    let is_green = || {
        scene
            .verify(&format!("--image {DEBIAN_13}"))
            .exits(0)
            .says("✓ trusts it")
            .never_says("✗");
    };
    let revision = || {
        let words = ["status", "clearml-agent", "-n", &scene.namespace.name];
        let status = scene.world.helm(words).stdout;
        let mut lines = status.lines();
        let number = lines.find_map(|line| line.strip_prefix("REVISION: "));
        let is_done = status.contains("STATUS: deployed");
        is_done.then(|| number.unwrap().parse::<u64>().unwrap())
    };
    let is_killed_at_every_step = || {
        let before = revision().unwrap();
        for step in STEPS {
            watched.before(step, "kill -9 $PLUGIN");
            assert_ne!(watched.plugin(&rotate).code, 0);
        }
        // The helm that it started goes on by itself.
        until("helm has upgraded", || revision() == Some(before + 1));
        is_green();
    };
    is_green();
    is_killed_at_every_step();
    watched.plugin(&rotate).exits(2);
    api.present(&[&leaf(&new)]);
    is_killed_at_every_step();
    watched.plugin(&rotate).exits(0);
    watched.plugin(&rotate).exits(0).says("Rotated");
    is_green();
    let values = scene.world.read("clearml-agent-values.override.yaml");
    assert!(
        values.contains("acme-new") && !values.contains("acme-old"),
        "{values}"
    );
    api.present(&[&leaf(&old)]);
    scene.verify(&format!("--image {DEBIAN_13}")).exits(3);
    scene.has_nothing_left();
}

#[test]
#[ignore = "needs a real node: make e2e"]
fn tasks_trust_the_server_at_every_moment_of_a_rotation_that_is_killed_again_and_again() {
    for helm in [Helm::V3, Helm::V4] {
        check(helm);
    }
}
