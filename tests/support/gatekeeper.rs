//! What stands before the API server and answers some requests by itself, by a rule in a file: too many, forbidden, a conflict,
//! an error. All others are handed on.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use openssl::ssl::{SslAcceptor, SslConnector, SslMethod, SslVerifyMode};
use tempfile::TempDir;

use super::authority::{Name, authority, server};

/// It ends the clients' TLS with a certificate of its own CA, which its kubeconfig trusts.
pub struct Gatekeeper {
    folder: TempDir,
    pub kubeconfig: PathBuf,
}

impl Gatekeeper {
    /// Before the server of a kubeconfig.
    pub fn before_server_of(kubeconfig: &Path) -> Self {
        let text = fs::read_to_string(kubeconfig).unwrap();
        let (_, rest) = text.split_once("https://").unwrap();
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':');
        let upstream = rest[..end.unwrap()].to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();

        let root = authority("Gatekeeper").self_signed();
        let leaf = server("gatekeeper")
            .names(&[Name::Address("127.0.0.1".parse().unwrap())])
            .issued_by(&root);
        // Without ALPN clients speak HTTP/1.1.
        let mut acceptor = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls_server()).unwrap();
        acceptor.set_certificate(&leaf.x509).unwrap();
        acceptor.set_private_key(&leaf.key).unwrap();
        let acceptor = Arc::new(acceptor.build());

        let folder = TempDir::new().unwrap();
        let own = folder.path().join("kubeconfig");
        let trusted = STANDARD.encode(root.pem());
        let trusts = |line: &str| match line.split_once("certificate-authority-data:") {
            Some((indent, _)) => format!("{indent}certificate-authority-data: {trusted}\n"),
            None => format!("{line}\n"),
        };
        let text: String = text
            .replace(&upstream, &address)
            .lines()
            .map(trusts)
            .collect();
        fs::write(&own, text).unwrap();

        let rule = folder.path().join("rule");
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (acceptor, rule, upstream) =
                    (Arc::clone(&acceptor), rule.clone(), upstream.clone());
                thread::spawn(move || {
                    // Who hangs up in the middle is no matter.
                    let _ = acceptor
                        .accept(client)
                        .map_err(io::Error::other)
                        .and_then(|client| serve(client, &rule, &upstream));
                });
            }
        });
        Self {
            folder,
            kubeconfig: own,
        }
    }

    /// The shell's command after which requests are answered with this status: those of an HTTP method and a resource, where
    /// they are named, and as many as said.
    pub fn answers(&self, status: u16, method: &str, resource: &str, times: usize) -> String {
        let rule = self.folder.path().join("rule");
        format!(
            "echo '{status} {method} {resource} {times}' >{}",
            rule.display()
        )
    }

    /// Every request is handed on again.
    pub fn lets_through(&self) {
        let _ = fs::remove_file(self.folder.path().join("rule"));
    }
}

/// One request: each connection has one, so that nothing has to be known of how answers end.
fn serve(client: impl Read + Write, rule: &Path, upstream: &str) -> io::Result<()> {
    let mut client = BufReader::new(client);
    let (head, body) = request(&mut client)?;
    let mut words = head.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    if let Some(status) = refusal(rule, method, path) {
        let body = format!(
            r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"answered by rule","reason":"{}","code":{status}}}"#,
            reason(status)
        );
        // As the API server's own priority and fairness has it.
        let again = if status == 429 {
            "Retry-After: 1\r\n"
        } else {
            ""
        };
        let client = client.get_mut();
        return write!(
            client,
            "HTTP/1.1 {status} {}\r\nContent-Type: application/json\r\n{again}Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            reason(status),
            body.len()
        );
    }
    let mut connector = SslConnector::builder(SslMethod::tls_client()).map_err(io::Error::other)?;
    connector.set_verify(SslVerifyMode::NONE);
    let connection = TcpStream::connect(upstream)?;
    let configured = connector.build().configure().map_err(io::Error::other)?;
    let configured = configured.verify_hostname(false);
    let mut server = configured
        .connect("localhost", connection)
        .map_err(io::Error::other)?;
    server.write_all(head.as_bytes())?;
    server.write_all(&body)?;
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = server.read(&mut buffer)?;
        if read == 0 {
            return Ok(());
        }
        client.get_mut().write_all(&buffer[..read])?;
        client.get_mut().flush()?;
    }
}

/// A request's head, which asks for the connection to be closed, and its body.
fn request(client: &mut BufReader<impl Read>) -> io::Result<(String, Vec<u8>)> {
    let (mut head, mut length, mut is_chunked) = (String::new(), 0, false);
    loop {
        let mut line = String::new();
        client.read_line(&mut line)?;
        let lower = line.to_ascii_lowercase();
        if let Some(number) = lower.strip_prefix("content-length:") {
            length = number.trim().parse().map_err(io::Error::other)?;
        }
        is_chunked |= lower.starts_with("transfer-encoding:") && lower.contains("chunked");
        if line.trim().is_empty() {
            break;
        }
        if !lower.starts_with("connection:") {
            head += &line;
        }
    }
    head += "Connection: close\r\n\r\n";
    let mut body = vec![0; length];
    client.read_exact(&mut body)?;
    while is_chunked && !body.ends_with(b"0\r\n\r\n") {
        let mut line = Vec::new();
        client.read_until(b'\n', &mut line)?;
        body.extend(line);
    }
    Ok((head, body))
}

/// The status that the rule has for a request; a rule that holds for some requests alone is used up by them.
fn refusal(file: &Path, method: &str, path: &str) -> Option<u16> {
    let rule = fs::read_to_string(file).ok()?;
    let mut words = rule.split_whitespace();
    let (status, wanted, resource) = (words.next()?, words.next()?, words.next()?);
    let times: usize = words.next()?.parse().ok()?;
    let path = path.split('?').next()?;
    let is_meant = (wanted == "*" || wanted == method)
        && (resource == "*" || path.split('/').any(|part| part == resource));
    if !is_meant || times == 0 {
        return None;
    }
    if times != usize::MAX {
        fs::write(file, format!("{status} {wanted} {resource} {}", times - 1)).ok()?;
    }
    status.parse().ok()
}

/// The API server's word for a status.
fn reason(status: u16) -> &'static str {
    match status {
        403 => "Forbidden",
        409 => "Conflict",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "InternalError",
    }
}
