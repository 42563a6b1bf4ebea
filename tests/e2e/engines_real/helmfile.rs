//! helmfile, as a program: what it runs is what the documented command runs.

use std::path::PathBuf;
use std::process::Command;

use super::{are_same, is_as_by, is_live, pem, pushed, rendered, targets};
use crate::support::cluster::Namespace;
use crate::support::{Helm, World, repository};

fn program() -> PathBuf {
    let script = repository().join("scripts/tools");
    let output = Command::new(script)
        .args(["--offline", "helmfile"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().into()
}

on_the_cluster! {
    fn what_was_exported_is_deployed_as_install_would(world, namespace) {
        let charts = pushed(&world, &namespace);
        targets(&world, &namespace, "clearml-certs.yaml", "", &charts);
        world.plugin("render -c clearml-certs.yaml --in-place -- --plain-http").exits(0);
        world.plugin("export --to helmfile -d . -- --plain-http").exits(0);
        let helm = world.helm.binary().display().to_string();
        let helmfile = |words: &[&str]| {
            let options = ["--helm-binary", helm.as_str(), "--disable-force-update"];
            world.start(&program(), options.iter().chain(words), &[]).ends()
        };
        let templated = helmfile(&["template", "-q", "-l", "component=agent"]);
        let by_helm = rendered(&world, world.helm, &namespace, "clearml-agent", &charts, "agent.yaml");
        are_same(&templated.exits(0).stdout, &by_helm.stdout);
        helmfile(&["sync"]).exits(0);
        assert!(is_live(&namespace, &pem(&world, "ca.pem")));
        for (release, file) in [("clearml-agent", "agent.yaml"), ("gw", "gateway.yaml")] {
            is_as_by(world.helm, &world, &namespace, release, &charts, file);
        }
        // What install would do is done.
        let install = "install -c clearml-certs.yaml --skip-probe --yes -- --plain-http";
        world.plugin(install).exits(0).says("Nothing to change");
    }
}
