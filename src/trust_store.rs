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

/// The bundle in images that are not Debian's: OpenSSL's file on Alpine (of its package `ca-certificates-bundle`; Debian 13's
/// OpenSSL goes by it too, and has none), then the Red Hat family's, which its OpenSSL, curl and dnf read under the one name
/// or the other (`update-ca-trust(8)`).
pub const OTHER_BUNDLE_FILES: [&str; 3] = [
    "/etc/ssl/cert.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
];

/// What requests reads, and with it the ClearML SDK: without it, it goes by a list of its own.
pub const REQUESTS: &str = "REQUESTS_CA_BUNDLE";

/// Every variable that names a bundle for some client (each tried alone).
pub const VARIABLES: [&str; 10] = [
    REQUESTS,
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH",
    "PIP_CERT",
    "HTTPLIB2_CA_CERTS",
    "CARGO_HTTP_CAINFO",
];

/// The variables that the clients of `variable` read, the one that counts first in front: requests, curl, boto3 and pip have
/// another one to fall back on.
pub fn read_by(variable: &'static str) -> impl Iterator<Item = &'static str> {
    let others: &[&str] = match variable {
        REQUESTS => &["CURL_CA_BUNDLE"],
        "CURL_CA_BUNDLE" => &["SSL_CERT_FILE"],
        "AWS_CA_BUNDLE" => &[REQUESTS],
        "PIP_CERT" => &[REQUESTS, "CURL_CA_BUNDLE"],
        _ => &[],
    };
    std::iter::once(variable).chain(others.iter().copied())
}

/// Whether `update-ca-certificates` takes a file of this name; `.CRT`, `.pem` and all others are ignored (measured).
#[must_use]
pub fn is_source(file: &str) -> bool {
    file.strip_suffix(".crt").is_some()
}

/// Programs that read a script behind `-c`, and no other word.
pub const SHELLS: [&str; 4] = ["sh", "bash", "ash", "dash"];

/// Programs that do not run what they are given.
const IDLE: [&str; 6] = ["echo", "printf", "true", "false", "test", "cat"];

/// Options with which it makes no bundle, or another one, or of other sources.
const ELSEWHERE: [&str; 5] = [
    "-h",
    "--help",
    "--certbundle",
    "--etccertsdir",
    "--localcertsdir",
];

/// Whether a container's command or arguments run `update-ca-certificates`, as a word of their own or in a shell's script.
#[must_use]
pub fn runs_update(container: &Value) -> bool {
    let words = |field: &str| -> Vec<&str> {
        let words = container.get(field).and_then(Value::as_sequence);
        let words = words.into_iter().flatten();
        words.filter_map(Value::as_str).collect()
    };
    let argv = [words("command"), words("args")].concat();
    let first = argv.first().map(|word| base_name(word));
    let is_shell = first.is_some_and(|program| SHELLS.contains(&program));
    let is_idle = first.is_some_and(|program| IDLE.contains(&program));
    if is_shell {
        let mut words = argv.iter().skip(1);
        let ends_options = |word: &&&str| {
            let letters = word.strip_prefix('-');
            letters.is_some_and(|letters| !letters.starts_with('-') && letters.contains('c'))
        };
        words.find(ends_options).is_some() && words.next().is_some_and(|it| script_runs_update(it))
    } else if argv.iter().any(|word| base_name(word) == UPDATE) {
        !is_idle && !argv.iter().any(|word| is_elsewhere(word))
    } else {
        // Without a command, the image's own decides what arguments mean.
        words("command").is_empty() && argv.iter().any(|word| script_runs_update(word))
    }
}

/// Whether one of the commands of a script is the update, with variables, `exec` or `sudo` before it or not.
fn script_runs_update(script: &str) -> bool {
    // What stands behind `||` runs where something failed.
    const OR: char = '\0';
    script
        .replace("||", "\0")
        .split([';', '&', '|', '\n', '(', ')', '{', '}'])
        .filter_map(|command| command.split(OR).next())
        .any(|command| {
            let mut words = command.split_whitespace().skip_while(|word| {
                word.contains('=') || ["exec", "sudo", "then", "do", "else", "!"].contains(word)
            });
            words.next().map(base_name) == Some(UPDATE) && !words.any(is_elsewhere)
        })
}

fn is_elsewhere(word: &str) -> bool {
    ELSEWHERE.contains(&word.split('=').next().unwrap_or(word))
}

/// The last part of a path.
#[must_use]
pub fn base_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
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
            "true || update-ca-certificates",
            "update-ca-certificates --etccertsdir /x",
        ] {
            assert!(!script_runs_update(script), "{script}");
        }
    }

    #[test]
    fn a_command_runs_it_where_its_program_does() {
        let runs = |container: &str| runs_update(&serde_yaml::from_str(container).unwrap());
        for container in [
            "command: [update-ca-certificates, --fresh]",
            "command: [/bin/bash, -ec]\nargs: ['update-ca-certificates --verbose']",
            "command: [tini, --, update-ca-certificates]",
            "args: [update-ca-certificates]",
            "args: [sh, -c, 'update-ca-certificates && agent']",
            "args: ['update-ca-certificates && agent']",
        ] {
            assert!(runs(container), "{container}");
        }
        for container in [
            "command: [echo, update-ca-certificates]",
            "command: [sh, -c, 'true', update-ca-certificates]",
            "command: [sh, /update-ca-certificates]",
            "command: [update-ca-certificates, --help]",
            "command: [update-ca-certificates, --localcertsdir=/x]",
            "command: [agent, 'do; update-ca-certificates']",
        ] {
            assert!(!runs(container), "{container}");
        }
    }
}
