# Sourced by demo, picture and playground: a helm, and a Helm home with nothing in it but the plugin of this checkout.
# shellcheck shell=bash

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# a_helm: the path of the caller's, if the plugin supports it (3.17 is the oldest that it does); else of a pinned one.
a_helm() {
    local helm
    helm=$(command -v helm || true)
    if [ -n "$helm" ] && [[ $("$helm" version --template '{{.Version}}') =~ ^v(3\.(1[7-9]|[2-9][0-9])|[4-9])(\.|$) ]]; then
        printf '%s\n' "$helm"
    else
        "$repository/scripts/tools" helm4
    fi
}

# helm_home FOLDER HELM: builds the plugin, as the tests do, so that nothing is built twice; installs it, and makes FOLDER the
# Helm home of this shell.
helm_home() {
    local folder=$1 helm=$2
    (cd "$repository" && cargo build --locked --bin helm-clearml-certs)
    # The caller's cluster, namespace, repositories and plugins are not this one's.
    unset "${!HELM_@}"
    export HELM_DATA_HOME=$folder/data HELM_CONFIG_HOME=$folder/config HELM_CACHE_HOME=$folder/cache
    mkdir -p "$folder/plugin/bin"
    (cd "$repository" && cp plugin.yaml completion.yaml plugin.complete install-binary.sh "$folder/plugin/")
    cp "${CARGO_TARGET_DIR:-$repository/target}/debug/helm-clearml-certs" "$folder/plugin/bin/"
    HELM_CLEARML_CERTS_SKIP=1 "$helm" plugin install "$folder/plugin" >"$folder/installed" 2>&1 || {
        cat "$folder/installed" >&2
        return 1
    }
}
