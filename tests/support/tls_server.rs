//! TLS servers on the loopback that present whatever a test wants.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use openssl::ssl::{SslAcceptor, SslAcceptorBuilder, SslMethod, SslOptions, SslVersion};

use super::authority::Issued;

/// A server on a free port that presents `chain`, its own certificate first; it ends with the test.
pub fn serve(chain: &[&Issued]) -> u16 {
    serve_with(chain, |_| {})
}

/// A server whose certificate can be changed while it runs.
pub struct Renewable {
    /// Where it listens.
    pub port: u16,
    presented: Arc<Mutex<Arc<SslAcceptor>>>,
}

impl Renewable {
    /// Serves `chain` on a free port until the test ends, or until something else is presented, and answers every request.
    pub fn serve(chain: &[&Issued]) -> Self {
        let presented = Arc::new(Mutex::new(Arc::new(acceptor(chain, |_| {}))));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let now = presented.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let acceptor = now.lock().unwrap().clone();
                std::thread::spawn(move || serve_page(&acceptor, stream));
            }
        });
        Self { port, presented }
    }

    /// From the next connection on, it presents this chain.
    pub fn present(&self, chain: &[&Issued]) {
        *self.presented.lock().unwrap() = Arc::new(acceptor(chain, |_| {}));
    }
}

/// A server that speaks nothing newer than TLS 1.1.
pub fn serve_old(chain: &[&Issued]) -> u16 {
    serve_with(chain, |builder| {
        builder.clear_options(SslOptions::NO_TLSV1 | SslOptions::NO_TLSV1_1);
        builder
            .set_min_proto_version(Some(SslVersion::TLS1))
            .unwrap();
        builder
            .set_max_proto_version(Some(SslVersion::TLS1_1))
            .unwrap();
        builder.set_cipher_list("ALL:@SECLEVEL=0").unwrap();
    })
}

/// A server that takes connections and never says a word.
pub fn serve_silence() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut open = Vec::new();
        for stream in listener.incoming().flatten() {
            open.push(stream);
        }
    });
    port
}

fn greet(acceptor: &SslAcceptor, stream: TcpStream) {
    if let Ok(mut tls) = acceptor.accept(stream) {
        let _ = tls.read(&mut [0]);
        let _ = tls.write(b"");
    }
}

/// A server that answers, and who asked it.
pub struct Asked {
    pub port: u16,
    paths: Arc<Mutex<BTreeSet<String>>>,
}

impl Asked {
    /// The first parts of the paths below `folder` that were asked for.
    pub fn of(&self, folder: &str) -> BTreeSet<String> {
        let paths = self.paths.lock().unwrap();
        let below = paths.iter().filter_map(|path| path.strip_prefix(folder));
        below
            .filter_map(|rest| rest.split(['/', '?']).next().map(str::to_owned))
            .collect()
    }
}

/// A server that answers every request, many at a time: a file server's root with 405, all else with 200, and nothing in it.
pub fn serve_asked(chain: &[&Issued]) -> Asked {
    let acceptor = Arc::new(acceptor(chain, |_| {}));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let paths = Arc::<Mutex<BTreeSet<String>>>::default();
    let asked = Asked {
        port,
        paths: paths.clone(),
    };
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let (acceptor, paths) = (acceptor.clone(), paths.clone());
            std::thread::spawn(move || answer(&acceptor, stream, &paths));
        }
    });
    asked
}

/// Answers one request. A client that does not trust the server sends none.
fn answer(
    acceptor: &SslAcceptor,
    stream: TcpStream,
    paths: &Mutex<BTreeSet<String>>,
) -> Option<()> {
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .ok()?;
    let mut tls = acceptor.accept(stream).ok()?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        tls.read_exact(&mut byte).ok()?;
        request.extend(byte);
    }
    let request = String::from_utf8_lossy(&request).into_owned();
    let path = request.split(' ').nth(1)?.to_owned();
    let status = if path == "/files/" {
        "405 Method Not Allowed"
    } else {
        "200 OK"
    };
    paths.lock().unwrap().insert(path);
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    tls.write_all(answer.as_bytes()).ok()?;
    tls.shutdown().ok()?;
    Some(())
}

fn acceptor(chain: &[&Issued], change: impl FnOnce(&mut SslAcceptorBuilder)) -> SslAcceptor {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
    builder.set_certificate(&chain[0].x509).unwrap();
    builder.set_private_key(&chain[0].key).unwrap();
    for one in &chain[1..] {
        builder.add_extra_chain_cert(one.x509.clone()).unwrap();
    }
    change(&mut builder);
    builder.build()
}

fn serve_with(chain: &[&Issued], change: impl FnOnce(&mut SslAcceptorBuilder)) -> u16 {
    let acceptor = acceptor(chain, change);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            greet(&acceptor, stream);
        }
    });
    port
}

/// A server that presents `chain` and answers every request: there is no such page.
pub fn serve_pages(chain: &[&Issued]) -> u16 {
    Renewable::serve(chain).port
}

fn serve_page(acceptor: &SslAcceptor, stream: TcpStream) {
    const ANSWER: &[u8] =
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    if let Ok(mut tls) = acceptor.accept(stream) {
        let _ = tls.read(&mut [0; 4096]);
        let _ = tls.write_all(ANSWER);
        let _ = tls.shutdown();
    }
}
