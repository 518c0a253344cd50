"""Serves little pages over TLS, under every name, to browsers that take its certificate unasked; and without.

usage: pages.py CLIENT
CLIENT is the client's ES module. Prints one JSON line with both ports, and ends with its standard input.
"""

import datetime
import http.server
import json
import os
import ssl
import sys
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PAGES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "pages")
NAMES = ["vanban.example.gov.vn", "evil.example.com"]


class Pages(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *rest):
        super().__init__(*rest, directory=PAGES)

    def translate_path(self, path):
        return sys.argv[1] if path.split("?")[0] == "/kyso.js" else super().translate_path(path)

    def end_headers(self):
        self.send_header("Cache-Control", "no-store")
        # A sandboxed frame has no origin, and modules are fetched with one.
        self.send_header("Access-Control-Allow-Origin", "*")
        super().end_headers()

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, *_):
        pass  # A browser hangs up whenever it likes.


def main():
    server = Server(("127.0.0.1", 0), Pages)
    server.socket = tls().wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    plain = Server(("127.0.0.1", 0), Pages)
    for each in (server, plain):
        threading.Thread(target=each.serve_forever, daemon=True).start()
    print(json.dumps({"port": server.server_port, "plain": plain.server_port}), flush=True)
    sys.stdin.read()


def tls():
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "TEST pages")])
    now = datetime.datetime.utcnow()
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=7))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in NAMES]), critical=False)
        .sign(key, hashes.SHA256())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))
        encoding, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        file.write(key.private_bytes(encoding, kind, serialization.NoEncryption()))
        file.flush()
        context.load_cert_chain(file.name)
    return context


main()
