//! The question before anything is changed, on a real terminal.

use crate::guided::{prepare, with_releases, with_releases_on};
use crate::support::terminal::{CTRL_C, ENTER, ESCAPE, Terminal};
use crate::support::{Helm, World, platform, until};

const LINE: &str = "install agent -n ml --ca corp-root.pem --task-pods off --skip-probe --agent-namespace ml --agent-chart charts/clearml-enterprise-agent-6.9.3";
const QUESTION: &str =
    "Upgrade agent-eu in ml on context blue (https://blue.acme.example:6443)? [y/N]";
const CTRL_D: &str = "\x04";

fn asks(world: &World) -> Terminal {
    let mut terminal = with_releases(world, &LINE.replace(" -n ml", ""));
    terminal.shows(QUESTION);
    terminal
}

fn nothing_was_done(world: &World, before: &str) {
    assert!(!world.files().contains(&"upgrades".to_owned()));
    assert_eq!(world.read("clearml-agent-values.override.yaml"), before);
}

either_major! {
    fn what_is_typed_before_the_question_is_no_answer(world) {
        prepare(&world);
        let before = world.read("clearml-agent-values.override.yaml");
        world.write("hold", "");
        let mut terminal = with_releases(&world, &LINE.replace(" -n ml", ""));
        until("helm renders", || world.files().contains(&"waiting".to_owned()));
        terminal.press("yes").press(ENTER).press("y").press(ENTER);
        std::fs::remove_file(world.path("hold")).unwrap();
        terminal.shows(QUESTION).press(ENTER);
        let ended = terminal.shows("nothing was changed").ends(4);
        assert!(!ended.screen.contains("error:"), "{}", ended.screen);
        nothing_was_done(&world, &before);
    }

    fn a_yes_is_a_word_and_enter(world) {
        prepare(&world);
        let before = world.read("clearml-agent-values.override.yaml");
        for (keys, code) in [
            (&["maybe", ENTER, "n", ENTER][..], 4),
            (&[ENTER], 4),
            (&["yep", ENTER, ESCAPE], 130),
            (&["y", ESCAPE], 130),
            (&[CTRL_D], 130),
            (&["y", CTRL_C], 130),
        ] {
            let mut terminal = asks(&world);
            for key in keys {
                terminal.press(key);
            }
            terminal.ends(code);
            nothing_was_done(&world, &before);
        }
        let mut terminal = asks(&world);
        terminal.press("maybe").press(ENTER).shows("type yes or no, and Enter").press("Yes").press(ENTER);
        terminal.ends(0);
        assert!(world.read("upgrades").starts_with("upgrade -i -n ml agent-eu charts/"));
    }

    fn a_question_that_is_too_long_for_a_line_is_asked_whole(world) {
        prepare(&world);
        let mut terminal = with_releases_on(&world, &LINE.replace(" -n ml", ""), 60);
        terminal.shows("Upgrade agent-eu in ml on context blue").shows("(https://blue.acme.example:6443)?");
        terminal.shows("? [y/N] ").press("yes").press(ENTER);
        terminal.ends(0);
        assert!(world.read("upgrades").starts_with("upgrade -i -n ml agent-eu charts/"));
    }

    fn a_folder_that_cannot_be_written_to_is_told_in_place_of_the_question(world) {
        prepare(&world);
        let folder = world.path("closed");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("values.yaml"), "a: 1\n").unwrap();
        platform::set_mode(&folder, 0o555);
        let line = format!("clearml-certs {LINE} -f closed/values.yaml --dry-run");
        let run = world.runs_as_plain_user(&world.helm.binary(), &line);
        platform::set_mode(&folder, 0o755);
        run.exits(3)
            .warns("error[file-not-writable]: the folder ")
            .warns("cannot be written to, so closed/values.yaml cannot be replaced")
            .warns("--agent-values COPY");
        assert_eq!(world.read("closed/values.yaml"), "a: 1\n");
    }

    fn a_context_that_does_not_exist_is_an_error_with_those_that_do(world) {
        prepare(&world);
        world.write("k", "contexts: [{name: production, context: {}}, {name: staging, context: {}}]\n");
        let line = format!("{LINE} --dry-run --kubeconfig k");
        world
            .plugin(&format!("{line} --kube-context prodution"))
            .exits(64)
            .warns("there is no context prodution in the kubeconfig; did you mean production?");
        world
            .plugin(&format!("{line} --kube-context blue"))
            .exits(64)
            .warns("there are production, staging");
    }
}
