import assert from "node:assert/strict";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { test } from "node:test";

import { verifyHello, verifyPairing } from "kyso-server";

const talk = { nonce: Buffer.alloc(32, 7), origin: "https://vanban.example.gov.vn", port: 21480 };
const agent = generateKeyPairSync("ed25519");
const squatter = generateKeyPairSync("ed25519");

function answer(name, { privateKey, publicKey }, { nonce, origin, port }) {
  const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
  const text = Buffer.concat([Buffer.from(`kyso ${name} v1\0`), sha256(nonce), sha256(origin), Buffer.from([port >> 8, port & 255])]);
  const key = Buffer.from(publicKey.export({ format: "jwk" }).x, "base64url");
  return { agent_key: key.toString("base64"), signature: sign(null, text, privateKey).toString("base64") };
}

test("r6 the agent that was paired is known again, and no other", () => {
  const agentKey = verifyPairing(answer("pairing", agent, talk), talk);
  assert.equal(agentKey.length, 32);
  verifyHello(answer("hello", agent, talk), { ...talk, agentKey });
  const refused = (given, code = "identity") =>
    assert.throws(() => verifyHello(given, { ...talk, agentKey }), { name: "VerificationError", code });
  refused(answer("hello", squatter, talk));
  refused({ ...answer("hello", squatter, talk), agent_key: agentKey.toString("base64") });
  refused(answer("hello", agent, { ...talk, nonce: Buffer.alloc(32, 8) })); // replayed
  refused(answer("hello", agent, { ...talk, origin: "https://khac.example.vn" }));
  refused(answer("hello", agent, { ...talk, port: 21481 }));
  refused(answer("pairing", agent, talk)); // a pairing's answer is no hello
  refused({ agent_key: "AAAA", signature: "AAAA" }, "malformed");
  refused(null, "malformed");
  assert.throws(() => verifyPairing(answer("hello", agent, talk), talk), { code: "identity" });
});
