"""The identities of the virtual PIV card: keys, certificates, and what the card remembers."""

import datetime
import json
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

# SP 800-73-4 part 1, table 3: the data objects that hold the certificates.
CERTIFICATES = {0x9A: "5FC105", 0x9C: "5FC10A", 0x9D: "5FC10B", 0x9E: "5FC101"}
AID = bytes.fromhex("A000000308000010000100")
# Agency 9999: nobody's, so that the GUID is the card's serial number.
FASC_N = bytes.fromhex("d4e739da739ced39ce739d836858210842108421c84210c3eb")
TRIES = 3


class Identity:
    """What one card holds: keys, data objects, and a memory that outlives the program."""

    def __init__(self, folder, name):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.memory = {"pin": "123456", "puk": "12345678", "tries": TRIES, "pins": 0}
        self.memory["guid"] = os.urandom(16).hex()
        if os.path.exists(self.path("memory.json")):
            with open(self.path("memory.json")) as file:
                self.memory = json.load(file)
        self.remember()
        self.keys = {}
        self.objects = {}
        for number, tag in CERTIFICATES.items():
            der = self.load_key(number, name)
            self.objects[tag] = tlv("53", tlv("70", der) + tlv("71", b"\0") + tlv("FE", b""))
        self.objects.update(self.describe())

    def path(self, name):
        return os.path.join(self.folder, name)

    def remember(self):
        new = self.path("memory.json.new")
        with open(new, "w") as file:
            json.dump(self.memory, file)
        os.replace(new, self.path("memory.json"))

    def load_key(self, number, name):
        """Loads a key, or makes it; returns the DER of its certificate."""
        key_file, certificate_file = self.path(f"{number:02x}.key"), self.path(f"{number:02x}.crt")
        if not os.path.exists(certificate_file):
            make_key(number, name, key_file, certificate_file)
        with open(key_file, "rb") as file:
            self.keys[number] = serialization.load_pem_private_key(file.read(), None)
        with open(certificate_file, "rb") as file:
            certificate = x509.load_pem_x509_certificate(file.read())
        return certificate.public_bytes(serialization.Encoding.DER)

    def describe(self):
        """The objects that say what card this is (SP 800-73-4 part 1, 3.1 and 3.3)."""
        guid = bytes.fromhex(self.memory["guid"])
        chuid = [("30", FASC_N), ("34", guid), ("35", b"20350101"), ("3E", b""), ("FE", b"")]
        capabilities = [("F0", bytes.fromhex("a000000116ff02") + guid[:14]), ("F1", b"\x21"), ("F2", b"\x21")]
        capabilities += [("F3", b""), ("F4", b"\0"), ("F5", b"\x10")]
        capabilities += [(tag, b"") for tag in ("F6", "F7", "FA", "FB", "FC", "FD", "FE")]
        return {
            "5FC102": tlv("53", b"".join(tlv(*part) for part in chuid)),
            "5FC107": tlv("53", b"".join(tlv(*part) for part in capabilities)),
            "7E": tlv("7E", tlv("4F", AID) + tlv("5F2F", b"\x40\x00")),
        }


def make_key(number, name, key_file, certificate_file):
    if number == 0x9E:
        key = ec.generate_private_key(ec.SECP256R1())
    else:
        key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.COMMON_NAME, f"{name} ({number:02X})"),
    ])
    now = datetime.datetime.utcnow()
    usage = x509.KeyUsage(
        digital_signature=number in (0x9A, 0x9E),
        content_commitment=number in (0x9A, 0x9C),
        key_encipherment=number == 0x9D,
        data_encipherment=False, key_agreement=False, key_cert_sign=False, crl_sign=False,
        encipher_only=False, decipher_only=False,
    )
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject)
    builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
    builder = builder.not_valid_before(now - datetime.timedelta(days=1))
    builder = builder.not_valid_after(now + datetime.timedelta(days=3650))
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    certificate = builder.add_extension(usage, critical=True).sign(key, hashes.SHA256())
    with open(key_file, "wb") as file:
        file.write(key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ))
    with open(certificate_file, "wb") as file:
        file.write(certificate.public_bytes(serialization.Encoding.PEM))


def tlv(tag, value):
    """BER-TLV; `tag` in hex."""
    length = len(value)
    if length < 0x80:
        return bytes.fromhex(tag) + bytes([length]) + value
    size = (length.bit_length() + 7) // 8
    return bytes.fromhex(tag) + bytes([0x80 | size]) + length.to_bytes(size, "big") + value


def parse(data):
    """Tags of one byte and their values."""
    found, at = [], 0
    while at + 1 < len(data):
        tag, length, at = data[at:at + 1], data[at + 1], at + 2
        if length & 0x80:
            size = length & 0x7F
            length, at = int.from_bytes(data[at:at + size], "big"), at + size
        found.append((tag, data[at:at + length]))
        at += length
    return found
