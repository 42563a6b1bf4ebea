# Sourced by up, down and registry: background processes that are recorded in a
# folder, so that exactly these can be ended later, by another script.
#
# A record, FOLDER/processes/NAME, holds "PID IDENTITY". The identity changes
# when the system gives the number to another process, which must not be killed.
# shellcheck shell=bash

# Marks a folder that `down` may remove.
readonly MARKER=.started-by-controlplane

controlplane=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf '%s\n' "$*" >&2; }

# claim DIR: makes DIR, which must be new or empty, the folder of what is started
# next, and sets folder to its absolute path. Logs kept from an earlier run make
# room. `down` removes the folder with all it holds.
claim() {
  if [ -e "$1/$MARKER" ]; then
    say "$1: something was started there before; end it with: $controlplane/down $1"
    return 1
  fi
  if [ -e "$1" ] && [ -n "$(find "$1" -mindepth 1 -maxdepth 1 ! -name logs | head -n 1)" ]; then
    say "$1 holds other files, which the end of the tests would remove; name a new folder"
    return 1
  fi
  mkdir -p "$1"
  # Keys and tokens of administrators will lie in it.
  chmod 700 "$1"
  folder=$(cd "$1" && pwd)
  rm -rf "$folder/logs"
  (set -o noclobber && : >"$folder/$MARKER")
}

# start FOLDER NAME COMMAND...: runs COMMAND in FOLDER, its output in FOLDER/logs/NAME.log.
start() {
  local folder=$1 name=$2 pid
  shift 2
  mkdir -p "$folder/processes" "$folder/logs"
  # No descriptor of ours is left to it: a caller that reads our output through a
  # pipe would otherwise wait until the last of these processes ends.
  (cd "$folder" && exec "$@") </dev/null >>"$folder/logs/$name.log" 2>&1 &
  pid=$!
  printf '%s %s\n' "$pid" "$(identity "$pid")" >"$folder/processes/$name"
}

# identity PID: the moment the process began; fails when it has ended.
identity() {
  local stat fields
  if [ -r /proc/self/stat ]; then
    { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
    # The second field, the command, may contain spaces and parentheses.
    read -r -a fields <<<"${stat##*) }"
    # A zombie has ended; its parent has only not asked yet.
    [ "${fields[0]}" != Z ] && [ "${fields[0]}" != X ] || return 1
    # Clock ticks since boot, hence the boot's own name.
    printf '%s@%s\n' "${fields[19]}" "$(cat /proc/sys/kernel/random/boot_id)"
  else
    ps -o lstart= -p "$1"
  fi
}

# running FOLDER NAME: whether the recorded process still runs.
running() {
  local pid recorded
  { read -r pid recorded <"$1/processes/$2"; } 2>/dev/null || return 1
  # Without an identity it had ended before it could be recorded.
  [ -n "$recorded" ] && [ "$(identity "$pid")" = "$recorded" ]
}

# names FOLDER: the recorded processes.
names() {
  local record
  for record in "$1"/processes/*; do
    [ ! -e "$record" ] || printf '%s\n' "${record##*/}"
  done
}

any_running() {
  local name
  for name in $(names "$1"); do
    ! running "$1" "$name" || return 0
  done
  return 1
}

# stop_all FOLDER: ends the recorded processes and forgets them. At once, without
# a chance to finish: all that they could save goes with the folder.
stop_all() {
  local name pid
  for name in $(names "$1"); do
    if running "$1" "$name"; then
      read -r pid _ <"$1/processes/$name"
      kill -KILL "$pid" 2>/dev/null || true
    fi
  done
  while any_running "$1"; do sleep 0.02; done
  rm -rf "$1/processes"
  remove_cgroups "$1"
}

# remove_cgroups FOLDER: removes those named in FOLDER/cgroup, if anything that was
# started had some made for it.
remove_cgroups() {
  local cgroup top left try
  { read -r cgroup <"$1/cgroup"; } 2>/dev/null || return 0
  for ((try = 0; try < 200; try++)); do
    left=
    for top in /sys/fs/cgroup"$cgroup" /sys/fs/cgroup/*"$cgroup"; do
      [ ! -d "$top" ] || { left=yes; find "$top" -depth -type d -exec rmdir {} + 2>/dev/null || true; }
    done
    [ -n "$left" ] || return 0
    # The processes in them were killed, and end within moments.
    sleep 0.05
  done
  say "the cgroups $cgroup are still in use"
  return 1
}

# remove FOLDER: removes it, but for the logs if KEEP_LOGS is 1.
remove() {
  if [ "${KEEP_LOGS-}" = 1 ]; then
    find "$1" -mindepth 1 -maxdepth 1 ! -name logs -exec rm -rf {} +
  else
    rm -rf "$1"
  fi
}

# undo_on_failure: from here on, a failure or a signal ends all that was started
# in $folder, even what is not recorded yet, and leaves only the logs.
undo_on_failure() {
  trap 'undo $?' EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
}

undo() {
  local child
  trap '' INT TERM HUP
  say "$0: failed or interrupted; ending what was started. Logs: $folder/logs"
  # With the wait, the shell does not report each of them.
  for child in $(jobs -p); do { kill -KILL "$child" && wait "$child"; } 2>/dev/null || true; done
  stop_all "$folder"
  KEEP_LOGS=1 remove "$folder"
  exit "$1"
}

# all_is_well: what was started stays.
all_is_well() { trap - EXIT INT TERM HUP; }

# await FOLDER NAME SECONDS COMMAND...: repeats COMMAND until it succeeds. Fails,
# with the end of the log of process NAME, when that process ends or time is up.
await() {
  local folder=$1 name=$2 until=$((SECONDS + $3))
  shift 3
  until "$@" >/dev/null 2>&1; do
    if ! running "$folder" "$name"; then
      say "$name ended. The last lines of its log, $folder/logs/$name.log:"
      tail -n 20 "$folder/logs/$name.log" >&2
      return 1
    fi
    if ((SECONDS >= until)); then
      say "$name runs, but this did not succeed in time: $*. The last lines of its log, $folder/logs/$name.log:"
      tail -n 20 "$folder/logs/$name.log" >&2
      return 1
    fi
    sleep 0.05
  done
}

# end_with FOLDER OWNER COMMAND...: runs COMMAND once process OWNER has ended, for
# owners that are killed without a chance to clean up.
end_with() {
  local folder=$1 owner=$2 owner_identity
  shift 2
  owner_identity=$(identity "$owner") || { say "there is no process $owner to end with"; return 1; }
  # shellcheck disable=SC2016 # expanded by the inner shell
  start "$folder" owner-watch bash -c '
    . "$1"
    owner=$2 owner_identity=$3
    shift 3
    mkfifo owner-watch.fifo && exec 7<>owner-watch.fifo
    # Reading a pipe that stays silent: a pause without a process of its own.
    while [ "$(identity "$owner")" = "$owner_identity" ]; do read -r -t 1 -u 7; done
    rm -f processes/owner-watch
    exec "$@"' \
    owner-watch "$controlplane/processes.sh" "$owner" "$owner_identity" "$@"
}
