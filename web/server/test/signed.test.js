import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { test } from "node:test";

import { verifySigned } from "kyso-server";
import { DOCUMENT, flipped, issuing, otherRoot, person, root, rsa, signIn, signed, written } from "./material.js";

const expected = { documents: [DOCUMENT], roots: root.pem };
const refused = (answer, code, change = {}) =>
  assert.rejects(verifySigned(answer, { ...expected, ...change }), { name: "VerificationError", code });

for (const [signer, scheme] of [[rsa, "rsa-pkcs1"], [rsa, "rsa-pss"], [person, "ecdsa"]]) {
  for (const hash of ["sha-256", "sha-384", "sha-512"]) {
    test(`${scheme} over ${hash} is taken, and over nothing else`, async () => {
      const answer = signed(signer, { scheme, hash });
      const { signer: found, signatures } = await verifySigned(answer, expected);
      assert.equal(found.id, answer.certificate.id);
      assert.equal(found.subject.CN, signer.name);
      assert.deepEqual(found.path.map((one) => one.subject.split("\n")[0]), [`CN=${signer.name}`, "CN=issuing", "CN=root"]);
      assert.equal(signatures[0].toString("base64"), answer.signatures[0].value);
      await refused(answer, "digest", { documents: [Buffer.from("another")] });
      answer.signatures[0].value = flipped(answer.signatures[0].value);
      await refused(answer, "signature");
    });
  }
}

test("ECDSA comes as r‖s where that was asked for", async () => {
  const answer = signed(person, { encoding: "p1363" });
  await verifySigned(answer, { ...expected, encoding: "p1363" });
  await refused(answer, "signature");
  await refused(signed(person), "signature", { encoding: "p1363" });
});

test("a document may come in pieces or as a stream", async () => {
  const pieces = [DOCUMENT.subarray(0, 7), DOCUMENT.subarray(7)];
  await verifySigned(signed(person), { ...expected, documents: [pieces] });
  await verifySigned(signed(person), { ...expected, documents: [Readable.from(pieces)] });
});

test("the page's own digest counts for nothing", async () => {
  const another = Buffer.from("another");
  const answer = signed(person, { documents: [another] });
  await refused(answer, "digest");
  // The right digest beside a signature over another document.
  answer.signatures[0].digest = signed(person).signatures[0].digest;
  await refused(answer, "signature");
});

test("a batch is whole and in order, and the error names the document", async () => {
  const documents = ["một", "hai", "ba"].map((text) => Buffer.from(text));
  const answer = signed(person, { documents });
  await verifySigned(answer, { ...expected, documents });
  const turned = [...documents].reverse();
  await assert.rejects(verifySigned(answer, { ...expected, documents: turned }), { code: "digest", item: 0 });
  answer.signatures[2].value = flipped(answer.signatures[2].value);
  await assert.rejects(verifySigned(answer, { ...expected, documents }), { code: "signature", item: 2, message: /item 2/ });
  await refused(answer, "count", { documents: documents.slice(1) });
});

test("another certificate is told apart by what is wrong with it", async () => {
  const swapped = { ...signed(person), certificate: written(rsa) };
  await refused(swapped, "algorithm");
  await refused({ ...swapped, scheme: "rsa-pkcs1" }, "signature");
  await refused(signed(signIn), "usage");
  await refused(signed(person), "untrusted", { roots: otherRoot.pem });
  await refused(signed(person), "signer", { certificate: written(rsa).id });
  await verifySigned(signed(person), { ...expected, certificate: written(person).id });
  const alone = signed(person);
  alone.certificate.chain = [];
  await refused(alone, "untrusted");
  await verifySigned(alone, { ...expected, roots: issuing.pem });
});

test("the time of the certificate counts, or the time that is named", async () => {
  const day = 24 * 3600 * 1000;
  await refused(signed(person), "expired", { at: new Date(Date.now() + 40 * day) });
  await refused(signed(person), "not_yet_valid", { at: new Date(Date.now() - day) });
});

test("what is not of an answer's shape is malformed, whatever it is", async () => {
  const answer = signed(person);
  for (const other of [null, 7, "x", [], {}, { ...answer, format: "cms" }, { ...answer, signatures: {} },
    { ...answer, certificate: {} }, { ...answer, certificate: { ...answer.certificate, chain: "x" } },
    { ...answer, signatures: [null] }, { ...answer, signatures: [{ ...answer.signatures[0], value: 1 }] },
    { ...answer, signatures: [{ ...answer.signatures[0], value: `${answer.signatures[0].value} ` }] }]) {
    await refused(other, "malformed");
  }
  await refused({ ...answer, certificate: { ...answer.certificate, der: "AAAA" } }, "certificate");
  await refused({ ...answer, scheme: "none" }, "algorithm");
  const { digest } = answer.signatures[0];
  const sha1 = { ...answer.signatures[0], digest: { ...digest, algorithm: "sha-1" } };
  await refused({ ...answer, signatures: [sha1] }, "algorithm");
});

test("a server that trusts nobody by mistake hears of it", async () => {
  for (const roots of [[], "", "no PEM"]) await assert.rejects(verifySigned(signed(person), { ...expected, roots }), TypeError);
  await assert.rejects(verifySigned({ ...signed(person), signatures: [] }, { ...expected, documents: [] }), TypeError);
});
