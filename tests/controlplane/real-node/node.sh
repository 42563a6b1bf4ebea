# Sourced by up and down: a node that runs its pods, in the folder of a control plane.
#
# All of it runs in a mount and a PID namespace of its own, with a /run, /var/lib and
# /var/log of its own. When the one recorded process ends, all of it ends, containers
# too; what is left are empty cgroups.
# shellcheck shell=bash
# What is `source`d before it (processes.sh) says where the folder of these scripts is.
: "${controlplane:?is set by processes.sh}"

# begin_real_node FOLDER: starts containerd and brings in the images, which needs no API server.
begin_real_node() {
  local folder=$1 node=$1/real-node kubelet parts
  kubelet=$("$controlplane/build" kubelet)
  parts=$("$controlplane/build" real-node)
  mkdir -p "$node/cni/bin" "$node/cni/conf"
  make_cgroup "$folder"
  configure_containerd "$node"
  configure_network "$node"
  start "$folder" real-node unshare --mount --pid --fork --kill-child --mount-proc \
    "$controlplane/real-node/init" "$folder" "$parts" "$kubelet"
}

# join_real_node FOLDER: lets it join the cluster of FOLDER/kubeconfig, as node 127.0.0.1.
join_real_node() {
  configure_kubelet "$1"
  : >"$1/real-node/go"
  await "$1" real-node 180 kubectl kubeconfig wait --for=condition=Ready node/127.0.0.1 --timeout=1s
}

# One of our own to put the pods in, in every hierarchy, so that it can be removed.
make_cgroup() {
  local hierarchy cgroup=/clearml-certs-e2e.$$
  echo "$cgroup" >"$1/cgroup"
  if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir "/sys/fs/cgroup$cgroup"
  else
    for hierarchy in /sys/fs/cgroup/*/; do
      [ ! -e "$hierarchy/cgroup.procs" ] || mkdir "${hierarchy%/}$cgroup"
    done
  fi
  # A cgroup counts as much as one process does, however many pods run in it: on a
  # busy machine they would stand still.
  echo 16384 >"/sys/fs/cgroup/cpu$cgroup/cpu.shares" 2>/dev/null ||
    echo 1600 >"/sys/fs/cgroup$cgroup/cpu.weight" 2>/dev/null || true
}

configure_containerd() {
  cat >"$1/containerd.toml" <<TOML
version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/clearml-certs-e2e/pause:1"
  disable_apparmor = true
  # Without CAP_SYS_RESOURCE runc cannot lower an oom_score_adj, and says only
  # "can't get final child's PID from pipe: EOF".
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "$1/cni/bin"
    conf_dir = "$1/cni/conf"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
TOML
}

# Pods without hostNetwork get a network of their own with nothing but loopback. Their
# address is for the eyes of containerd and kubelet only, which insist on one.
configure_network() {
  cat >"$1/cni/bin/nothing" <<'CNI'
#!/bin/sh
case "$CNI_COMMAND" in
  VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["0.3.1","0.4.0","1.0.0"]}' ;;
  ADD)
    nsenter --net="$CNI_NETNS" ip link set lo up >&2
    echo '{"cniVersion":"1.0.0","interfaces":[{"name":"'"$CNI_IFNAME"'","sandbox":"'"$CNI_NETNS"'"}],"ips":[{"interface":0,"address":"192.0.2.77/32"}]}'
    ;;
esac
CNI
  cp "$1/cni/bin/nothing" "$1/cni/bin/loopback" # which containerd calls always
  chmod +x "$1/cni/bin/"*
  echo '{"cniVersion":"1.0.0","name":"e2e","plugins":[{"type":"nothing"}]}' >"$1/cni/conf/10-e2e.conflist"
}

configure_kubelet() {
  local cgroup
  read -r cgroup <"$1/cgroup"
  # Nothing of the machine's own may be set by it, its disk and memory are not its
  # business, and a pod finds no name server.
  cat >"$1/real-node/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $((20000 + RANDOM % 12000))
readOnlyPort: 0
healthzPort: 0
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
cgroupDriver: cgroupfs
cgroupRoot: $cgroup
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
resolvConf: ""
maxPods: 500
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: "0%", nodefs.available: "0%", nodefs.inodesFree: "0%", imagefs.available: "0%"}
volumePluginDir: /var/lib/kubelet/volume-plugins
authentication:
  anonymous: {enabled: false}
  webhook: {enabled: false}
  x509: {clientCAFile: $1/kubelet-client.crt}
authorization: {mode: AlwaysAllow}
YAML
}
