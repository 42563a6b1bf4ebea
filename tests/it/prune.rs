//! `--prune`: what is of no more use goes in the same edit that brings its successor.

use crate::support::authority::{Issued, Name, authority, server};
use crate::support::tls_server::Renewable;
use crate::support::{Helm, Run, World, certificates, chart};

const AGENT_FILE: &str = "clearml-agent-values.override.yaml";
const TEMPLATE: &str = "clearml-enterprise-agent-6.9.3";
const PROPAGATE: &str = "clearml-enterprise-agent-6.14.6";

fn render(world: &World, agent: &str, line: &str) -> Run {
    world.plugin(&format!(
        "render agent --in-place --chart {} {line}",
        chart(agent)
    ))
}

/// Two generations of one CA, and a CA that is somebody else's.
fn generations(world: &World) -> (Issued, Issued) {
    let old = authority("Acme Root").days(-400, 400).self_signed();
    let new = authority("Acme Root").days(-10, 4000).self_signed();
    world.write("old.pem", &old.pem());
    world.write("new.pem", &new.pem());
    world.write("other.pem", &certificates::ca("Other Root"));
    (old, new)
}

either_major! {
    fn the_older_generation_goes_as_the_newer_comes_and_names_move_up(world) {
        generations(&world);
        for agent in [TEMPLATE, PROPAGATE] {
            // What a file with the newer and the other alone looks like.
            world.write(AGENT_FILE, "a: 1 # mine\n");
            render(&world, agent, "--ca other.pem --ca acme-root-2=new.pem").exits(0);
            let expected = world.read(AGENT_FILE);
            world.write(AGENT_FILE, "a: 1 # mine\n");
            render(&world, agent, "--ca old.pem --ca other.pem").exits(0);
            let before = world.read(AGENT_FILE);
            render(&world, agent, "--ca acme-root-2=new.pem --prune superseded").exits(0).never_says("nothing-selected");
            assert_eq!(world.read(AGENT_FILE), expected);
            // A second run finds nothing to do, and what there is to prune without a successor is told apart.
            render(&world, agent, "--ca acme-root-2=new.pem --prune superseded --prune expired").exits(0).never_says("nothing-selected");
            assert_eq!(world.read(AGENT_FILE), expected);
            world.write(AGENT_FILE, &before);
            render(&world, agent, "--ca acme-root-2=new.pem --prune expired").exits(0);
            assert_eq!(world.read(AGENT_FILE).matches("- alias:").count(), 3);
        }
    }

    fn what_has_ended_goes_and_what_is_given_stays(world) {
        world.write("ended.pem", &certificates::expired_ca("Acme Ended"));
        world.write("new.pem", &certificates::ca("Acme New"));
        for mode in ["append", "replace"] {
            world.write(AGENT_FILE, "a: 1\n");
            render(&world, PROPAGATE, &format!("--ca ended.pem --mode {mode} --ignore certificate-expired")).exits(0);
            render(&world, PROPAGATE, "--ca new.pem --prune expired").exits(0);
            let pruned = world.read(AGENT_FILE);
            assert_eq!(pruned.matches("BEGIN CERTIFICATE").count(), 1, "{pruned}");
            world.write(AGENT_FILE, "a: 1\n");
            render(&world, PROPAGATE, &format!("--ca new.pem --mode {mode}")).exits(0);
            let said = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).unwrap();
            assert_eq!(said(&world.read(AGENT_FILE)), said(&pruned));
        }
        // Given by the user's own hand, it is judged, and not taken away in silence.
        render(&world, PROPAGATE, "--ca ended.pem --prune expired").exits(3).warns("error[certificate-expired]");
    }

    fn a_server_that_needs_the_older_one_keeps_it(world) {
        let (old, new) = generations(&world);
        let leaf = |issuer: &Issued| server("localhost").names(&[Name::Dns("localhost")]).issued_by(issuer);
        let api = Renewable::serve(&[&leaf(&old)]);
        world.write(AGENT_FILE, &format!("agentk8sglue:\n  apiServerUrlReference: https://localhost:{}\n", api.port));
        render(&world, PROPAGATE, "--ca old.pem").exits(0);
        let line = format!("install agent --chart {} --ca acme-root-2=new.pem --prune superseded --dry-run", chart(PROPAGATE));
        world.plugin(&line).exits(3).warns("error[certificate-needed]").warns("CN=Acme Root");
        api.present(&[&leaf(&new)]);
        world.plugin(&line).exits(0).says("acme-root");
    }
}
