// The verifier for browsers without Ed25519, against Node's own.

import assert from "node:assert/strict";
import { generateKeyPairSync, randomBytes, sign, verify, createPublicKey, webcrypto } from "node:crypto";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

globalThis.crypto ??= webcrypto;
const source = fileURLToPath(new URL("../src/ed25519.ts", import.meta.url));
const built = await build({ entryPoints: [source], bundle: true, write: false, format: "esm" });
const { verifyEd25519 } = await import(
  `data:text/javascript;base64,${Buffer.from(built.outputFiles[0].contents).toString("base64")}`
);

const hex = (text) => Uint8Array.from(Buffer.from(text, "hex"));

/** RFC 8032 §7.1: key, message, signature. */
const VECTORS = [
  [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "72",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
  [
    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
    "af82",
    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
  ],
];

test("the standard's own signatures", async () => {
  for (const [key, text, signature] of VECTORS) {
    assert.equal(await verifyEd25519(hex(key), hex(signature), hex(text)), true);
    const other = hex(signature);
    other[40] ^= 1;
    assert.equal(await verifyEd25519(hex(key), other, hex(text)), false);
  }
});

test("random keys and texts, whole and with one bit flipped, as Node judges them", async () => {
  for (let round = 0; round < 60; round++) {
    const { publicKey, privateKey } = generateKeyPairSync("ed25519");
    const key = Uint8Array.from(publicKey.export({ format: "der", type: "spki" }).subarray(-32));
    const text = randomBytes(round);
    const signature = Uint8Array.from(sign(null, text, privateKey));
    assert.equal(await verifyEd25519(key, signature, text), true);
    for (const [part, at] of [
      [signature, (round * 7) % 64],
      [key, round % 32],
      [text, 0],
    ]) {
      if (part.length === 0) continue;
      part[at] ^= 1 << round % 8;
      assert.equal(await verifyEd25519(key, signature, text), nodeSays(key, signature, text));
      part[at] ^= 1 << round % 8;
    }
  }
});

test("what the standard rules out: S of the order or more, a coordinate of the prime or more, other lengths", async () => {
  const [key, text, signature] = VECTORS[1].map(hex);
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const s = signature.slice(32).reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n) + order;
  const malleable = signature.slice();
  for (let at = 0; at < 32; at++) malleable[32 + at] = Number((s >> BigInt(8 * at)) & 255n);
  assert.equal(await verifyEd25519(key, malleable, text), false);
  // y = p + 1, the neutral element written another way.
  const beyond = hex(`ee${"ff".repeat(30)}7f`);
  assert.equal(await verifyEd25519(beyond, signature, text), false);
  // x = 0 with the sign bit set.
  assert.equal(await verifyEd25519(hex(`01${"00".repeat(30)}80`), signature, text), false);
  for (const [badKey, badSignature] of [
    [key.slice(1), signature],
    [key, signature.slice(1)],
    [new Uint8Array(), new Uint8Array()],
  ]) {
    assert.equal(await verifyEd25519(badKey, badSignature, text), false);
  }
});

function nodeSays(key, signature, text) {
  const spki = Buffer.concat([Buffer.from("302a300506032b6570032100", "hex"), key]);
  try {
    return verify(null, text, createPublicKey({ key: spki, format: "der", type: "spki" }), signature);
  } catch {
    return false;
  }
}
