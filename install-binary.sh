#!/bin/sh
# Puts the plugin's binary into bin/. Helm runs this as the plugin's install and update hook; running it by hand repairs
# an installation. docs/install.md explains the variables that it reads.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
binary=helm-clearml-certs
work=
staged=

say() { printf 'clearml-certs: %s\n' "$@" >&2; }

fail() {
    say "$@"
    exit 1
}

cleanup() {
    [ -z "$work" ] || rm -rf "$work"
    [ -z "$staged" ] || rm -f "$staged"
}

main() {
    if [ -n "${HELM_CLEARML_CERTS_SKIP:-}" ]; then
        say "HELM_CLEARML_CERTS_SKIP is set: no binary was installed." "Put it at $here/bin/$binary yourself."
        return
    fi
    case "$(uname -s)" in
        MINGW* | MSYS* | CYGWIN*)
            exec powershell.exe -NoProfile -ExecutionPolicy Bypass -File "$here/install-binary.ps1"
            ;;
    esac
    trap cleanup EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP

    version=$(sed -n 's/^version: *"\{0,1\}\([^" ]*\).*/\1/p' "$here/plugin.yaml" 2>/dev/null) && [ -n "$version" ] ||
        fail "$here/plugin.yaml names no version: the plugin's folder is incomplete." \
            "Remove the plugin and install it again."
    archive=clearml-certs-$version-$(platform).tar.gz
    sum=$(listed_sum "$archive")

    if [ -n "${HELM_CLEARML_CERTS_BUILD:-}" ]; then
        build_from_source
    elif [ -n "${HELM_CLEARML_CERTS_ARCHIVE:-}" ]; then
        install_archive "$HELM_CLEARML_CERTS_ARCHIVE"
    elif is_installed; then
        say "$version is installed already."
    elif [ -n "$sum" ]; then
        writable
        workspace
        download "${HELM_CLEARML_CERTS_MIRROR:-$(repository)/releases/download}/v$version/$archive" "$work/$archive"
        install_archive "$work/$archive"
    else
        say "no release archive of $version for $(platform) is listed in $here/checksums."
        build_from_source
    fi
}

# The platform in the words of Helm's and Go's archives.
platform() {
    os=$(uname -s | tr '[:upper:]' '[:lower:]')
    machine=$(uname -m)
    case "$machine" in
        x86_64 | amd64) machine=amd64 ;;
        aarch64 | arm64) machine=arm64 ;;
    esac
    printf '%s-%s\n' "$os" "$machine"
}

# The SHA-256 that the plugin's own tree holds for an archive; nothing if it holds none.
listed_sum() {
    [ ! -f "$here/checksums" ] || awk -v name="$1" '$2 == name { print $1 }' "$here/checksums"
}

repository() {
    sed -n 's/^repository = "\([^"]*\)".*/\1/p' "$here/Cargo.toml"
}

has_sources() { [ -f "$here/Cargo.toml" ] && [ -f "$here/src/main.rs" ]; }

# A checkout that was never released is always built: the version says nothing about its sources.
is_installed() {
    { [ -n "$sum" ] || ! has_sources; } &&
        [ "$("$here/bin/$binary" --version 2>/dev/null)" = "clearml-certs $version" ]
}

writable() {
    { mkdir -p "$here/bin" && [ -w "$here/bin" ]; } 2>/dev/null ||
        fail "$here/bin cannot be written by $(id -un)." \
            "Install as the owner of that folder, or give Helm a folder of your own: HELM_DATA_HOME=\$HOME/helm-data helm plugin install ..."
}

workspace() {
    work=$(mktemp -d 2>/dev/null) ||
        fail "no temporary folder can be made under ${TMPDIR:-/tmp}." "Set TMPDIR to a folder that you can write."
}

# --- Release archive -------------------------------------------------------

install_archive() {
    [ -f "$1" ] ||
        fail "HELM_CLEARML_CERTS_ARCHIVE: there is no file $1." \
            "It has to be the path of $archive."
    [ -n "$sum" ] ||
        fail "$here/checksums has no line for $archive, so $1 cannot be verified: nothing was installed." \
            "Take the plugin and the archive from the same release. To build from source: HELM_CLEARML_CERTS_BUILD=1"
    actual=$(sha256 "$1")
    [ "$actual" = "$sum" ] ||
        fail "the SHA-256 of $1 is wrong: nothing was installed." \
            "  expected $sum ($here/checksums)" \
            "  found    $actual" \
            "Either the file is damaged (a proxy's error page, an interrupted copy), is of another version, or was tampered with."
    writable
    [ -n "$work" ] || workspace
    tar -xzf "$1" -C "$work" "./bin/$binary" ||
        fail "$1 could not be unpacked; tar's message is above."
    place "$work/bin/$binary"
}

sha256() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum <"$1" | cut -d' ' -f1
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 <"$1" | cut -d' ' -f1
    elif command -v openssl >/dev/null 2>&1; then
        openssl dgst -sha256 -r <"$1" | cut -d' ' -f1
    else
        fail "the download cannot be verified: none of sha256sum, shasum, openssl is installed."
    fi
}

# download URL FILE
download() {
    say "downloading $1"
    ca=${HELM_CLEARML_CERTS_CA:-${SSL_CERT_FILE:-}}
    [ -z "$ca" ] || [ -r "$ca" ] ||
        fail "the CA file $ca cannot be read." "It was named by HELM_CLEARML_CERTS_CA or SSL_CERT_FILE."
    if command -v curl >/dev/null 2>&1; then
        curl --fail --location --silent --show-error --retry 3 --retry-delay 1 \
            --connect-timeout 20 --speed-limit 1000 --speed-time 30 \
            ${ca:+--cacert "$ca"} --output "$2" "$1" >&2 || not_downloaded "$1" "curl $?"
    elif command -v wget >/dev/null 2>&1; then
        # It reads these in small letters only.
        export https_proxy="${https_proxy:-${HTTPS_PROXY:-}}" no_proxy="${no_proxy:-${NO_PROXY:-}}"
        attempt=1
        until wget -q -T 30 ${ca:+--ca-certificate="$ca"} -O "$2" "$1" >&2; do
            wget_code=$?
            [ "$attempt" -lt 3 ] || not_downloaded "$1" "wget $wget_code"
            attempt=$((attempt + 1))
            sleep 1
        done
    else
        fail "neither curl nor wget is installed, so nothing can be downloaded." \
            "Fetch $1 elsewhere, then: HELM_CLEARML_CERTS_ARCHIVE=FILE sh $here/install-binary.sh"
    fi
}

# Exit codes as in curl(1) and wget(1).
not_downloaded() {
    case "$2" in
        'curl 5') why="the proxy's name cannot be resolved: check HTTPS_PROXY." ;;
        'curl 6' | 'curl 7' | 'curl 28' | 'wget 4')
            why="the server cannot be reached. Behind a proxy set HTTPS_PROXY=http://PROXY:PORT; for a mirror set HELM_CLEARML_CERTS_MIRROR." ;;
        'curl 56') why="the connection broke, or the proxy refused it. One that wants a password: HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT." ;;
        'curl 35' | 'curl 60' | 'curl 77' | 'wget 5')
            why="the server's certificate is not trusted. If a proxy here intercepts TLS, set HELM_CLEARML_CERTS_CA to a PEM file with its CA." ;;
        'curl 22' | 'wget 8') why="the server or a proxy refused, with the number above. 404: is version $version published there? 407: the proxy wants HTTPS_PROXY=http://USER:PASSWORD@PROXY:PORT." ;;
        *) why="$2 failed; its message is above." ;;
    esac
    fail "could not download $1:" "$why" \
        "Without network: fetch that file elsewhere, then HELM_CLEARML_CERTS_ARCHIVE=FILE sh $here/install-binary.sh"
}

# --- Source ----------------------------------------------------------------

build_from_source() {
    has_sources ||
        fail "$here holds no sources to build the plugin from, and no binary for $(platform)." \
            "Install the plugin from its git repository, with cargo (https://rustup.rs) on the PATH."
    command -v cargo >/dev/null 2>&1 ||
        fail "cargo was not found, and the plugin has to be built from source." \
            "Install Rust (https://rustup.rs), then run: sh $here/install-binary.sh"
    writable

    # A checkout's own target folder is reused; Helm's copy of the plugin gets none, so that nothing large stays behind.
    if [ -n "${CARGO_TARGET_DIR:-}" ]; then
        target=$CARGO_TARGET_DIR
    elif [ -d "$here/target" ]; then
        target=$here/target
    else
        workspace
        target=$work
    fi
    say "building $version from source with cargo, which takes some minutes"
    (cd "$here" && CARGO_TARGET_DIR=$target cargo build --release --locked >&2) ||
        fail "cargo could not build the plugin; its messages are above." \
            "It needs Rust $(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$here/Cargo.toml") or newer: rustup update"
    place "$target/release/$binary"
}

# Placed whole: a helm that runs the plugin right now keeps the old binary, and a failure leaves it there.
place() {
    staged=$here/bin/.$binary.$$
    if ! cp "$1" "$staged" || ! chmod 755 "$staged"; then
        fail "$here/bin/$binary could not be written; the message is above. Is the disk full?"
    fi
    found=$("$staged" --version) ||
        fail "the binary does not run on this machine ($(uname -sm)); its message is above."
    [ "$found" = "clearml-certs $version" ] ||
        fail "the binary says it is '$found', but plugin.yaml wants $version: nothing was installed."
    mv -f "$staged" "$here/bin/$binary"
    say "installed $version"
}

main
