"""Asks real clients about TLS servers on the loopback.

Reads JSON on stdin: a list of cases {trust: PEM, chain: PEM, key: PEM, host: str}. Writes a JSON list, in the same order,
of {client: "" if it connects, else what it said}. A client that is not installed is left out. With --versions, writes
{client: version} instead and reads nothing.
"""

import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

STRICT = ssl.VERIFY_X509_STRICT | getattr(ssl, "VERIFY_X509_PARTIAL_CHAIN", 0x80000)
UV = os.environ.get("UV") or shutil.which("uv")
folder = tempfile.mkdtemp()
# Configuration files of the user's do not count.
ENVIRONMENT = os.environ | {"HOME": folder, "OPENSSL_CONF": os.devnull}


def path(index, kind):
    return os.path.join(folder, f"{index}-{kind}.pem")


def run(arguments, timeout=60, **variables):
    return subprocess.run(
        arguments, capture_output=True, text=True, errors="replace", env=ENVIRONMENT | variables, timeout=timeout
    )


def threaded(handle):
    """Serves every connection of a port of its own with handle; returns the port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)

    def safely(connection):
        try:
            connection.settimeout(20)
            handle(connection)
        except OSError:
            pass
        finally:
            connection.close()

    def loop():
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=safely, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return listener.getsockname()[1]


def serve(chain, key):
    """A server that answers every request with 404."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A server may present what a client will refuse.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(chain, key)

    def answer(connection):
        with context.wrap_socket(connection, server_side=True) as tls:
            tls.recv(4096)
            tls.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    return threaded(answer)


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def tunnel(connection):
    """A proxy for which every host is the loopback: uv cannot be told the address of a host in another way."""
    head = b""
    while b"\r\n\r\n" not in head:
        head += connection.recv(4096)
    port = int(re.match(rb"CONNECT [^ ]*:(\d+) ", head).group(1))
    with socket.create_connection(("127.0.0.1", port), 10) as server:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=pump, args=(server, connection), daemon=True)
        back.start()
        pump(connection, server)
        back.join(10)


def python(flags):
    def ask(host, port, index):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # The level of Debian's OpenSSL, which python's images are built on, whatever this one's is.
        context.set_ciphers("DEFAULT@SECLEVEL=2")
        # As urllib3 2 has it, and so requests.
        context.hostname_checks_common_name = False
        context.verify_flags |= flags
        context.load_verify_locations(path(index, "trust"))
        try:
            with socket.create_connection(("127.0.0.1", port), 10) as connection:
                with context.wrap_socket(connection, server_hostname=host):
                    return ""
        except ssl.SSLCertVerificationError as error:
            return error.verify_message
        except OSError as error:
            return f"{type(error).__name__}: {error}"

    return ask


def openssl_verify(flags):
    def ask(host, port, index):
        done = run(
            ["openssl", "verify", "-no-CApath", "-no-CAstore", "-CAfile", path(index, "trust"), "-untrusted",
             path(index, "chain"), "-purpose", "sslserver", "-auth_level", "2", "-trusted_first", *flags,
             path(index, "chain")]
        )
        return "" if done.returncode == 0 else done.stderr.strip()

    return ask


def curl(host, port, index):
    done = run(
        ["curl", "-sS", "--cacert", path(index, "trust"), "--resolve", f"{host}:{port}:127.0.0.1", f"https://{host}:{port}/"]
    )
    return done.stderr.strip() if done.returncode else ""


def git(host, port, index):
    done = run(
        ["git", "-c", f"http.curloptResolve={host}:{port}:127.0.0.1", "ls-remote", f"https://{host}:{port}/x"],
        GIT_SSL_CAINFO=path(index, "trust"),
        GIT_TERMINAL_PROMPT="0",
        GIT_CONFIG_NOSYSTEM="1",
    )
    return "" if "not found" in done.stderr else done.stderr.strip() or "no answer"


def uv(host, port, index):
    done = run(
        [UV, "pip", "install", "--no-cache", "--dry-run", "--target", folder,
         "--no-config", "--index-url", f"https://{host}:{port}/", "no-such-package"],
        SSL_CERT_FILE=path(index, "trust"),
        # Else the machine's own certificates count beside the file's.
        SSL_CERT_DIR=os.path.join(folder, "empty"),
        UV_HTTP_RETRIES="0",
        UV_PYTHON_DOWNLOADS="never",
        HTTPS_PROXY=f"http://127.0.0.1:{proxy}",
    )
    text = done.stderr
    return "" if "not found in the package registry" in text or "No solution found" in text else text.strip()


NODE = """
const https = require('https'), fs = require('fs'), tls = require('tls');
const cases = JSON.parse(fs.readFileSync(0));
const lookup = (host, options, done) => options.all ? done(null, [{address: '127.0.0.1', family: 4}]) : done(null, '127.0.0.1', 4);
(async () => {
  const results = [];
  for (const {host, port, trust} of cases) {
    results.push(await new Promise(done => {
      try {
        // The level that node had up to 22.
        const options = {host, port, lookup, ciphers: tls.DEFAULT_CIPHERS + ':@SECLEVEL=1', ca: fs.readFileSync(trust), agent: false, servername: /^[\\d.]+$/.test(host) ? '' : host};
        https.get(options, r => { r.resume(); done(''); }).on('error', e => done(e.message));
      } catch (e) { done(e.message); }
    }));
  }
  console.log(JSON.stringify(results));
})();
"""


def node(cases, ports):
    given = [{"host": case["host"], "port": port, "trust": path(index, "trust")}
             for index, (case, port) in enumerate(zip(cases, ports))]
    done = subprocess.run(["node", "-e", NODE], input=json.dumps(given), capture_output=True, text=True, env=ENVIRONMENT)
    return json.loads(done.stdout)


HOW = {
    "python-3.12": python(0),
    "python-3.13": python(STRICT),
    "openssl": openssl_verify([]),
    "openssl-strict": openssl_verify(["-x509_strict", "-partial_chain"]),
    "curl": curl,
    "git": git,
    "uv": uv,
}


def printed(*command):
    return run(command).stdout if command[0] and shutil.which(command[0]) else ""


def versions():
    """The version of each client that is here, if it is built with the library that its verdicts are of."""
    found = {}
    if ssl.OPENSSL_VERSION.startswith("OpenSSL 3"):
        found["python-3.12"] = found["python-3.13"] = f"Python {sys.version.split()[0]}, {ssl.OPENSSL_VERSION}"
    if (version := printed("openssl", "version")).startswith("OpenSSL 3"):
        found["openssl"] = found["openssl-strict"] = version
    if " OpenSSL/3" in (version := printed("curl", "--version")).partition("\n")[0]:
        found["curl"] = version
    https = os.path.join(printed("git", "--exec-path").strip(), "git-remote-https")
    if "libcurl-gnutls" in printed("ldd", https):
        found["git"] = printed("git", "--version")
    if version := printed(UV, "--version"):
        found["uv"] = version
    if version := printed("node", "--version"):
        found["node"] = version
    return {name: version.partition("\n")[0] for name, version in found.items()}


def main():
    global proxy
    if "--versions" in sys.argv:
        json.dump(versions(), sys.stdout)
        return
    cases = json.load(sys.stdin)
    os.mkdir(os.path.join(folder, "empty"))
    proxy = threaded(tunnel)
    ports = []
    for index, case in enumerate(cases):
        for kind in ("trust", "chain", "key"):
            with open(path(index, kind), "w") as file:
                file.write(case[kind])
        ports.append(serve(path(index, "chain"), path(index, "key")))

    installed = versions()

    def ask(index):
        return {name: how(cases[index]["host"], ports[index], index) for name, how in HOW.items() if name in installed}

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(ask, range(len(cases))))
    if "node" in installed:
        for result, said in zip(results, node(cases, ports)):
            result["node"] = said
    json.dump(results, sys.stdout)


try:
    main()
finally:
    shutil.rmtree(folder)
