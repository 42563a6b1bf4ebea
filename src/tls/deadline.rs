//! A connection that ends at a moment: a server that answers byte by byte cannot hold us up.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::Instant;

/// A TCP connection on which nothing waits longer than until `end`.
#[derive(Debug)]
pub(super) struct Deadline {
    stream: TcpStream,
    end: Instant,
}

impl Deadline {
    pub(super) fn new(stream: TcpStream, end: Instant) -> Self {
        Self { stream, end }
    }

    /// Whether an error says that the moment has come.
    pub(super) fn ended(error: &io::Error) -> bool {
        matches!(
            error.kind(),
            // What a read that waited in vain says on Unix, and on Windows.
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut
        )
    }

    fn left(&self) -> io::Result<std::time::Duration> {
        let left = self.end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(io::Error::from(io::ErrorKind::TimedOut));
        }
        Ok(left)
    }
}

impl Read for Deadline {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        // A socket's own word for it would make OpenSSL believe that it may try again.
        self.stream.read(buffer).map_err(timed_out)
    }
}

impl Write for Deadline {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes).map_err(timed_out)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

fn timed_out(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::WouldBlock {
        io::Error::from(io::ErrorKind::TimedOut)
    } else {
        error
    }
}
