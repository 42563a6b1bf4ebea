//! The files of a folder over HTTP, on a free loopback port.

use std::fs;
use std::io::{BufRead as _, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// Serves `folder` until the test ends, and gives the URL of its root.
pub fn serve(folder: &Path) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let folder = folder.to_path_buf();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            answer(&mut stream, &folder);
        }
    });
    url
}

/// A URL on a loopback port where nobody listens. A port that was free a moment ago may be another test's by now.
pub const NOBODY: &str = "http://127.0.0.1:1";

/// The first line of a request; its headers are read and dropped.
pub fn request(stream: &mut impl Read) -> String {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().and_then(Result::ok).unwrap_or_default();
    for line in lines.map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
    }
    request
}

/// Answers one request for a file of `folder`.
pub fn answer(stream: &mut (impl Read + Write), folder: &Path) {
    let request = request(stream);
    let mut words = request.split(' ');
    let is_head = words.next() == Some("HEAD");
    let target = words.next().unwrap_or("/").split('?').next().unwrap_or("/");
    let path = PathBuf::from(target.trim_start_matches('/'));
    let (status, body) = match fs::read(folder.join(&path)) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    // Helm 3 takes a URL for a tarball by this header alone.
    let kind = match path.extension().and_then(|end| end.to_str()) {
        Some("gz" | "tgz") => "application/gzip",
        _ => "application/octet-stream",
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let body = if is_head { &[][..] } else { &body[..] };
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(body));
}
