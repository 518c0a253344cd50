import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";

import { verifyCms, verifyDetached, verifySigned } from "kyso-server";
import { DOCUMENT, cms, flipped, otherRoot, person, raw, root, rsa, signIn, signed, written } from "./material.js";

const expected = { documents: [DOCUMENT], roots: root.pem };
const refused = (answer, code, change = {}) =>
  assert.rejects(verifyCms(answer, { ...expected, ...change }), { name: "VerificationError", code });

for (const [signer, scheme] of [[rsa, "rsa-pkcs1"], [rsa, "rsa-pss"], [person, "ecdsa"]]) {
  for (const hash of ["sha-256", "sha-384", "sha-512"]) {
    test(`a CMS of ${scheme} over ${hash} is taken, and over nothing else`, async () => {
      const answer = cms(signer, { scheme, hash });
      const { signer: found } = await verifyCms(answer, expected);
      assert.equal(found.id, answer.certificate.id);
      await refused(answer, "digest", { documents: [Buffer.from("another")] });
      answer.signatures[0].value = flipped(answer.signatures[0].value);
      await refused(answer, "signature");
    });
  }
}

test("a kept CMS is verified by itself, with its time", async () => {
  const kept = Buffer.from(cms(person).signatures[0].value, "base64");
  const { signer, signingTime } = await verifyDetached(kept, DOCUMENT, { roots: root.pem });
  assert.equal(signer.subject.CN, "person");
  assert.ok(Math.abs(signingTime.getTime() - Date.now()) < 3600_000);
  const other = { roots: root.pem, certificate: written(rsa).id };
  await assert.rejects(verifyDetached(kept, DOCUMENT, other), { code: "signer" });
});

test("a PDF's signature is verified as it stands there, with its padding", async () => {
  const trust = { roots: root.pem };
  const kept = Buffer.from(cms(person).signatures[0].value, "base64");
  const padded = Buffer.concat([kept, Buffer.alloc(500)]);
  const { signer } = await verifyDetached(padded, DOCUMENT, trust);
  assert.equal(signer.subject.CN, "person");
  await assert.rejects(verifyDetached(padded, Buffer.from("another"), trust), { code: "digest" });
  padded[kept.length + 300] = 1;
  await assert.rejects(verifyDetached(padded, DOCUMENT, trust), { name: "VerificationError" });
  await assert.rejects(verifyDetached(Buffer.alloc(500), DOCUMENT, trust), { name: "VerificationError" });
});

test("what CAdES-B wants is wanted", async () => {
  await refused(cms(person, { words: [] }), "attributes"); // no signing-certificate-v2
  await refused(cms(person, { words: ["-noattr"] }), "attributes");
  await refused(cms(person, { words: ["-cades", "-nodetach"] }), "attributes");
  await refused(cms(person, { words: ["-cades", "-nocerts"] }), "signer");
  await refused(cms(person, { words: ["-cades", "-keyid"] }), "attributes");
  await refused(cms(person, { words: ["-cades", "-md", "sha1"] }), "algorithm");
});

test("the signer is the answer's certificate, for documents, of a trusted root", async () => {
  await refused({ ...cms(person), certificate: written(rsa) }, "signer");
  await refused(cms(signIn), "usage");
  await refused(cms(person), "untrusted", { roots: otherRoot.pem });
  await refused(cms(person), "expired", { at: new Date(Date.now() + 40 * 24 * 3600 * 1000) });
  await refused({ ...cms(person), format: "raw" }, "malformed");
});

test("no bytes break the reader", async () => {
  const good = Buffer.from(cms(person).signatures[0].value, "base64");
  let taken = 0;
  for (let at = 0; at < good.length; at += 1) {
    for (const bytes of [good.subarray(0, at), Buffer.from(good).fill(good[at] ^ 0x81, at, at + 1)]) {
      await verifyDetached(bytes, DOCUMENT, { roots: root.pem }).then(
        () => (taken += 1),
        (error) => assert.equal(error.name, "VerificationError", error.stack),
      );
    }
  }
  // Bytes that no signature covers: versions, the list of hash functions, the issuer's own copy.
  assert.ok(taken < good.length / 2, `${taken} of ${good.length}`);
});

test("attributes that the server built are verified as they were sent", async () => {
  const tlv = (tag, ...parts) => {
    const body = Buffer.concat(parts);
    return Buffer.concat([Buffer.from(body.length < 128 ? [tag, body.length] : [tag, 0x81, body.length]), body]);
  };
  const attribute = (oid, value) => tlv(0x30, tlv(0x06, Buffer.from(oid, "hex")), tlv(0x31, value));
  const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
  const signerOf = (who) => tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x04, sha256(who.certificate.raw)))));
  const set = (who, document) => tlv(0x31,
    attribute("2a864886f70d010903", tlv(0x06, Buffer.from("2a864886f70d010701", "hex"))),
    attribute("2a864886f70d010904", tlv(0x04, sha256(document))),
    attribute("2a864886f70d010910022f", signerOf(who)));
  const answer = (attributes) => {
    const plain = signed(person);
    plain.signatures[0].value = raw(person, attributes).toString("base64");
    return plain;
  };
  const verify = (attributes, change = {}) =>
    verifySigned(answer(attributes), { ...expected, signedAttributes: [attributes], ...change });
  const good = set(person, DOCUMENT);
  await verify(good);
  await assert.rejects(verify(good, { documents: [Buffer.from("x")] }), { code: "digest" });
  await assert.rejects(verify(good, { signedAttributes: [set(person, "x")] }), { code: "digest" });
  await assert.rejects(verify(set(rsa, DOCUMENT)), { code: "signer" });
  await assert.rejects(verify(good, { signedAttributes: [] }), TypeError);
  await assert.rejects(verifySigned(signed(person), { ...expected, signedAttributes: [good] }), { code: "signature" });
});
