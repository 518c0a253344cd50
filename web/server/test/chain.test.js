import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { test } from "node:test";

import { verifySigned } from "kyso-server";
import { CA, DOCUMENT, DOCUMENTS, LEAF, issuing, make, otherRoot, person, root, rsa, signed } from "./material.js";

const expected = { documents: [DOCUMENT], roots: root.pem };
const verify = (signer, change = {}, how = {}) => verifySigned(signed(signer, how), { ...expected, ...change });
const refused = (signer, code, change = {}, how = {}) => assert.rejects(verify(signer, change, how), { code });

test("roots may be PEM, DER, certificates, and many", async () => {
  const der = root.certificate.raw;
  for (const roots of [Buffer.from(root.pem), der, new X509Certificate(der), [otherRoot.pem, der], otherRoot.pem + root.pem]) {
    await verify(person, { roots });
  }
});

test("only authorities issue, as deep as they may", async () => {
  await refused(make("under-person", { issuer: person, extensions: DOCUMENTS }), "untrusted");
  const below = make("below", { issuer: issuing });
  await refused(make("too-deep", { issuer: below, extensions: DOCUMENTS }), "untrusted");
  const second = make("second", { issuer: make("first", { issuer: root }) });
  await verify(make("deep", { issuer: second, extensions: DOCUMENTS }));
  const silent = make("no-cert-sign", { issuer: root, extensions: CA.replace("keyCertSign,", "") });
  await refused(make("of-silent", { issuer: silent, extensions: DOCUMENTS }), "untrusted");
  await refused(make("self", { extensions: DOCUMENTS }), "untrusted");
});

test("an authority of the same name is another", async () => {
  const false_ = make("false-issuing", { issuer: otherRoot, subject: "/CN=issuing/O=Kyso" });
  const forged = make("forged", { issuer: false_, extensions: DOCUMENTS });
  const answer = signed(forged);
  answer.certificate.chain = [...answer.certificate.chain, ...signed(person).certificate.chain];
  await assert.rejects(verifySigned(answer, expected), { code: "untrusted" });
});

test("what the page adds to the chain neither helps nor keeps the server busy", async () => {
  const answer = signed(person);
  answer.certificate.chain = ["AAAA", root.certificate.raw.toString("base64"), ...answer.certificate.chain];
  await verifySigned(answer, expected);
  answer.certificate.chain = Array(17).fill(answer.certificate.chain[1]);
  await assert.rejects(verifySigned(answer, expected), { code: "untrusted" });
});

test("an authority whose time is over takes its certificates with it", async () => {
  const old = make("old-issuing", { issuer: root, days: "1" });
  const signer = make("of-old", { issuer: old, extensions: DOCUMENTS });
  await verify(signer);
  await refused(signer, "expired", { at: new Date(Date.now() + 2 * 24 * 3600 * 1000) });
});

test("a certificate without key usage is for documents, one for servers is not", async () => {
  await verify(make("no-usage", { issuer: issuing, extensions: LEAF }));
  await refused(make("tls", { issuer: issuing, extensions: `${LEAF}keyUsage=digitalSignature\n` }), "usage");
});

test("weak keys and hash functions are not taken", async () => {
  const weak = make("weak", { issuer: issuing, key: "RSA1024", extensions: DOCUMENTS });
  await refused(weak, "algorithm", {}, { scheme: "rsa-pkcs1" });
  await refused(make("k1", { issuer: issuing, key: "secp256k1", extensions: DOCUMENTS }), "algorithm");
  await refused(make("sha1", { issuer: issuing, digest: "sha1", extensions: DOCUMENTS }), "algorithm");
  await verify(rsa, {}, { scheme: "rsa-pkcs1" });
  // A root's signature on itself proves nothing, so it may be as old as it likes.
  const oldRoot = make("old-root", { digest: "sha1" });
  await verify(make("of-old-root", { issuer: oldRoot, extensions: DOCUMENTS }), { roots: oldRoot.pem });
});

test("a critical extension that is not understood ends the path", async () => {
  const critical = `${DOCUMENTS}1.2.3.4=critical,ASN1:UTF8String:x\n`;
  await refused(make("critical", { issuer: issuing, extensions: critical }), "untrusted");
  const constrained = make("constrained", { issuer: root, extensions: `${CA}nameConstraints=critical,permitted;DNS:x.vn\n` });
  await refused(make("of-constrained", { issuer: constrained, extensions: DOCUMENTS }), "untrusted");
  const marked = make("marked", { issuer: root, extensions: `${CA}nameConstraints=permitted;DNS:x.vn\n` });
  await refused(make("of-marked", { issuer: marked, extensions: DOCUMENTS }), "untrusted");
  await verify(make("plain", { issuer: issuing, extensions: critical.replace("critical,ASN1", "ASN1") }));
});
