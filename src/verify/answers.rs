//! What a client's words mean. Each was heard from the real one.

use super::Client;

/// What a client makes of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It takes the certificate.
    Trusted,
    /// It does not, or cannot read what it is to go by.
    Refused,
    /// It did not come that far: no address, no connection, no answer.
    Unreached,
}

/// What one client said of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The client.
    pub client: Client,
    /// Which server, counted from 0.
    pub server: usize,
    /// What that means.
    pub verdict: Verdict,
    /// Its own words, the line that tells; empty where it took the certificate.
    pub words: String,
}

impl Answer {
    /// Reads how a client ended, and the lines that it printed.
    pub(super) fn new(client: Client, server: usize, code: i32, lines: &[String]) -> Self {
        let verdict = verdict(client, code, lines);
        let words = match verdict {
            Verdict::Trusted => String::new(),
            Verdict::Refused | Verdict::Unreached => telling(lines, code),
        };
        Self {
            client,
            server,
            verdict,
            words,
        }
    }
}

/// The code with which `timeout` ends what took too long, and those of signals and of a program that cannot be run.
const NOT_ITS_OWN: [i32; 5] = [124, 126, 127, 137, 143];

/// What clients say of certificates, in small letters: OpenSSL's, GnuTLS's, rustls's and Python's words.
const OF_CERTIFICATES: [&str; 13] = [
    "certificate",
    "ca cert",
    "ssl:",
    "ssl routines",
    "sslerror",
    "tls",
    "verify error",
    "issuer",
    "self-signed",
    "self signed",
    "handshake",
    "unknownissuer",
    "cafile",
];

/// What they say of the way to a server.
const OF_THE_WAY: [&str; 21] = [
    "could not resolve",
    "couldn't resolve",
    "unable to resolve",
    "name or service not known",
    "name resolution",
    "dns error",
    "failed to lookup",
    "enotfound",
    "eai_again",
    "failed to connect",
    "couldn't connect",
    "connection refused",
    "connection reset",
    "timed out",
    "unreachable",
    "econnrefused",
    "econnreset",
    "etimedout",
    // Of a connection that stood: the certificate had been taken by then.
    "recv error",
    "non-properly terminated",
    "unexpected eof",
];

fn verdict(client: Client, code: i32, lines: &[String]) -> Verdict {
    if code == 0 {
        return Verdict::Trusted;
    }
    if NOT_ITS_OWN.contains(&code) {
        return Verdict::Unreached;
    }
    let text = without_urls(&lines.join("\n").to_lowercase());
    let says = |words: &[&str]| words.iter().any(|one| text.contains(one));
    let by_words = || {
        if says(&OF_THE_WAY) {
            Verdict::Unreached
        } else if says(&OF_CERTIFICATES) {
            Verdict::Refused
        } else {
            Verdict::Unreached
        }
    };
    match client {
        // The codes of ask.py.
        Client::Requests | Client::Urllib | Client::Httpx => match code {
            60 => Verdict::Refused,
            _ => Verdict::Unreached,
        },
        // curl's manual page: the handshake, the certificate, the file of certificates.
        Client::Curl => match code {
            35 | 51 | 53 | 54 | 58 | 59 | 60 | 64 | 66 | 77 | 80 | 82 | 83 | 90 | 91 | 98 => {
                Verdict::Refused
            }
            _ => Verdict::Unreached,
        },
        // Wget's manual page: verification; an answer that says no.
        Client::Wget => match code {
            5 => Verdict::Refused,
            6 | 8 => Verdict::Trusted,
            _ => by_words(),
        },
        // There is no such repository, and somebody said so.
        Client::Git
            if says(&[
                "not found",
                "authentication failed",
                "could not read username",
                "returned error:",
                "not valid: is this",
            ]) =>
        {
            Verdict::Trusted
        }
        // Nor such a package.
        Client::Uv
            if says(&[
                "not found in the package registry",
                "no solution found",
                "not found in the registry",
                "401 unauthorized",
                "403 forbidden",
                // Whatever it answers that is no package.
                "http status client error",
                "http status server error",
                "missing `content-type`",
            ]) =>
        {
            Verdict::Trusted
        }
        Client::Git | Client::Uv | Client::OpenSsl | Client::Node => by_words(),
    }
}

/// A text without the names of servers: one may be called `tls.acme.example`.
fn without_urls(text: &str) -> String {
    let mut parts = text.split("://");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |kept, part| {
        let end = part.find(|c: char| c.is_whitespace() || "'\"`)".contains(c));
        kept + part.get(end.unwrap_or(part.len())..).unwrap_or_default()
    })
}

/// Lines about certificates that only say that there is one about them.
const NOISE: [&str; 4] = ["depth=", "warning", "more details here", "ssl routines:"];

/// What of an answer says most: a line about certificates, else the last one.
fn telling(lines: &[String], code: i32) -> String {
    let says = |line: &str, words: &[&str]| {
        let line = line.to_lowercase();
        words.iter().any(|one| line.contains(one))
    };
    let about = |line: &&String| says(line, &OF_CERTIFICATES) && !says(line, &NOISE);
    let mut lines_about = lines.iter().filter(about);
    let verdict = lines_about
        .clone()
        .find(|line| says(line, &["verify error"]));
    let found = verdict
        .or_else(|| lines_about.next_back())
        .or_else(|| lines.last());
    match found.map(|line| line.trim()) {
        Some(line) if !line.is_empty() => line.to_owned(),
        _ => match code {
            124 | 143 => "no answer in time".to_owned(),
            137 => "killed (out of memory, perhaps)".to_owned(),
            code => format!("it ended with {code} and said nothing"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_of(client: Client, code: i32, words: &str) -> (Verdict, String) {
        let lines: Vec<String> = words.lines().map(str::to_owned).collect();
        let answer = Answer::new(client, 0, code, &lines);
        (answer.verdict, answer.words)
    }

    /// A client, its exit code, and what the real one printed.
    type Heard = (Client, i32, &'static str);

    const TRUSTED: [Heard; 7] = [
        (Client::Requests, 0, ""),
        (
            Client::Wget,
            8,
            "https://x:1/:\n2026-11-29 01:00:00 ERROR 404: Not Found.",
        ),
        (
            Client::Git,
            128,
            "fatal: repository 'https://x/clearml-certs-verify.git/' not found",
        ),
        (
            Client::Uv,
            1,
            "  × No solution found when resolving dependencies:\n  ╰─▶ Because clearml-certs-verify was not found in the package registry",
        ),
        (
            Client::Uv,
            2,
            "error: Failed to fetch: `https://x/clearml-certs-verify/`\n  Caused by: HTTP status client error (400 Bad Request) for url (https://x/clearml-certs-verify/)",
        ),
        (
            Client::Uv,
            2,
            "error: Missing `Content-Type` header for https://x/clearml-certs-verify/",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/clearml-certs-verify.git/': The requested URL returned error: 302",
        ),
    ];

    const REFUSED: [Heard; 12] = [
        (
            Client::Requests,
            60,
            "SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: Basic Constraints of CA cert not marked critical (_ssl.c:1032)",
        ),
        (
            Client::Curl,
            60,
            "curl: (60) SSL certificate problem: unable to get local issuer certificate\nMore details here: https://curl.se/docs/sslcerts.html",
        ),
        (
            Client::Wget,
            5,
            "ERROR: cannot verify x's certificate, issued by 'CN=Acme':\n  Unable to locally verify the issuer's authority.",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/': server verification failed: certificate signer not trusted. (CAfile: /etc/ssl/certs/ca-certificates.crt CRLfile: none)",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/': SSL certificate problem: unable to get local issuer certificate",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/': SSL: certificate subject name (y) does not match target hostname 'x'",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/': Problem with the SSL CA cert (path? access rights?)",
        ),
        (
            Client::Uv,
            1,
            "error: Failed to fetch: `https://x/clearml-certs-verify/`\n  Caused by: client error (Connect)\n  Caused by: invalid peer certificate: UnknownIssuer",
        ),
        (
            Client::Node,
            1,
            "UNABLE_TO_VERIFY_LEAF_SIGNATURE: unable to verify the first certificate",
        ),
        (
            Client::Node,
            1,
            "ERR_TLS_CERT_ALTNAME_INVALID: Hostname/IP does not match certificate's altnames: Host: x. is not in the cert's altnames: DNS:y",
        ),
        (
            Client::OpenSsl,
            1,
            "depth=0 CN = x\nverify error:num=20:unable to get local issuer certificate",
        ),
    ];

    const UNREACHED: [Heard; 12] = [
        (
            Client::Requests,
            7,
            "gaierror: [Errno -2] Name or service not known",
        ),
        (Client::Curl, 6, "curl: (6) Could not resolve host: x"),
        (Client::Curl, 28, "curl: (28) SSL connection timeout"),
        (Client::Curl, 124, ""),
        (Client::Wget, 4, "failed: Connection refused."),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/': Could not resolve host: x",
        ),
        (
            Client::Git,
            1,
            "git: 'remote-https' is not a git command. See 'git --help'.",
        ),
        (
            Client::Uv,
            2,
            "  Caused by: dns error: failed to lookup address information: Name or service not known",
        ),
        (
            Client::Node,
            1,
            "ECONNREFUSED: connect ECONNREFUSED 127.0.0.1:1",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://x/': GnuTLS recv error (-110): The TLS connection was non-properly terminated.",
        ),
        (
            Client::Git,
            128,
            "fatal: unable to access 'https://tls.x/clearml-certs-verify.git/': Empty reply from server",
        ),
        (
            Client::OpenSsl,
            1,
            "connect:errno=111\nBIO_connect:Connection refused",
        ),
    ];

    #[test]
    fn words_of_the_real_clients_are_understood() {
        let all = [
            (&TRUSTED[..], Verdict::Trusted),
            (&REFUSED, Verdict::Refused),
            (&UNREACHED, Verdict::Unreached),
        ];
        for (heard, expected) in all {
            for (client, code, words) in heard {
                let verdict = verdict_of(*client, *code, words).0;
                assert_eq!(verdict, expected, "{client:?} {words}");
            }
        }
    }

    #[test]
    fn the_line_that_tells_is_shown() {
        let said = |client, code, words: &str| verdict_of(client, code, words).1;
        assert_eq!(
            said(
                Client::Curl,
                60,
                "curl: (60) SSL certificate problem: x\nMore details here: https://curl.se/docs/sslcerts.html\n\nto learn more about this situation"
            ),
            "curl: (60) SSL certificate problem: x"
        );
        assert_eq!(
            said(
                Client::OpenSsl,
                1,
                "depth=0 CN = x\nverify error:num=62:hostname mismatch\n40A7:error:0A000086:SSL routines:tls_post_process_server_certificate:certificate verify failed:"
            ),
            "verify error:num=62:hostname mismatch"
        );
        assert_eq!(said(Client::Git, 143, ""), "no answer in time");
        assert_eq!(said(Client::Curl, 3, "a\nb"), "b");
        assert_eq!(said(Client::Curl, 0, "noise"), "");
    }
}
