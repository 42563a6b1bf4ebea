//! What is seen while something takes its time: live on a terminal, a clean transcript elsewhere, nothing left behind.

use crate::support::cluster::Namespace;
use crate::support::terminal::{Ended, Terminal};
use crate::support::{Helm, World, certificates, chart};

const AGENT: &str = "clearml-enterprise-agent-6.9.3";
const HIDE_CURSOR: &str = "\x1b[?25l";
const CLEAR_LINE: &str = "\x1b[2K";

/// A dry run of the agent through the real helm, with its results in a file.
fn dry_run(world: &World, variables: &[(&str, &str)]) -> Ended {
    world.write("ca.pem", &certificates::ca("Acme Root"));
    let line = format!(
        "install agent --ca ca.pem --chart {} --dry-run",
        chart(AGENT)
    );
    Terminal::plugin_with(world, &line, variables).ends(0)
}

/// Frames of the spinner.
fn has_spinner(text: &str) -> bool {
    text.chars().any(|c| ('⠁'..='⣿').contains(&c))
}

both_majors! {
    fn on_a_terminal_steps_are_seen_and_leave_nothing_behind(world) {
        let ended = dry_run(&world, &[]);
        assert!(has_spinner(&ended.written), "{}", ended.written);
        assert!(ended.written.contains("rendering clearml-enterprise-agent 6.9.3"), "{}", ended.written);
        assert!(!has_spinner(&ended.screen), "{}", ended.screen);
        assert!(ended.cursor_is_visible);
    }

    fn a_transcript_is_clean_where_one_is_wanted(world) {
        for variable in [("CI", "true"), ("NO_COLOR", "1"), ("TERM", "dumb")] {
            let ended = dry_run(&world, &[variable]);
            for trace in [HIDE_CURSOR, CLEAR_LINE, "\x1b[1A"] {
                assert!(!ended.written.contains(trace), "{variable:?}: {:?}", ended.written);
            }
            assert!(!has_spinner(&ended.written), "{variable:?}: {:?}", ended.written);
            if variable.0 != "CI" {
                assert!(!ended.written.contains('\x1b'), "{variable:?}: {:?}", ended.written);
            }
        }
        let run = world.plugin(&format!("install agent --ca ca.pem --chart {} --dry-run", chart(AGENT)));
        run.exits(0).never_says("\x1b").never_says("\r");
        assert!(!has_spinner(&run.stderr), "{run}");
    }
}

on_the_cluster! {
    fn ready_pods_are_counted_while_helm_waits(world, namespace) {
        world.write("ca.pem", &certificates::ca("Acme Root"));
        let line = format!(
            "install agent --ca ca.pem --chart {} -n {} --yes --wait --timeout 6s -- --set agentk8sglue.image.tag=never-ready",
            chart(AGENT), namespace.name
        );
        let mut terminal = Terminal::plugin(&world, &line);
        terminal.shows("upgrading clearml-agent: pods ready 0/1");
        let ended = terminal.ends(1);
        assert!(!has_spinner(&ended.screen), "{}", ended.screen);
    }
}
