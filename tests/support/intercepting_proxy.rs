//! A corporate proxy on the loopback: it ends every TLS connection itself, with a certificate of its own CA.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use openssl::ssl::{SslAcceptor, SslMethod};

use super::authority::{self, Issued, Name};
use super::file_server;

/// The server that clients believe to talk to. Nobody can resolve its name.
pub const HOST: &str = "releases.invalid";

/// A proxy that serves the files of a folder in the place of [`HOST`].
pub struct InterceptingProxy {
    folder: PathBuf,
    authority: Issued,
    failures: usize,
    refusal: Option<&'static str>,
}

impl InterceptingProxy {
    pub fn new(folder: &Path) -> Self {
        Self {
            folder: folder.to_path_buf(),
            authority: authority::authority("Corporate Proxy CA").self_signed(),
            failures: 0,
            refusal: None,
        }
    }

    /// The CA that the company's machines are told to trust.
    pub fn authority_pem(&self) -> String {
        self.authority.pem()
    }

    /// It answers the first requests with an error that passes.
    pub fn failing_first(mut self, times: usize) -> Self {
        self.failures = times;
        self
    }

    /// It opens no tunnel, and says so in this status line.
    pub fn refusing(mut self, status: &'static str) -> Self {
        self.refusal = Some(status);
        self
    }

    /// Works until the test ends; gives the proxy's URL.
    pub fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let acceptor = self.acceptor();
        let proxy = Arc::new((self, AtomicUsize::new(0)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (proxy, served) = &*proxy;
                proxy.serve(stream, &acceptor, served);
            }
        });
        url
    }

    fn acceptor(&self) -> SslAcceptor {
        let leaf = authority::server("proxy")
            .names(&[Name::Dns(HOST)])
            .issued_by(&self.authority);
        let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        builder.set_certificate(&leaf.x509).unwrap();
        builder.set_private_key(&leaf.key).unwrap();
        builder.build()
    }

    fn serve(&self, mut stream: TcpStream, acceptor: &SslAcceptor, served: &AtomicUsize) {
        if !file_server::request(&mut stream).starts_with(&format!("CONNECT {HOST}:443 ")) {
            let _ = stream.write_all(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
            return;
        }
        if let Some(status) = self.refusal {
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
            return;
        }
        let _ = stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n");
        let Ok(mut tls) = acceptor.accept(stream) else {
            return;
        };
        if served.fetch_add(1, Ordering::Relaxed) < self.failures {
            file_server::request(&mut tls);
            let _ = tls.write_all(
                b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            );
        } else {
            file_server::answer(&mut tls, &self.folder);
        }
        let _ = tls.shutdown();
    }
}
