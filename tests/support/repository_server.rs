//! A chart repository over HTTP, on a free loopback port.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use super::{World, chart};

/// Packages a stand-in chart, serves it until the test ends, and gives the repository's URL.
pub fn serve(world: &World, chart_name: &str) -> String {
    let folder = world.home("repository");
    let folder_text = folder.display().to_string();
    world
        .helm(["package", &chart(chart_name), "-d", &folder_text])
        .exits(0);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    world
        .helm(["repo", "index", &folder_text, "--url", &url])
        .exits(0);
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            answer(stream, &folder);
        }
    });
    url
}

fn answer(mut stream: TcpStream, folder: &Path) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let request = lines.next().and_then(Result::ok).unwrap_or_default();
    for line in lines.map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
    }
    let name = PathBuf::from(request.split(' ').nth(1).unwrap_or("/"));
    let file = folder.join(name.file_name().unwrap_or_default());
    let (status, body) = match fs::read(file) {
        Ok(body) => ("200 OK", body),
        Err(_) => ("404 Not Found", Vec::new()),
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let _ = stream
        .write_all(head.as_bytes())
        .and_then(|()| stream.write_all(&body));
}
