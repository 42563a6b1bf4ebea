#!/bin/sh
# Puts the plugin's binary into bin/. Helm runs this as the plugin's install and update hook.
# There is no release archive for this version, so the binary is built from the plugin's own sources with cargo.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
binary=helm-clearml-certs

fail() {
    printf 'clearml-certs: %s\n' "$@" >&2
    exit 1
}

[ -f "$here/Cargo.toml" ] ||
    fail "$here holds no sources to build the plugin from." \
        "Install it from a git checkout: helm plugin install PATH-OR-URL"

command -v cargo >/dev/null 2>&1 ||
    fail "cargo was not found, and the plugin is built from source." \
        "Install Rust (https://rustup.rs), then run: sh $here/install-binary.sh"

# A checkout's own target folder is reused; Helm's copy of the plugin gets none, so that nothing large stays behind.
if [ -n "${CARGO_TARGET_DIR:-}" ]; then
    target=$CARGO_TARGET_DIR
elif [ -d "$here/target" ]; then
    target=$here/target
else
    target=$(mktemp -d)
    trap 'rm -rf "$target"' EXIT
fi

printf 'clearml-certs: building from source with cargo\n' >&2
(cd "$here" && CARGO_TARGET_DIR=$target cargo build --release --locked --quiet) ||
    fail "cargo could not build the plugin; its messages are above." \
        "It needs Rust 1.89 or newer: rustup update"

# Placed whole: a helm that runs the plugin right now keeps the old binary.
mkdir -p "$here/bin"
cp "$target/release/$binary" "$here/bin/$binary.new"
chmod 755 "$here/bin/$binary.new"
mv "$here/bin/$binary.new" "$here/bin/$binary"
printf 'clearml-certs: installed %s\n' "$("$here/bin/$binary" --version)" >&2
