//! The README's transcript is what really comes out.

use crate::support::platform;
use crate::support::{Helm, World, repository};

/// The command and the output of the README's transcript.
fn transcript() -> (String, String) {
    let readme = std::fs::read_to_string(repository().join("README.md")).unwrap();
    let block = readme
        .split("```console\n")
        .nth(1)
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    let (command, output) = block
        .strip_prefix("$ helm ")
        .unwrap()
        .split_once("\n\n")
        .unwrap();
    (command.replace("\\\n", " "), output.to_owned())
}

both_majors! {
    fn the_readmes_transcript_is_what_comes_out(world) {
        world.write("corp-root.pem", include_str!("../../examples/acme-root.pem"));
        world.write(
            "clearml-agent-values.override.yaml",
            "# Overrides of the ML platform team\nimageCredentials:\n  enabled: true\n  password: \"not-to-be-shown\"\n\nagentk8sglue:\n  apiServerUrlReference: https://api.clearml.acme.example  # behind the corporate CA\n",
        );
        world.write(
            "clearml-app-gateway-values.override.yaml",
            "clearml:\n  apiServerUrlReference: https://api.clearml.acme.example\n  apiKey: \"GATEWAYS-OWN-KEY\"\n  apiSecret: \"not-to-be-shown\"\n",
        );
        platform::link(repository().join("tests/charts"), world.path("charts"));
        let (command, output) = transcript();
        let run = world.helm(command.split_whitespace());
        run.exits(0);
        // Whoever has no kubeconfig has no context that could be named.
        let came_out = run.stdout.replace(" --kubeconfig [WORLD]/no-cluster", "");
        let came_out = came_out.replace(" of context none (http://127.0.0.1:1)", "");
        assert_eq!(came_out.trim(), output.trim(), "{run}");
    }
}
