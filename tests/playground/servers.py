"""The servers of the playground, on free ports of the loopback:

    servers.py FOLDER

One speaks TLS, with what FOLDER/server.pem holds at that moment (its key, its certificate, its chain), and answers every
request: it stands for ClearML's servers. The other gives out the files below FOLDER/charts: a repository of Helm. Their
ports, in this order, are written to FOLDER/ports.
"""

import functools
import os
import ssl
import sys
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

PATIENCE = 60


class Page(BaseHTTPRequestHandler):
    timeout = PATIENCE

    def do_GET(self):
        text = b"This stands for a server of ClearML.\n"
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_HEAD = do_POST = do_PUT = do_GET


class TlsServer(ThreadingHTTPServer):
    certificate = ""

    # Each connection has a thread of its own, so that a client that says nothing is in nobody's way.
    def finish_request(self, request, client_address):
        request.settimeout(PATIENCE)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate)
        with context.wrap_socket(request, server_side=True) as tls:
            super().finish_request(tls, client_address)

    # Clients that do not trust the server are what it is for.
    def handle_error(self, request, client_address):
        print(f"{client_address}: {sys.exc_info()[1]}", file=sys.stderr, flush=True)


def main(folder):
    TlsServer.certificate = os.path.join(folder, "server.pem")
    tls = TlsServer(("127.0.0.1", 0), Page)
    files = functools.partial(SimpleHTTPRequestHandler, directory=os.path.join(folder, "charts"))
    charts = ThreadingHTTPServer(("127.0.0.1", 0), files)
    Thread(target=charts.serve_forever, daemon=True).start()
    ports = os.path.join(folder, "ports")
    with open(ports + ".new", "w") as file:
        print(tls.server_port, charts.server_port, file=file)
    os.rename(ports + ".new", ports)
    tls.serve_forever()


main(sys.argv[1])
