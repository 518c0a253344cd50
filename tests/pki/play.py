"""An authority for the tests, played by certomancer: keys and certificates in FOLDER, its responder and its lists on
a port of ADDRESS, else of 127.0.0.1.

    play.py FOLDER [ADDRESS]

Says its port on standard output, and ends with standard input. GET /mode/NAME makes every answer of the responder and
of the lists so from then on; GET /asked tells how often they were asked.
"""

import sys
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from asn1crypto import ocsp, pem
from certomancer.integrations import animator
from certomancer.integrations.animator import Animator, AnimatorArchStore
from certomancer.registry import ArchLabel, CertLabel, CertomancerConfig
from certomancer.registry.svc_config.ocsp import OCSPInterface
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

NOW = datetime.now(timezone.utc).replace(microsecond=0)
LEAVES = ["good", "revoked", "expired", "early", "usage", "fallen"]
KEYS = ["root", "issuing", "fallen-issuing", "responder", *LEAVES]


def at(days):
    return (NOW + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S+0000")


def validity(start, end):
    return {"valid-from": at(start), "valid-to": at(end)}


def usage(*bits):
    value = {"schema": "key-usage", "params": list(bits)}
    return {"id": "key_usage", "critical": True, "smart-value": value}


def lists(*names):
    value = {"schema": "crl-dist-url", "params": {"crl-repo-names": list(names)}}
    return {"id": "crl_distribution_points", "smart-value": value}


def responder(name):
    value = {"schema": "aia-urls", "params": {"ocsp-responder-names": [name]}}
    return {"id": "authority_information_access", "smart-value": value}


def authority(**more):
    constraints = {"id": "basic_constraints", "critical": True, "value": {"ca": True}}
    return {"extensions": [constraints, usage("key_cert_sign", "crl_sign"), *more.pop("extensions", [])], **more}


def leaf(issuer="issuing", bits=("non_repudiation",), **more):
    extensions = [usage(*bits), lists(issuer), responder(issuer)]
    return {"issuer": issuer, "validity": validity(-30, 365), "extensions": extensions, **more}


def architecture():
    long = validity(-400, 4000)
    asked = [lists("root"), responder("root")]
    signing = {
        "validity": long,
        "extensions": [
            usage("digital_signature"),
            {"id": "extended_key_usage", "critical": True, "value": ["ocsp_signing"]},
            {"id": "ocsp_no_check"},
        ],
    }
    since = {"revoked-since": "2026-03-04T05:06:07+0000", "reason": "key_compromise"}
    return {
        "keyset": "test",
        "entity-defaults": {"country-name": "VN", "organization-name": "Cơ quan thử nghiệm"},
        "entities": {name: {"common-name": name.title()} for name in KEYS},
        "certs": {
            "root": authority(subject="root", issuer="root", validity=long),
            "issuing": authority(issuer="root", validity=long, extensions=asked),
            "fallen-issuing": authority(issuer="root", validity=long, extensions=asked, revocation=since),
            "responder": {"issuer": "issuing", **signing},
            "good": leaf(),
            "revoked": leaf(revocation=since),
            "expired": leaf(validity=validity(-30, -1)),
            "early": leaf(validity=validity(30, 365)),
            "usage": leaf(bits=("key_encipherment",)),
            "fallen": leaf(issuer="fallen-issuing"),
        },
        "services": {
            "ocsp": {
                "issuing": {"for-issuer": "issuing", "responder-cert": "responder", "signing-key": "responder"},
                # The authority's own word, without a delegate.
                "root": {"for-issuer": "root", "responder-cert": "root", "signing-key": "root"},
                "fallen-issuing": {
                    "for-issuer": "fallen-issuing",
                    "responder-cert": "fallen-issuing",
                    "signing-key": "fallen-issuing",
                },
            },
            "crl-repo": {
                name: {"for-issuer": name, "signing-key": name, "simulated-update-schedule": "P30D"}
                for name in ["root", "issuing", "fallen-issuing"]
            },
        },
    }


def key(name):
    """RSA and EC on one path."""
    if name in ["root", "responder"]:
        return rsa.generate_private_key(65537, 2048)
    return ec.generate_private_key(ec.SECP384R1() if name == "issuing" else ec.SECP256R1())


class Stage:
    """Certomancer's own server, and what may be wrong with it."""

    def __init__(self):
        self.mode = "good"
        self.asked = 0
        self.changed = threading.Condition()
        self.animator = None
        self.old = None

    def set(self, mode):
        with self.changed:
            self.mode = mode
            self.changed.notify_all()

    def __call__(self, environ, start):
        path = environ["PATH_INFO"]
        if path.startswith("/mode/"):
            self.set(path.removeprefix("/mode/"))
            return Response("")(environ, start)
        if path == "/asked":
            return Response(str(self.asked))(environ, start)
        self.asked += 1
        return self.answer(environ)(environ, start)

    def answer(self, environ):
        mode = self.mode
        if mode == "no-ocsp" and "/ocsp/" in environ["PATH_INFO"]:
            return Response("no", status=503)
        if mode == "no-crl" and "/ocsp/" not in environ["PATH_INFO"]:
            return Response("no", status=503)
        if mode == "slow":
            with self.changed:
                self.changed.wait_for(lambda: self.mode != "slow")
            return Response("late", status=503)
        if mode == "broken":
            return Response(b"\x30\x03\x0a\x01\x00 no answer")
        if mode == "gone":
            return Response("no", status=503)
        if mode == "moved":
            return Response("", status=302, headers={"Location": "/mode/followed"})
        if mode == "huge":
            return Response(b"\x30" * (40 << 20))
        player = self.old if mode == "old" else self.animator
        response = Response.from_app(player, environ, buffered=True)
        if mode == "forged":
            data = bytearray(response.get_data())
            data[len(data) // 2] ^= 1
            response.set_data(bytes(data))
        return response


def main():
    folder = Path(sys.argv[1])
    address = sys.argv[2] if len(sys.argv) > 2 else "127.0.0.1"
    (folder / "keys").mkdir(parents=True)
    for name in KEYS:
        made = key(name)
        plain = serialization.NoEncryption()
        form = serialization.PrivateFormat.PKCS8
        text = made.private_bytes(serialization.Encoding.PEM, form, plain)
        (folder / "keys" / f"{name}.pem").write_bytes(text)
    stage = Stage()
    server = make_server(address, 0, stage, threaded=True, request_handler=Quiet)
    server.daemon_threads = True
    config = {
        "external-url-prefix": f"http://{address}:{server.port}",
        "keysets": {"test": {"path-prefix": "keys", "keys": {name: {"path": f"{name}.pem"} for name in KEYS}}},
        "pki-architectures": {"test": architecture()},
    }
    config = CertomancerConfig(config, key_search_dir=str(folder), config_search_dir=None)
    test = config.get_pki_arch(ArchLabel("test"))
    store = AnimatorArchStore({ArchLabel("test"): test})
    stage.animator = Animator(store, with_web_ui=False)
    stage.old = Animator(store, at_time=NOW - timedelta(days=90), with_web_ui=False)
    (folder / "certs").mkdir()
    for name in KEYS:
        der = test.get_cert(CertLabel(name)).dump()
        (folder / "certs" / f"{name}.crt").write_bytes(pem.armor("CERTIFICATE", der))
    # RFC 6960 §4.2.2.2 knows no fractions of a second.
    animator._now = lambda: datetime.now(timezone.utc).replace(microsecond=0)
    known = OCSPInterface.check_revocation_status

    def status(self, cid, at_time):
        if stage.mode == "unknown":
            return ocsp.CertStatus("unknown"), []
        return known(self, cid, at_time)

    OCSPInterface.check_revocation_status = status
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.port, flush=True)
    sys.stdin.read()


class Quiet(WSGIRequestHandler):
    def log(self, *_):
        pass


main()
