import assert from "node:assert/strict";
import { test } from "node:test";

import { Nonces, verifySignIn } from "kyso-server";
import { flipped, otherRoot, person, root, signIn, signedIn, written } from "./material.js";

const origin = "https://vanban.example.gov.vn";
const nonce = Buffer.alloc(32, 5);
const expected = { origin, nonce, roots: root.pem };
const refused = (answer, code, change = {}) =>
  assert.rejects(verifySignIn(answer, { ...expected, ...change }), { name: "VerificationError", code });

test("a person signs in here, on this nonce, with a certificate for that", async () => {
  const signer = await verifySignIn(signedIn(signIn, origin, nonce), expected);
  assert.equal(signer.subject.CN, "sign-in");
  assert.equal(signer.path.length, 3);
});

test("each thing that is wrong has its own code", async () => {
  const good = signedIn(signIn, origin, nonce);
  await refused(signedIn(signIn, "https://khac.example.vn", nonce), "origin");
  await refused(signedIn(signIn, origin, Buffer.alloc(32, 6)), "nonce");
  // Names that were changed on the way, over what was signed elsewhere.
  await refused({ ...signedIn(signIn, "https://khac.example.vn", nonce), origin }, "signature");
  await refused({ ...signedIn(signIn, origin, Buffer.alloc(32, 6)), nonce: nonce.toString("base64") }, "signature");
  await refused({ ...good, signature: flipped(good.signature) }, "signature");
  await refused({ ...good, certificate: written(person) }, "signature");
  await refused(signedIn(person, origin, nonce), "usage");
  await refused(good, "untrusted", { roots: otherRoot.pem });
  await refused(good, "expired", { at: new Date(Date.now() + 40 * 24 * 3600 * 1000) });
  await refused(good, "nonce", { nonce: undefined });
  await refused(good, "signer", { certificate: written(person).id });
  await refused({ ...good, nonce: undefined }, "malformed");
  await assert.rejects(verifySignIn(good, { ...expected, nonce: Buffer.alloc(8) }), TypeError);
});

test("a nonce works once, for its session, for a while", async () => {
  const nonces = new Nonces({ seconds: 60, most: 2 });
  const first = nonces.issue("a");
  assert.equal(first.length, 32);
  const answer = signedIn(signIn, origin, first);
  await verifySignIn(answer, { ...expected, nonce: nonces.take("a") });
  await refused(answer, "nonce", { nonce: nonces.take("a") });
  nonces.issue("b");
  await refused(answer, "nonce", { nonce: nonces.take("b") });
  assert.equal(nonces.take("nobody"), undefined);

  const again = [nonces.issue("c"), nonces.issue("c")];
  assert.deepEqual(nonces.take("c"), again[1]);
  for (const session of ["d", "e", "f"]) nonces.issue(session);
  assert.equal(nonces.take("d"), undefined, "the oldest left");
  assert.ok(nonces.take("f"));
  const over = new Nonces({ seconds: 0 });
  over.issue("g");
  assert.equal(over.take("g"), undefined);
});
