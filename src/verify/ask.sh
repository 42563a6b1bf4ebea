# shellcheck shell=sh
# Runs in a task's container: asks each server with each client that the image has, and writes down what it says.
#
#   sh -c 'this text' NAME MARK PYTHON NODE URL...
#
# PYTHON and NODE are ask.py and ask.js. Every line of ours begins with MARK; what a client says follows its name and its
# server's number, so that nothing a client says is taken for a line of ours. It needs a shell and nothing else: whatever
# is not there is not asked. Kubernetes reads its own variables in the text, so two dollar signs never stand side by side.
mark=$1 python_text=$2 node_text=$3
shift 3
export LC_ALL=C GIT_TERMINAL_PROMPT=0

# What a client says at most, in lines; how long it may take, in seconds.
lines=40 patience=15

say() { printf '%s %s\n' "$mark" "$*"; }
is_here() { command -v "$1" >/dev/null 2>&1; }
first_line() { IFS= read -r line; printf '%s' "$line"; }

bound=
timeout 1 true >/dev/null 2>&1 && bound="timeout $patience"

# has CLIENT COMMAND...: the client is here; the command tells its version.
has() {
  client=$1
  shift
  say has "$client" "$("$@" 2>/dev/null </dev/null | first_line)"
}

# tell CLIENT NUMBER FUNCTION URL: what the client says of a server, and how it ends.
tell() {
  who="$1 $2"
  {
    "$3" "$4" </dev/null 2>&1
    printf '\n%s%s\n' "$mark" "$?"
  } | {
    left=$lines
    while IFS= read -r line || [ -n "$line" ]; do
      case $line in
        '') ;;
        "$mark"*) say end "$who" "${line#"$mark"}" ;;
        *)
          [ "$left" -le 0 ] || say line "$who" "$line"
          left=$((left - 1))
          ;;
      esac
    done
  }
}

# with CLIENT FUNCTION URL...: one client, all servers at once.
with() {
  client=$1 function=$2
  shift 2
  number=0
  for url in "$@"; do
    tell "$client" "$number" "$function" "$url" &
    number=$((number + 1))
  done
  wait
}

# shellcheck disable=SC2086 # no word where nothing bounds
bounded() { $bound "$@"; }

# None follows a redirect, which would be about another server; uv alone cannot be told so.
in_python() { bounded "$python" -c "$python_text" "$client" "$1" "$patience"; }
by_curl() { bounded curl --silent --show-error --output /dev/null --max-time "$patience" "$1"; }
by_wget() { bounded wget --no-verbose --output-document=/dev/null --timeout="$patience" --tries=1 --max-redirect=0 "$1"; }
by_git() { bounded git -c http.followRedirects=false -c http.lowSpeedLimit=1 -c http.lowSpeedTime="$patience" ls-remote "$1/clearml-certs-verify.git"; }
by_node() { bounded node -e "$node_text" "$1" "$patience"; }
by_uv() {
  UV_HTTP_RETRIES=0 UV_PYTHON_DOWNLOADS=never bounded uv pip install --no-config --no-cache --dry-run --no-deps \
    --target /tmp/clearml-certs-verify --default-index "$1/" clearml-certs-verify
}
by_openssl() {
  host=${1#https://} port=443
  case $host in
    *]) ;;
    *:*)
      port=${host##*:}
      host=${host%:*}
      ;;
  esac
  case $host in
    \[*)
      bare=${host#\[}
      set -- -verify_ip "${bare%]}"
      ;;
    *[!0-9.]*) set -- -servername "$host" -verify_hostname "$host" ;;
    *) set -- -verify_ip "$host" ;;
  esac
  bounded openssl s_client -brief -connect "$host:$port" -verify_return_error "$@"
}

say begin

for one in python3 python; do
  if [ -z "${python-}" ] && is_here "$one"; then python=$one; fi
done
if [ -n "${python-}" ]; then
  here=$("$python" -c "$python_text" 2>/dev/null </dev/null)
  printf '%s\n' "$here" | while IFS= read -r line; do
    [ -z "$line" ] || say has "$line"
  done
  for client in requests urllib httpx; do
    case "
$here" in
      *"
$client "*) with "$client" in_python "$@" ;;
    esac
  done
fi
if is_here curl; then
  has curl curl --version
  with curl by_curl "$@"
fi
case "$(wget --version 2>/dev/null </dev/null | first_line)" in
  # Others of that name check no certificate.
  'GNU Wget'*)
    has wget wget --version
    with wget by_wget "$@"
    ;;
esac
if is_here git; then
  has git git --version
  with git by_git "$@"
fi
if is_here uv; then
  has uv uv --version
  with uv by_uv "$@"
fi
if is_here node; then
  has node node --version
  with node by_node "$@"
fi
if is_here openssl; then
  has openssl openssl version
  with openssl by_openssl "$@"
fi

say 'done'
