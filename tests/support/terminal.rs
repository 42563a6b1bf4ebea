//! A terminal: a real pseudo-terminal, what is typed into it, and the screen that a person would see.

use std::ffi::OsString;
use std::io::{Read as _, Write};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::canaries::Canaries;
use super::programs::program;
use super::{World, words};

/// How long a screen may take to show what it should; a slow machine under load takes many seconds.
const PATIENCE: Duration = Duration::from_secs(120);

pub const ENTER: &str = "\r";
pub const ESCAPE: &str = "\x1b";
pub const CTRL_C: &str = "\x03";
pub const TAB: &str = "\t";
pub const SPACE: &str = " ";
pub const DOWN: &str = "\x1b[B";
pub const UP: &str = "\x1b[A";
/// Empties a line that is being typed.
pub const CTRL_U: &str = "\x15";

struct Screen {
    parser: vt100::Parser,
    /// All that was written since the last key.
    since_key: Vec<u8>,
    written: Vec<u8>,
    ended: bool,
}

/// A running program and its terminal.
pub struct Terminal {
    screen: Arc<(Mutex<Screen>, Condvar)>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    folder: String,
    canaries: Canaries,
    // Closing it would hang the terminal up.
    _master: Box<dyn MasterPty + Send>,
}

/// How a program in a terminal ended.
#[derive(Debug)]
pub struct Ended {
    pub code: u32,
    /// The lines on the screen.
    pub screen: String,
    /// The same with its colours, as escape sequences.
    pub coloured: String,
    /// All that was ever written, escape sequences included.
    pub written: String,
    pub cursor_is_visible: bool,
}

impl Terminal {
    /// Runs `helm clearml-certs LINE > out` in a terminal of 80 columns, the line split into [`words`]: what goes to stdout can
    /// be compared byte for byte.
    pub fn plugin(world: &World, line: &str) -> Self {
        Self::plugin_with(world, line, &[])
    }

    pub fn plugin_with(world: &World, line: &str, variables: &[(&str, &str)]) -> Self {
        let line = shell_words::join(words(line));
        let script = format!("exec \"$HELM\" clearml-certs {line} >out");
        Self::start(world, &script, 80, variables)
    }

    /// Runs a shell's line; `$HELM` is helm.
    pub fn start(world: &World, script: &str, columns: u16, variables: &[(&str, &str)]) -> Self {
        let size = PtySize {
            rows: 100,
            cols: columns,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(program("sh"));
        command.args(["-c", script]);
        command.cwd(world.path(""));
        command.env_clear();
        let helm: OsString = world.helm.binary().into();
        for (name, value) in world.variables() {
            command.env(name, value);
        }
        command.env("HELM", helm);
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        let mut output = pair.master.try_clone_reader().unwrap();
        let screen = Arc::new((
            Mutex::new(Screen {
                parser: vt100::Parser::new(
                    size.rows.try_into().unwrap(),
                    size.cols.try_into().unwrap(),
                    0,
                ),
                since_key: Vec::new(),
                written: Vec::new(),
                ended: false,
            }),
            Condvar::new(),
        ));
        let shared = Arc::clone(&screen);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                let read = output.read(&mut bytes).unwrap_or(0);
                let (screen, changed) = &*shared;
                let mut screen = screen.lock().unwrap();
                screen.parser.process(&bytes[..read]);
                screen.since_key.extend_from_slice(&bytes[..read]);
                screen.written.extend_from_slice(&bytes[..read]);
                screen.ended = read == 0;
                changed.notify_all();
                if read == 0 {
                    return;
                }
            }
        });
        Self {
            screen,
            keys: pair.master.take_writer().unwrap(),
            child,
            folder: world.folder.path().display().to_string(),
            canaries: world.canaries.clone(),
            _master: pair.master,
        }
    }

    /// Waits until `text` was written since the last key, however its words are broken into lines.
    #[track_caller]
    pub fn shows(&mut self, text: &str) -> &mut Self {
        let seen = self.wait_until(|screen| {
            let written = String::from_utf8_lossy(&screen.since_key);
            in_words(&console::strip_ansi_codes(&written)).contains(&in_words(text))
        });
        assert!(
            seen,
            "the terminal does not show {text:?}:\n{}",
            self.text()
        );
        self
    }

    /// Types keys.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        self.screen.0.lock().unwrap().since_key.clear();
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
        self
    }

    /// Moves the cursor of the list that is shown to the line that holds `words`.
    #[track_caller]
    pub fn goes_to(&mut self, words: &str) -> &mut Self {
        let places = |screen: &Screen| {
            let text = screen.parser.screen().contents();
            let rows: Vec<&str> = text.lines().collect();
            let last = |is: &dyn Fn(&str) -> bool| rows.iter().rposition(|row| is(row));
            let cursor = last(&|row| row.starts_with('❯'))?;
            Some((cursor, last(&|row| row.contains(words))?))
        };
        self.wait_until(|screen| places(screen).is_some());
        let found = places(&self.screen.0.lock().unwrap());
        let Some((cursor, line)) = found else {
            panic!("no list with {words:?}:\n{}", self.text());
        };
        let key = if line > cursor { DOWN } else { UP };
        self.press(&key.repeat(line.abs_diff(cursor)))
    }

    /// The screen as it is now.
    pub fn text(&self) -> String {
        let screen = self.screen.0.lock().unwrap();
        let lines: Vec<String> = screen
            .parser
            .screen()
            .contents()
            .replace(&self.folder, "[WORLD]")
            .lines()
            .map(|line| line.trim_end().to_owned())
            .collect();
        lines.join("\n").trim_end().to_owned()
    }

    /// Waits for the end.
    #[track_caller]
    pub fn ends(&mut self, code: u32) -> Ended {
        let ended = self.wait_until(|screen| screen.ended);
        assert!(ended, "the program does not end:\n{}", self.text());
        let status = self.child.wait().unwrap();
        let (coloured, written) = {
            let screen = self.screen.0.lock().unwrap();
            let text =
                |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&self.folder, "[WORLD]");
            (
                text(coloured(screen.parser.screen()).as_bytes()),
                text(&screen.written),
            )
        };
        let ended = Ended {
            code: status.exit_code(),
            screen: self.text(),
            coloured,
            written,
            cursor_is_visible: !self.screen.0.lock().unwrap().parser.screen().hide_cursor(),
        };
        assert_eq!(ended.code, code, "{}", ended.screen);
        self.canaries.are_silent_in(&ended.screen);
        ended
    }

    fn wait_until(&self, is_so: impl Fn(&Screen) -> bool) -> bool {
        let (screen, changed) = &*self.screen;
        let limit = Instant::now() + PATIENCE;
        let mut screen = screen.lock().unwrap();
        while !is_so(&screen) {
            let left = limit.saturating_duration_since(Instant::now());
            if left.is_zero() || screen.ended {
                return is_so(&screen);
            }
            screen = changed.wait_timeout(screen, left).unwrap().0;
        }
        true
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

/// Each line says its colours by itself, whatever stands above it; one that the terminal broke is one.
fn coloured(screen: &vt100::Screen) -> String {
    let (_, columns) = screen.size();
    let rows = (0..).zip(screen.rows_formatted(0, columns.into()));
    let text: String = rows
        .map(|(number, row)| {
            if screen.row_wrapped(number) {
                row
            } else {
                row + "\n"
            }
        })
        .collect();
    text.trim_end().to_owned()
}

fn in_words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
