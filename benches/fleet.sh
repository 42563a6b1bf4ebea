#!/usr/bin/env bash
# Many targets on one local API server, against the same calls of helm alone, with the same number at once.
#
#   benches/fleet.sh [TARGETS]       default: 100; KUBECONFIG names the cluster, or one is brought up
#
# Prints wall times and their ratios, and the memory of the plugin alone; beside it helmfile, where it has been built
# (scripts/tools helmfile).
set -euo pipefail
cd "$(dirname "$0")/.."
repository=$PWD
targets=${1:-100}
parallel=4
kinds=(ours helms)
! HELMFILE=$(scripts/tools --offline helmfile 2>/dev/null) || kinds+=(helmfiles)

HELM=${HELM:-$(scripts/tools helm4)}
PATH=$(scripts/tools controlplane):$PATH
export PATH
cargo build --quiet --release --locked --bin helm-clearml-certs
program=$PWD/target/release/helm-clearml-certs

work=$(mktemp -d)
end() {
    cd "$repository"
    [ ! -d "$work/cluster" ] || tests/controlplane/down "$work/cluster" || true
    rm -rf "$work"
}
trap end EXIT
if [ -z "${KUBECONFIG:-}" ]; then
    KUBECONFIG=$(tests/controlplane/up "$work/cluster" --owner $$)
    export KUBECONFIG
fi
chart=$PWD/tests/charts/clearml-enterprise-agent-6.14.6
export HELM_BIN=$HELM HELM_CONTENT_CACHE=$work/content HELM_NAMESPACE=default HELM_DATA_HOME=$work/data HELM_CONFIG_HOME=$work/config HELM_CACHE_HOME=$work/cache
cp examples/acme-root.pem "$work/root.pem"
cd "$work"

namespaces() { for number in $(seq "$targets"); do printf 'fleet-%s-%s\n' "$1" "$number"; done; }
now() { date +%s.%N; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }
seconds() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f", b - a }'; }

# Each target has a file of its own, as credentials do.
for kind in "${kinds[@]}"; do
    mkdir -p "$kind"
    namespaces "$kind" | xargs -P 8 -n 1 kubectl create namespace >created
    while read -r name; do printf 'agentk8sglue:\n  queue: %s\n' "$name" >"$kind/$name.yaml"; done < <(namespaces "$kind")
done
cat >clearml-certs.yaml <<YAML
certificates:
  acme-root: root.pem
targets:
  - component: agent
    namespaces: [$(namespaces ours | paste -sd, | sed 's/,/, /g')]
    release: clearml-agent
    chart: $chart
    values: ours/{namespace}.yaml
YAML
{
    printf 'releases:\n'
    namespaces helmfiles | while read -r name; do
        printf '  - {name: clearml-agent, namespace: %s, chart: %s, values: [helmfiles/%s.yaml]}\n' "$name" "$chart" "$name"
    done
} >helmfile.yaml

# What was deployed before is done: its pods are there, as far as they can be, and no controller is still at work on them.
quiet() {
    local pods before=
    while pods=$(kubectl get pods -A --no-headers | wc -l) && [ "$pods" != "$before" ]; do
        before=$pods
        sleep 10
    done
}
measured() { # NAME COMMAND...: its wall time in $taken
    local began
    quiet
    began=$(now)
    "${@:2}" >"$1.log" 2>&1 || { tail -n 5 "$1.log" >&2; exit 1; }
    taken=$(seconds "$began" "$(now)")
}
alone() { namespaces helms | xargs -P "$parallel" -I{} "$HELM" upgrade -i clearml-agent "$chart" -n {} -f helms/{}.yaml; }
looked() {
    "$HELM" list -A -o json
    namespaces ours | xargs -P "$parallel" -I{} "$HELM" template clearml-agent "$chart" -n {} -f ours/{}.yaml --is-upgrade --dry-run=server
}
# The most that the plugin itself had, without helm and kubectl: Linux tells it while the process lives.
remembered() {
    local process now
    "$@" &
    process=$!
    while now=$(awk '/^VmHWM/ { print $2 }' "/proc/$process/status" 2>/dev/null) && [ -n "$now" ]; do
        printf '%s\n' "$now" >peak
        sleep 0.05
    done
    wait "$process"
}
memory() { awk '{ printf "%.0f", $1 / 1024 }' peak; }

measured helms alone
helms=$taken
measured install remembered "$program" install --yes --skip-probe --parallel "$parallel"
printf '%s targets: install %s s, helm upgrade alone %s s: %s; memory %s MiB\n' "$targets" "$taken" "$helms" "$(ratio "$taken" "$helms")" "$(memory)"
if [ -n "$HELMFILE" ]; then
    measured helmfile "$HELMFILE" --helm-binary "$HELM" --disable-force-update -f helmfile.yaml sync --skip-deps --concurrency "$parallel"
    printf '%s targets: helmfile sync %s s: %s\n' "$targets" "$taken" "$(ratio "$taken" "$helms")"
fi
measured bare looked
bare=$taken
measured unchanged remembered "$program" install --dry-run --skip-probe --parallel "$parallel"
printf '%s targets: dry run, unchanged %s s, list and template alone %s s: %s; memory %s MiB\n' "$targets" "$taken" "$bare" "$(ratio "$taken" "$bare")" "$(memory)"
for kind in "${kinds[@]}"; do namespaces "$kind"; done | xargs -P 4 -n 10 kubectl delete namespace --wait=false >deleted
