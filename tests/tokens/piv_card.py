#!/usr/bin/env python3
"""A virtual PIV card (a part of NIST SP 800-73-4) in vsmartcard's reader, for the tests.

    piv_card.py --port 35963 FOLDER [--name NAME]

FOLDER holds the identity: keys, certificates and what the card remembers (PIN, tries). It is made
when it is not there; `NN.crt` is the certificate of key NN, PEM:

    9a  RSA-2048, digitalSignature and contentCommitment; the PIN once
    9c  RSA-2048, contentCommitment; the PIN right before each signature
    9d  RSA-2048, keyEncipherment
    9e  P-256, digitalSignature; no PIN

PIN 123456, three tries. The card is in the reader while a connection to vpcd stands. FOLDER/control of
the first identity is a socket that takes one command a connection and answers with one line:

    insert [FOLDER]     puts the card in, or another one: FOLDER is its identity
    remove              pulls it out
    remove-after N      pulls it out instead of answering the Nth command from now
    remove-on-sign      pulls it out instead of the next signature
    hang-on-sign        never answers the next signature; remove ends that
    delay MS            each signature takes so long
    unblock             gives it three tries again
    status              changes nothing
    quit                ends the program

It ends with its standard input, too, so that it never outlives who started it.
"""

import argparse
import os
import socket
import struct
import sys
import threading
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

# Nothing is written into the source's folder.
sys.dont_write_bytecode = True
from piv_identity import AID, TRIES, Identity, parse, tlv  # noqa: E402

ATR = bytes.fromhex("3BDB960080B1FE451F830031C064C3080100900095")

OK = 0x9000
BLOCKED = 0x6983
NOT_ALLOWED = 0x6982
NOT_FOUND = 0x6A82
NO_REFERENCE = 0x6A88
UNKNOWN_COMMAND = 0x6D00


class Pulled(Exception):
    """The card leaves the reader instead of answering."""


class Card:
    """The PIV application. `misdeed` is what it does instead of the next signature."""

    def __init__(self, identity):
        self.identity = identity
        self.delay = 0
        self.misdeed = None
        self.pulled_in = None
        self.released = threading.Event()
        self.commands = 0
        self.reset()

    def reset(self):
        """Power on: nothing is verified, nothing is under way."""
        self.verified = False
        # 9C takes a PIN that came right before (SP 800-73-4 part 1, 3.1.3).
        self.just_verified = False
        self.rest = b""
        self.chained = b""

    def answer(self, command):
        """The response to one command APDU (ISO 7816-4), status word included."""
        self.commands += 1
        if self.pulled_in is not None:
            self.pulled_in -= 1
            if self.pulled_in <= 0:
                self.pulled_in = None
                raise Pulled
        kind, instruction, p1, p2 = command[:4]
        data = b""
        if len(command) >= 7 and command[4] == 0:
            data = command[7:7 + struct.unpack(">H", command[5:7])[0]]
        elif len(command) > 5:
            data = command[5:5 + command[4]]
        if instruction == 0xC0:
            return self.next_part()
        if kind & 0x10:
            # Command chaining: more of the same follows.
            self.chained += data
            return word(OK)
        data, self.chained = self.chained + data, b""
        response, status = self.execute(instruction, p1, p2, data)
        if status != OK:
            return response + word(status)
        self.rest = response
        return self.next_part()

    def next_part(self):
        """GET RESPONSE (SP 800-73-4 part 2, 2.4.2): at most 256 bytes at a time."""
        part, self.rest = self.rest[:256], self.rest[256:]
        if not self.rest:
            return part + word(OK)
        return part + bytes([0x61, len(self.rest) if len(self.rest) < 256 else 0])

    def execute(self, instruction, p1, p2, data):
        if instruction == 0xA4:
            return self.select(p1, data)
        if instruction == 0xCB:
            return self.get_data(data)
        if instruction == 0x20:
            return self.verify(p1, p2, data)
        if instruction == 0x24:
            return self.change("pin", data)
        if instruction == 0x2C:
            return self.change("puk", data)
        if instruction == 0x87:
            return self.general_authenticate(p2, data)
        return b"", UNKNOWN_COMMAND

    def select(self, p1, data):
        """SELECT (part 2, 3.1.1)."""
        if p1 != 4 or len(data) < 5 or not AID.startswith(data[:len(AID)]):
            return b"", NOT_FOUND
        self.just_verified = False
        authority = tlv("79", tlv("4F", AID[:5]))
        return tlv("61", tlv("4F", AID[5:]) + authority + tlv("50", b"Kyso test card")), OK

    def get_data(self, data):
        """GET DATA (part 2, 3.1.2)."""
        found = self.identity.objects.get(parse(data)[0][1].hex().upper())
        return (found, OK) if found else (b"", NOT_FOUND)

    def verify(self, p1, p2, data):
        """VERIFY (part 2, 3.2.1); without data it asks how many tries are left."""
        memory = self.identity.memory
        if p2 != 0x80:
            return b"", NO_REFERENCE
        if p1 == 0xFF:
            self.verified = self.just_verified = False
            return b"", OK
        if data:
            memory["pins"] += 1
            self.identity.remember()
        if memory["tries"] == 0:
            return b"", BLOCKED
        if not data:
            return b"", OK if self.verified else 0x63C0 | memory["tries"]
        right = data.rstrip(b"\xff") == memory["pin"].encode()
        memory["tries"] = TRIES if right else memory["tries"] - 1
        self.verified = self.just_verified = right
        self.identity.remember()
        if right:
            return b"", OK
        return b"", 0x63C0 | memory["tries"] if memory["tries"] else BLOCKED

    def change(self, secret, data):
        """CHANGE REFERENCE DATA and RESET RETRY COUNTER (part 2, 3.2.2 and 3.2.3)."""
        memory = self.identity.memory
        old, new = (part.rstrip(b"\xff").decode("latin1") for part in (data[:8], data[8:]))
        if secret == "pin" and memory["tries"] == 0:
            return b"", BLOCKED
        if old != memory[secret]:
            if secret == "puk":
                return b"", 0x63C0 | TRIES
            memory["tries"] -= 1
            self.identity.remember()
            return b"", 0x63C0 | memory["tries"] if memory["tries"] else BLOCKED
        memory["pin"], memory["tries"] = new, TRIES
        self.identity.remember()
        return b"", OK

    def general_authenticate(self, number, data):
        """GENERAL AUTHENTICATE (part 2, 3.2.4): the raw operation with a private key."""
        key = self.identity.keys.get(number)
        if key is None:
            return b"", NO_REFERENCE
        allowed = {0x9C: self.just_verified, 0x9E: True}.get(number, self.verified)
        self.just_verified = False
        if not allowed:
            return b"", NOT_ALLOWED
        challenge = dict(parse(parse(data)[0][1])).get(b"\x81")
        time.sleep(self.delay / 1000)
        misdeed, self.misdeed = self.misdeed, None
        if misdeed == "hang":
            self.released.wait()
            raise Pulled
        if misdeed == "remove":
            raise Pulled
        if isinstance(key, rsa.RSAPrivateKey):
            private = key.private_numbers()
            number = pow(int.from_bytes(challenge, "big"), private.d, private.public_numbers.n)
            made = number.to_bytes(key.key_size // 8, "big")
        else:
            made = key.sign(challenge, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        return tlv("7C", tlv("82", made)), OK


class Reader(threading.Thread):
    """The connection to vpcd. Messages have a length of two bytes; one byte alone is the reader's word:
    0, 1 and 2 are power off, on and reset, 4 asks for the ATR."""

    def __init__(self, card, port):
        super().__init__(daemon=True)
        self.card = card
        self.port = port
        self.socket = None
        self.wanted = threading.Event()
        self.wanted.set()

    def run(self):
        while True:
            self.wanted.wait()
            try:
                with socket.create_connection(("127.0.0.1", self.port)) as self.socket:
                    self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    self.card.reset()
                    self.serve()
            except Pulled:
                self.wanted.clear()
            except OSError:
                # No reader yet, or it was pulled out.
                time.sleep(0.02)
            finally:
                self.socket = None

    def serve(self):
        while True:
            message = self.receive(struct.unpack(">H", self.receive(2))[0])
            if len(message) > 1:
                self.send(self.card.answer(message))
            elif message[0] == 4:
                self.send(ATR)
            else:
                self.card.reset()

    def receive(self, length):
        data = b""
        while len(data) < length:
            more = self.socket.recv(length - len(data))
            if not more:
                raise ConnectionError
            data += more
        return data

    def send(self, data):
        self.socket.sendall(struct.pack(">H", len(data)) + data)

    def pull(self):
        self.wanted.clear()
        self.card.released.set()
        connection = self.socket
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        while self.socket is not None:
            time.sleep(0.002)


def obey(command, reader, name):
    """Carries out a command; returns what there is to say."""
    card = reader.card
    verb, *arguments = command.split() or ["status"]
    if verb == "insert":
        card.misdeed = card.pulled_in = None
        card.released.clear()
        if arguments and arguments[0] != card.identity.folder:
            reader.pull()
            card.released.clear()
            card.identity = Identity(arguments[0], name)
        reader.wanted.set()
    elif verb == "remove":
        reader.pull()
    elif verb == "remove-after":
        card.pulled_in = int(arguments[0])
    elif verb in ("remove-on-sign", "hang-on-sign"):
        card.misdeed = verb.split("-")[0]
    elif verb == "delay":
        card.delay = int(arguments[0])
    elif verb == "unblock":
        card.identity.memory["tries"] = TRIES
        card.identity.remember()
    elif verb == "quit":
        os._exit(0)
    elif verb != "status":
        return "unknown command"
    memory = card.identity.memory
    present = int(reader.socket is not None)
    return f"present={present} tries={memory['tries']} pins={memory['pins']} commands={card.commands}"


def word(status):
    return struct.pack(">H", status)


def end_with_input():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", default="Nguyễn Thị Minh Khai")
    arguments = parser.parse_args()
    reader = Reader(Card(Identity(arguments.folder, arguments.name)), arguments.port)
    path = os.path.join(arguments.folder, "control")
    control = socket.socket(socket.AF_UNIX)
    if os.path.exists(path):
        os.unlink(path)
    control.bind(path)
    control.listen()
    reader.start()
    threading.Thread(target=end_with_input, daemon=True).start()
    print("ready", flush=True)
    while True:
        connection, _ = control.accept()
        with connection:
            said = obey(connection.recv(1000).decode(), reader, arguments.name)
            connection.sendall(f"{said}\n".encode())


if __name__ == "__main__":
    main()
