"""Asks real clients about TLS servers on the loopback.

Reads JSON on stdin: a list of cases {trust: PEM, chain: PEM, key: PEM}. Writes a JSON list, in the same order, of
{client: "" if it connects, else what it said}. A client that is not installed is left out.
"""

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

cases = json.load(sys.stdin)
folder = tempfile.mkdtemp()


def path(index, kind):
    return os.path.join(folder, f"{index}-{kind}.pem")


def serve(context):
    """A server that answers every request with 404, on a port of its own."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(16)

    def answer(connection):
        try:
            connection.settimeout(10)
            with context.wrap_socket(connection, server_side=True) as tls:
                tls.recv(4096)
                tls.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        except OSError:
            pass

    def loop():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(connection,), daemon=True).start()

    threading.Thread(target=loop, daemon=True).start()
    return listener


def python(port, trust, flags):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # The level of Debian's OpenSSL, which python's images are built on, whatever this one's is.
    context.set_ciphers("DEFAULT@SECLEVEL=2")
    context.verify_flags |= flags
    context.load_verify_locations(trust)
    try:
        with socket.create_connection(("127.0.0.1", port), 10) as connection:
            with context.wrap_socket(connection, server_hostname="localhost"):
                return ""
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return f"{type(error).__name__}: {error}"


def run(arguments, **variables):
    environment = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()} | variables
    return subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=60)


def curl(port, trust):
    done = run(["curl", "-sS", "--cacert", trust, f"https://localhost:{port}/"])
    return done.stderr.strip() if done.returncode else ""


def git(port, trust):
    done = run(
        ["git", "ls-remote", f"https://localhost:{port}/x"],
        GIT_SSL_CAINFO=trust,
        GIT_TERMINAL_PROMPT="0",
        GIT_CONFIG_NOSYSTEM="1",
        HOME=folder,
    )
    return "" if "not found" in done.stderr else done.stderr.strip()


def uv(port, trust):
    done = run(
        [UV, "pip", "install", "--no-cache", "--dry-run", "--target", folder,
         "--no-config", "--index-url", f"https://localhost:{port}/", "no-such-package"],
        SSL_CERT_FILE=trust,
        UV_HTTP_RETRIES="0",
        UV_PYTHON_DOWNLOADS="never",
    )
    text = done.stderr
    return "" if "not found in the package registry" in text or "No solution found" in text else text.strip()


NODE = """
const https = require('https'), fs = require('fs');
const cases = JSON.parse(fs.readFileSync(0));
(async () => {
  const results = [];
  for (const {port, trust} of cases) {
    results.push(await new Promise(done => {
      let options;
      try { options = {host: 'localhost', port, ca: fs.readFileSync(trust), agent: false}; } catch (e) { return done(e.message); }
      https.get(options, r => { r.resume(); done(''); }).on('error', e => done(e.message));
    }));
  }
  console.log(JSON.stringify(results));
})();
"""


def node(ports):
    given = [{"port": port, "trust": path(index, "trust")} for index, port in enumerate(ports)]
    done = subprocess.run(["node", "-e", NODE], input=json.dumps(given), capture_output=True, text=True)
    return json.loads(done.stdout)


UV = os.environ.get("UV") or shutil.which("uv")
ports, listeners, results = [], [], []
for index, case in enumerate(cases):
    for kind in ("trust", "chain", "key"):
        with open(path(index, kind), "w") as file:
            file.write(case[kind])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    # A server may present what a client will refuse.
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    context.load_cert_chain(path(index, "chain"), path(index, "key"))
    listener = serve(context)
    listeners.append(listener)
    ports.append(listener.getsockname()[1])

for index, port in enumerate(ports):
    trust = path(index, "trust")
    result = {
        "python-3.12": python(port, trust, 0),
        "python-3.13": python(port, trust, ssl.VERIFY_X509_STRICT | ssl.VERIFY_X509_PARTIAL_CHAIN),
    }
    if shutil.which("curl"):
        result["curl"] = curl(port, trust)
    if shutil.which("git"):
        result["git"] = git(port, trust)
    if UV:
        result["uv"] = uv(port, trust)
    results.append(result)
if shutil.which("node"):
    for result, said in zip(results, node(ports)):
        result["node"] = said
shutil.rmtree(folder)
json.dump(results, sys.stdout)
