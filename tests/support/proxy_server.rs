//! A proxy for TLS: it tunnels to the loopback, whatever the host is called.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A proxy on a free port, and the requests it has got so far; it ends with the test.
pub struct Proxy {
    pub port: u16,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Tunnels for everybody.
    pub fn open() -> Self {
        Self::start(|_| None)
    }

    /// Tunnels for whoever brings these credentials, in base64.
    pub fn for_user(credentials: &'static str) -> Self {
        Self::start(move |request| {
            let wanted = format!("Proxy-Authorization: Basic {credentials}\r\n");
            (!request.contains(&wanted)).then_some("407 Proxy Authentication Required")
        })
    }

    /// Tunnels for nobody.
    pub fn refusing() -> Self {
        Self::start(|_| Some("403 Forbidden"))
    }

    fn start(refusal: impl Fn(&str) -> Option<&'static str> + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let log = Arc::clone(&requests);
        std::thread::spawn(move || {
            for mut client in listener.incoming().flatten() {
                let request = head(&mut client);
                let refused = refusal(&request);
                log.lock().unwrap().push(request.clone());
                match refused {
                    Some(status) => {
                        let _ = write!(client, "HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
                    }
                    None => tunnel(client, &request),
                }
            }
        });
        Self { port, requests }
    }

    /// The first line of each request.
    pub fn asked_for(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests
            .iter()
            .map(|request| request.lines().next().unwrap_or_default().to_owned())
            .collect()
    }
}

fn head(client: &mut TcpStream) -> String {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).is_ok_and(|read| read == 1) {
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

fn tunnel(mut client: TcpStream, request: &str) {
    let target = request.split_whitespace().nth(1).unwrap();
    let (_, port) = target.rsplit_once(':').unwrap();
    let server = TcpStream::connect(("127.0.0.1", port.parse().unwrap())).unwrap();
    client
        .write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")
        .unwrap();
    for (mut from, mut to) in [
        (client.try_clone().unwrap(), server.try_clone().unwrap()),
        (server, client),
    ] {
        std::thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(std::net::Shutdown::Write);
        });
    }
}
