//! TLS servers on the loopback that present whatever a test wants.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

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
    /// Serves `chain` on a free port until the test ends, or until something else is presented.
    pub fn serve(chain: &[&Issued]) -> Self {
        let presented = Arc::new(Mutex::new(Arc::new(acceptor(chain, |_| {}))));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let now = presented.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let acceptor = now.lock().unwrap().clone();
                greet(&acceptor, stream);
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
    const ANSWER: &[u8] =
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let acceptor = Arc::new(acceptor(chain, |_| {}));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let acceptor = acceptor.clone();
            std::thread::spawn(move || {
                if let Ok(mut tls) = acceptor.accept(stream) {
                    let _ = tls.read(&mut [0; 4096]);
                    let _ = tls.write_all(ANSWER);
                    let _ = tls.shutdown();
                }
            });
        }
    });
    port
}
