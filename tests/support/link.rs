//! The way to the API server, which a test can cut or clog, from outside of its own process too: by files in a folder.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// A relay on the loopback between clients and the server of a kubeconfig.
pub struct Link {
    folder: TempDir,
    pub kubeconfig: PathBuf,
}

impl Link {
    /// A link to the server of a kubeconfig, with a kubeconfig of its own.
    pub fn to_server_of(kubeconfig: &Path) -> Self {
        let text = fs::read_to_string(kubeconfig).unwrap();
        let (_, rest) = text.split_once("https://").unwrap();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
        let server = rest[..end.unwrap()].to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let folder = TempDir::new().unwrap();
        let own = folder.path().join("kubeconfig");
        fs::write(&own, text.replace(&server, &address.to_string())).unwrap();
        let flags = folder.path().to_path_buf();
        let open: Arc<Mutex<Vec<TcpStream>>> = Arc::default();
        let watched = Arc::clone(&open);
        let watched_flags = flags.clone();
        thread::spawn(move || watch(&watched_flags, &watched));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if flags.join("cut").exists() {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&server) else {
                    continue;
                };
                let both = [client.try_clone(), server.try_clone()].map(Result::unwrap);
                open.lock().unwrap().extend(both);
                let back = [server.try_clone(), client.try_clone()].map(Result::unwrap);
                for [from, to] in [[client, server], back] {
                    let flags = flags.clone();
                    thread::spawn(move || relay(&flags, from, to));
                }
            }
        });
        Self {
            folder,
            kubeconfig: own,
        }
    }

    /// The shell's command that cuts every connection, and lets none be made.
    pub fn cut(&self) -> String {
        let folder = self.folder.path().display();
        format!(": >{folder}/cut; while [ ! -e {folder}/is-cut ]; do :; done")
    }

    /// The shell's command after which nothing comes through any more, and nobody is told.
    pub fn clog(&self) -> String {
        format!(": >{}/clogged", self.folder.path().display())
    }

    /// Whether it is clogged.
    pub fn is_clogged(&self) -> bool {
        self.folder.path().join("clogged").exists()
    }

    /// As it was.
    pub fn heal(&self) {
        for flag in ["cut", "is-cut", "clogged"] {
            let _ = fs::remove_file(self.folder.path().join(flag));
        }
    }
}

/// Ends what is open when the link is cut; ends itself with the folder.
fn watch(flags: &Path, open: &Mutex<Vec<TcpStream>>) {
    while flags.exists() {
        if flags.join("cut").exists() && !flags.join("is-cut").exists() {
            for stream in open.lock().unwrap().drain(..) {
                let _ = stream.shutdown(Shutdown::Both);
            }
            let _ = fs::write(flags.join("is-cut"), "");
        }
        thread::sleep(Duration::from_millis(2));
    }
}

fn relay(flags: &Path, mut from: TcpStream, mut to: TcpStream) {
    let mut buffer = vec![0; 64 * 1024];
    while let Ok(read) = from.read(&mut buffer) {
        while flags.join("clogged").exists() {
            thread::sleep(Duration::from_millis(5));
        }
        if read == 0 || to.write_all(&buffer[..read]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
