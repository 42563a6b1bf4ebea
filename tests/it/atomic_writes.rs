//! A process killed in the middle of a write leaves the old file or the new one, whole.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use helm_clearml_certs::files;
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};

/// Names the file that the writing process replaces for ever.
const TARGET: &str = "ATOMIC_WRITES_TARGET";
const KILLS: usize = 200;
/// What the writing process says after each write.
const WRITTEN: &str = "written";

/// Large enough that a write takes several system calls.
fn contents() -> [String; 2] {
    ["old", "new"].map(|word| format!("# {word}\n").repeat(100_000) + "# end\n")
}

#[test]
#[ignore = "run by the test below, as the process that is killed"]
fn writes_for_ever() {
    let Some(target) = std::env::var_os(TARGET).map(PathBuf::from) else {
        return;
    };
    for text in contents().iter().rev().cycle() {
        files::replace(&target, text).unwrap();
        writeln!(std::io::stderr(), "{WRITTEN}").unwrap();
    }
}

#[test]
fn a_process_killed_at_any_moment_leaves_one_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("values.yaml");
    let contents = contents();
    fs::write(&target, &contents[0]).unwrap();
    let mut random = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut seen = [0usize; 2];
    for _ in 0..KILLS {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "atomic_writes::writes_for_ever", "--ignored"])
            .arg("--nocapture")
            .env(TARGET, &target)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Some writes are over, however slow this machine is, and the next one is at any point of its way.
        let told = BufReader::new(writer.stderr.take().unwrap()).lines();
        let written = told.map(Result::unwrap).filter(|line| line == WRITTEN);
        let some = usize::try_from(random.next_u32() % 4).unwrap();
        assert_eq!(written.take(some).count(), some);
        std::thread::sleep(Duration::from_micros(u64::from(random.next_u32() % 2_000)));
        writer.kill().unwrap();
        writer.wait().unwrap();
        let now = fs::read_to_string(&target).unwrap();
        let which = contents.iter().position(|one| *one == now);
        seen[which.expect("neither the old file nor the new one")] += 1;
    }
    assert!(seen[0] > 0 && seen[1] > 0, "both were seen: {seen:?}");
}
