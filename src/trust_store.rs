//! Where the images of ClearML's charts keep what they trust, and what fills it: Debian's `ca-certificates`.
//!
//! Source: `update-ca-certificates(8)`, and experiment with it and with each client.

use serde_yaml::Value;

/// The folder of the bundle.
pub const BUNDLE_DIR: &str = "/etc/ssl/certs";
/// The bundle: every trusted certificate in one file.
pub const BUNDLE_FILE: &str = "/etc/ssl/certs/ca-certificates.crt";
/// The folder whose `.crt` files are added to the bundle, those in folders below it included.
pub const SOURCES_DIR: &str = "/usr/local/share/ca-certificates";
/// What makes the bundle anew.
pub const UPDATE: &str = "update-ca-certificates";

/// What requests reads, and with it the ClearML SDK: without it, it goes by a list of its own.
pub const REQUESTS: &str = "REQUESTS_CA_BUNDLE";

/// Every variable that names a bundle for some client (each tried alone).
pub const VARIABLES: [&str; 9] = [
    REQUESTS,
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "PIP_CERT",
    "HTTPLIB2_CA_CERTS",
];

/// Whether `update-ca-certificates` takes a file of this name; `.CRT`, `.pem` and all others are ignored (measured).
#[must_use]
pub fn is_source(file: &str) -> bool {
    file.strip_suffix(".crt").is_some()
}

/// Whether a container's command or arguments run `update-ca-certificates`, as a word of their own or in a shell's script.
#[must_use]
pub fn runs_update(container: &Value) -> bool {
    ["command", "args"]
        .iter()
        .filter_map(|field| container.get(field)?.as_sequence())
        .flatten()
        .filter_map(Value::as_str)
        .any(script_runs_update)
}

/// Whether one of the commands of a script is the update, with variables, `exec` or `sudo` before it or not.
fn script_runs_update(script: &str) -> bool {
    script
        .split([';', '&', '|', '\n', '(', ')', '{', '}'])
        .any(|command| {
            let mut words = command.split_whitespace().skip_while(|word| {
                word.contains('=') || ["exec", "sudo", "then", "do", "else", "!"].contains(word)
            });
            let program = words.next().unwrap_or_default();
            program.rsplit('/').next() == Some(UPDATE)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_update_is_a_command_not_a_word_in_a_text() {
        for script in [
            "update-ca-certificates",
            "/usr/sbin/update-ca-certificates --fresh",
            "set -e\napt-get update && exec update-ca-certificates",
            "if true; then DEBUG=1 update-ca-certificates; fi",
        ] {
            assert!(script_runs_update(script), "{script}");
        }
        for script in [
            "echo update-ca-certificates",
            "# update-ca-certificates",
            "cp update-ca-certificates /tmp",
            "update-ca-trust",
        ] {
            assert!(!script_runs_update(script), "{script}");
        }
    }
}
