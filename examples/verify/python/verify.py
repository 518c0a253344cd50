"""What a server checks of Kyso's answers, with cryptography and asn1crypto. Nothing that came through the page is
believed: documents, origin, nonce and roots are the server's own.

    verify.py signed|cms ROOTS ANSWER DOCUMENT...
    verify.py sign-in ROOTS ANSWER ORIGIN NONCE
"""

import hashlib
import json
import sys
from base64 import b64decode
from datetime import datetime, timezone
from pathlib import Path

from asn1crypto import cms, tsp  # the latter teaches the former signing_certificate_v2
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from cryptography.x509.verification import ExtensionPolicy, PolicyBuilder, Store, VerificationError


class Refused(Exception):
    """The first word tells the failures apart."""


def verify_signed(answer, documents, roots):
    """Raw signatures: each over the server's own document, by a certificate for documents."""
    leaf, chain = certificates(answer)
    for item, document in zip(answer["signatures"], documents, strict=True):
        function = HASHES.get(item["digest"]["algorithm"]) or refuse("algorithm", item["digest"]["algorithm"])
        own_digest(item, function, document)
        check(leaf.public_key(), answer["scheme"], function, document, b64decode(item["value"]))
    trusted(leaf, chain, roots)
    for_documents(leaf)
    return leaf


def verify_cms(answer, documents, roots):
    """Detached CMS (CAdES-B): attributes about the server's own document, signed by the answer's certificate."""
    leaf, chain = certificates(answer)
    for item, document in zip(answer["signatures"], documents, strict=True):
        info, inside = signer_info(b64decode(item["value"]))
        if info["sid"].name != "issuer_and_serial_number":
            refuse("attributes", "the signer is not named by issuer and serial number")
        named = (info["sid"].chosen["issuer"], info["sid"].chosen["serial_number"].native)
        signer = [one.dump() for one in inside if (one.issuer, one.serial_number) == named]
        if signer != [leaf.public_bytes(DER)]:
            refuse("signer", "the CMS is another certificate's than the answer's")
        function = hash_function(info["digest_algorithm"])
        own_digest(item, function, document)
        values = attributes(info)
        if values["content_type"].native != "data":
            refuse("attributes", "they are not about a document")
        if values["message_digest"].native != digest(function, document):
            refuse("digest", "it is about another document")
        # RFC 5035: the attributes name the certificate, so that no other can be put in its place.
        ess = values["signing_certificate_v2"]["certs"][0]
        if ess["cert_hash"].native != digest(hash_function(ess["hash_algorithm"]), leaf.public_bytes(DER)):
            refuse("signer", "the attributes name another certificate")
        algorithm = info["signature_algorithm"]["algorithm"].native
        scheme = CMS_SCHEMES.get(algorithm) or refuse("algorithm", algorithm)
        # RFC 5652 §5.4: what is signed is the SET itself, not the tag that it has here.
        check(leaf.public_key(), scheme, function, info["signed_attrs"].untag().dump(), info["signature"].native)
        chain += [x509.load_der_x509_certificate(one.dump()) for one in inside]
    trusted(leaf, chain, roots)
    for_documents(leaf)
    return leaf


def verify_sign_in(answer, origin, nonce, roots):
    """A sign-in: at this origin, on this nonce (taken out of the session, so that it works once)."""
    if answer["origin"] != origin:
        refuse("origin", "it is for another site")
    if b64decode(answer["nonce"]) != nonce:
        refuse("nonce", "it is for another nonce")
    leaf, chain = certificates(answer)
    sha256 = lambda data: hashlib.sha256(data).digest()
    text = b"kyso sign-in v1\0" + sha256(origin.encode()) + sha256(nonce)
    check(leaf.public_key(), answer["scheme"], hashes.SHA256(), text, b64decode(answer["signature"]))
    trusted(leaf, chain, roots)
    for_sign_in(leaf)
    return leaf


def certificates(answer):
    der = [answer["certificate"]["der"], *answer["certificate"]["chain"]]
    leaf, *chain = [x509.load_der_x509_certificate(b64decode(one)) for one in der]
    return leaf, chain


def own_digest(item, function, document):
    if b64decode(item["digest"]["value"]) != digest(function, document):
        refuse("digest", "it is about another document")


def digest(function, document):
    return hashlib.new(function.name, document).digest()


def signer_info(der):
    """The only one of a CMS (RFC 5652 §5.3), and the certificates beside it."""
    try:
        signed = cms.ContentInfo.load(der, strict=True)["content"]
        [info] = signed["signer_infos"]
        signed.native  # reads it to its end
        return info, [one.chosen for one in signed["certificates"]]
    except UNREADABLE as error:
        refuse("attributes", f"not a CMS of one signer: {error}")


def hash_function(algorithm):
    name = algorithm["algorithm"].native
    return HASHES.get(name.replace("sha", "sha-")) or refuse("algorithm", name)


def attributes(info):
    """The signed attributes that have to be there, and the others, by name: each once, with one value."""
    found = {}
    for one in info["signed_attrs"]:
        name = one["type"].native
        if name in found or len(one["values"]) != 1:
            refuse("attributes", f"{name} is not there once")
        found[name] = one["values"][0]
    missing = {"content_type", "message_digest", "signing_certificate_v2"} - found.keys()
    if missing:
        refuse("attributes", f"without {', '.join(sorted(missing))}")
    return found


def check(key, scheme, function, message, signature):
    try:
        if scheme == "rsa-pkcs1" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PKCS1v15(), function)
        elif scheme == "rsa-pss" and isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, message, padding.PSS(padding.MGF1(function), padding.PSS.DIGEST_LENGTH), function)
        elif scheme == "ecdsa" and isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, message, ec.ECDSA(function))
        else:
            refuse("algorithm", f"{scheme} with this key")
    except InvalidSignature:
        refuse("signature", "it is not this certificate's over this")


def trusted(leaf, chain, roots):
    """Issued under one of the roots, now. Revocation is asked elsewhere: OCSP or the CRL."""
    if datetime.now(timezone.utc) > leaf.not_valid_after_utc:
        refuse("expired", f"it ended {leaf.not_valid_after_utc}")
    # The library's rules for authorities; the signer's own usage is looked at below.
    rules = PolicyBuilder().store(Store(roots)).extension_policies(
        ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=ExtensionPolicy.permit_all()
    )
    try:
        rules.build_client_verifier().verify(leaf, chain)
    except VerificationError as error:
        refuse("untrusted", str(error))


def for_documents(leaf):
    """nonRepudiation, or no key usage at all."""
    usage = extension(leaf, x509.KeyUsage)
    if usage and not usage.content_commitment:
        refuse("usage", "the certificate is not for documents")


def for_sign_in(leaf):
    """digitalSignature with clientAuth, and not for documents."""
    usage, extended = extension(leaf, x509.KeyUsage), extension(leaf, x509.ExtendedKeyUsage)
    fit = usage and usage.digital_signature and not usage.content_commitment
    if not (fit and extended and ExtendedKeyUsageOID.CLIENT_AUTH in extended):
        refuse("usage", "the certificate is not for signing in")


def extension(leaf, kind):
    try:
        return leaf.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def refuse(code, why):
    raise Refused(f"{code}: {why}")


DER = Encoding.DER
UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
HASHES = {"sha-256": hashes.SHA256(), "sha-384": hashes.SHA384(), "sha-512": hashes.SHA512()}
CMS_SCHEMES = {"rsassa_pkcs1v15": "rsa-pkcs1", "rsassa_pss": "rsa-pss"}
CMS_SCHEMES |= {f"{name}_rsa": "rsa-pkcs1" for name in ("sha256", "sha384", "sha512")}
CMS_SCHEMES |= {f"{name}_ecdsa": "ecdsa" for name in ("sha256", "sha384", "sha512")}


def main(kind, roots, answer, *own):
    roots = x509.load_pem_x509_certificates(Path(roots).read_bytes())
    answer = json.loads(Path(answer).read_text("utf-8"))
    if kind == "sign-in":
        return verify_sign_in(answer, own[0], b64decode(own[1]), roots)
    verify = {"signed": verify_signed, "cms": verify_cms}[kind]
    return verify(answer, [Path(path).read_bytes() for path in own], roots)


if __name__ == "__main__":
    try:
        print("ok:", main(*sys.argv[1:]).subject.rfc4514_string())
    except Refused as refused:
        sys.exit(str(refused))
    except UNREADABLE as error:
        sys.exit(f"malformed: {error!r}")
