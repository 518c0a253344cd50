// Against the simulator: Kyso's own API, gate and flow, with a script in the person's place.

import assert from "node:assert/strict";
import { createHash, createPublicKey, verify, X509Certificate } from "node:crypto";
import { once } from "node:events";
import { get } from "node:http";
import { json } from "node:stream/consumers";
import { test } from "node:test";

import { base64, digestCode, fromBase64, Kyso, sha256 } from "../dist/kyso.js";
import { memory, open, ORIGIN } from "./support/browser.js";
import { fails, options } from "./support/page.js";
import { simulator } from "./support/programs.js";

const document = new TextEncoder().encode("Điều 1. Kính gửi các đơn vị.");
const digest = new Uint8Array(createHash("sha256").update(document).digest());
const item = (name = "Công văn 1.pdf") => ({ name, digest });

/** A page, paired with a simulator of its own. */
async function paired(t, { script, ...more } = {}) {
  open();
  const agent = await simulator(t, { script });
  const kyso = await Kyso.connect(options([agent.port], more));
  await kyso.pair();
  return { agent, kyso };
}

/** By Node's crypto, from nothing but what came back. */
function holds({ certificate, signatures, scheme }, at, data, algorithm = "sha256") {
  const key = new X509Certificate(Buffer.from(certificate.der, "base64")).publicKey;
  assert.equal(scheme, key.asymmetricKeyType === "rsa" ? "rsa-pkcs1" : "ecdsa");
  return verify(algorithm, data, key, Buffer.from(signatures[at].value, "base64"));
}

test("an afternoon: pair, choose a certificate, sign, sign in, forget", async (t) => {
  const page = open();
  const states = [];
  const agent = await simulator(t);
  const told = { onState: (state) => states.push(state) };
  const kyso = await Kyso.connect(options([agent.port], told));
  assert.equal(kyso.paired, false);
  await kyso.pair();
  assert.deepEqual(states, ["searching", "idle", "pairing", "idle"]);
  assert.deepEqual([...page.storage.kept.keys()].sort(), ["kyso.agent_key", "kyso.place", "kyso.token"]);

  const [token] = await kyso.tokens();
  assert.equal(token.pin, "ok");
  for (const type of ["rsa", "ec"]) {
    const [certificate] = await kyso.certificates({ purpose: "sign", key: type });
    assert.match(certificate.subject.text, /TEST/);
    const signed = await kyso.sign([item()], { certificate: certificate.id });
    assert.equal(signed.certificate.id, certificate.id);
    assert.equal(holds(signed, 0, document), true);
    assert.equal(holds(signed, 0, Buffer.from("another document")), false);
    assert.equal(typeof signed.receipt.sequence, "number");
  }
  assert.ok(states.includes("signing"));

  const nonce = crypto.getRandomValues(new Uint8Array(32));
  const signIn = await kyso.authenticate(nonce);
  assert.deepEqual([signIn.origin, signIn.nonce], [ORIGIN, base64(nonce)]);
  const hash = (data) => createHash("sha256").update(data).digest();
  const text = Buffer.concat([Buffer.from("kyso sign-in v1\0"), hash(ORIGIN), hash(nonce)]);
  const key = new X509Certificate(Buffer.from(signIn.certificate.der, "base64")).publicKey;
  assert.equal(verify("sha256", text, key, fromBase64(signIn.signature)), true);

  // Another visit of the same page.
  const again = await Kyso.connect(options([agent.port]));
  assert.equal(again.paired, true);
  await again.tokens();
  await again.forget();
  assert.equal(again.paired, false);
  assert.equal(page.storage.kept.has("kyso.token"), false);
});

test("calls pair first where need be, with one window for all", async (t) => {
  open();
  const agent = await simulator(t);
  const states = [];
  const kyso = await Kyso.connect(options([agent.port], { onState: (state) => states.push(state) }));
  const [tokens, certificates] = await Promise.all([kyso.tokens(), kyso.certificates()]);
  assert.ok(tokens.length && certificates.length);
  assert.equal(states.filter((state) => state === "pairing").length, 1);
});

test("other digests and other forms", async (t) => {
  const { kyso } = await paired(t);
  const long = createHash("sha512").update(document).digest();
  const sha512 = await kyso.sign([{ name: "Báo cáo.pdf", digest: long, algorithm: "sha-512" }], {
    filter: { key: "rsa" },
  });
  assert.equal(holds(sha512, 0, document, "sha512"), true);
  const flat = await kyso.sign([item()], { filter: { key: "ec" }, encoding: "p1363" });
  const key = createPublicKey(
    new X509Certificate(fromBase64(flat.certificate.der)).publicKey.export({ format: "pem", type: "spki" }),
  );
  assert.equal(
    verify("sha256", document, { key, dsaEncoding: "ieee-p1363" }, fromBase64(flat.signatures[0].value)),
    true,
  );
  for (const profile of ["cades", "pades"]) {
    const cms = await kyso.signCms([item()], { profile, filter: { key: "rsa" } });
    assert.equal(cms.format, "cms");
    assert.equal(fromBase64(cms.signatures[0].value)[0], 0x30, "a SEQUENCE");
  }
});

test("a batch of twenty in its order, with progress", async (t) => {
  const { kyso } = await paired(t);
  const documents = Array.from({ length: 20 }, (_, at) => Buffer.from(`Văn bản ${at}`));
  const items = await Promise.all(
    documents.map(async (data, at) => ({ name: `[slow 1] ${at}.pdf`, digest: await sha256(data) })),
  );
  const steps = [];
  const signed = await kyso.sign(items, { filter: { key: "ec" }, onProgress: (step) => steps.push(step) });
  documents.forEach((data, at) => assert.equal(holds(signed, at, data), true, `item ${at}`));
  assert.deepEqual(steps.at(-1), { done: 20, total: 20 });
  assert.ok(
    steps.length > 1 && steps.every(({ done }, at) => at === 0 || done >= steps[at - 1].done),
    JSON.stringify(steps),
  );
});

for (const [mark, code] of Object.entries({
  "[deny]": "user_denied",
  "[no-prompt]": "prompt_unavailable",
  "[removed]": "token_removed",
  "[locked]": "pin_locked",
  "[must-change]": "pin_must_change",
  "[changed]": "token_changed",
  "[crash]": "module_crashed",
  "[hang]": "module_timeout",
  "[fail]": "token_failed",
  "[bad-signature]": "signature_invalid",
})) {
  test(`${code}: over the socket and over HTTP`, async (t) => {
    const { agent, kyso } = await paired(t);
    const thrown = await fails(kyso.sign([item(`Công văn ${mark}.pdf`)]), code);
    assert.ok(thrown.request, "its id in the log");
    const page = open({ blocks: ["ws:"], storage: localStorage });
    const plain = await Kyso.connect(options([agent.port], { language: "vi" }));
    const vietnamese = await fails(plain.sign([item(`Công văn ${mark}.pdf`)]), code);
    assert.match(vietnamese.message, /[^\x00-\x7F]/);
    assert.equal(page.sent.at(-1).url, `http://127.0.0.1:${agent.port}/v1/signatures`);
  });
}

test("a wrong PIN is the person's business", async (t) => {
  const { kyso } = await paired(t);
  assert.equal(holds(await kyso.sign([item("[wrong-pin].pdf")]), 0, document), true);
});

test("user_timeout: nobody answers in the seconds that the page gave", async (t) => {
  const { kyso } = await paired(t);
  await fails(kyso.sign([item("[timeout].pdf")], { timeout: 10 }), "user_timeout");
});

test("what a page asks wrongly", async (t) => {
  const { kyso } = await paired(t);
  await fails(kyso.sign([]), "bad_request");
  await fails(kyso.sign([item()], { timeout: 1 }), "bad_request");
  await fails(kyso.authenticate(new Uint8Array(8)), "bad_request");
  const short = await fails(kyso.sign([item(), { name: "x", digest: digest.subarray(1) }]), "digest_mismatch");
  assert.equal(short.item, 1);
  await fails(kyso.sign(Array.from({ length: 1_001 }, () => item())), "too_large");
  await fails(kyso.sign([item()], { certificate: `sha256:${"0".repeat(64)}` }), "certificate_unknown");
  const [rsa] = await kyso.certificates({ purpose: "sign", key: "rsa" });
  await fails(kyso.sign([item()], { certificate: rsa.id, scheme: "ecdsa" }), "scheme_unsupported");
  const [login] = await kyso.certificates({ purpose: "authenticate" });
  await fails(kyso.sign([item()], { certificate: login.id }), "certificate_unfit");
  const set = { signedAttributes: Uint8Array.of(0x31, 0) };
  await fails(kyso.sign([{ ...item(), ...set }]), "bad_request");
});

test("token_absent: no token is plugged in", async (t) => {
  open();
  const { kyso } = await paired(t, { script: "plugged_in = false" });
  assert.deepEqual(await kyso.tokens(), []);
  await fails(kyso.sign([item()]), "token_absent");
});

test("version_too_old: Kyso is of another version, over HTTP and over a socket", async (t) => {
  const agent = await simulator(t, { script: "api = 0" });
  for (const blocks of [[], ["http:"]]) {
    open({ blocks });
    await fails(Kyso.connect(options([agent.port])), "version_too_old");
  }
});

test("pairing_refused: the person says no", async (t) => {
  open();
  const agent = await simulator(t);
  const kyso = await Kyso.connect(options([agent.port], { name: "Trang [deny]" }));
  await fails(kyso.pair(), "pairing_refused");
  assert.equal(kyso.paired, false);
});

test("a site that was revoked pairs anew; pairing_required where nobody could be asked", async (t) => {
  const { agent, kyso } = await paired(t);
  // Another tab of the same page with the same token ends the pairing.
  await (await Kyso.connect(options([agent.port], { storage: copy(localStorage) }))).forget();
  await fails(kyso.events().next(), "pairing_required");
  assert.equal(kyso.paired, false);
  await kyso.tokens();
  assert.equal(kyso.paired, true);
});

test("origin_denied: the pairing is taken back while its request waits", async (t) => {
  for (const blocks of [[], ["ws:"]]) {
    open({ blocks });
    const agent = await simulator(t);
    let opened;
    const signing = new Promise((resolve) => (opened = resolve));
    const kyso = await Kyso.connect(options([agent.port], { onState: (state) => state === "signing" && opened() }));
    await kyso.pair();
    const tab = await Kyso.connect(options([agent.port], { storage: copy(localStorage) }));
    const asked = kyso.sign([item("[timeout].pdf")], { timeout: 60 });
    await signing;
    await new Promise((resolve) => setTimeout(resolve, 500));
    await tab.forget();
    await fails(asked, "origin_denied");
  }
});

test("a site that the person blocks finds no agent any more", async (t) => {
  const { agent, kyso } = await paired(t);
  await fails(kyso.sign([item("[never].pdf")]), "user_denied");
  await fails(kyso.tokens(), "not_running");
  // It is refused before a page could read why.
  const asked = get(`http://127.0.0.1:${agent.port}/v1/health`, { headers: { Origin: ORIGIN } });
  const [refused] = await once(asked, "response");
  assert.equal((await json(refused)).error.code, "origin_denied");
});

test("busy: a site that was refused three times within a minute", async (t) => {
  const { kyso } = await paired(t);
  for (let time = 0; time < 3; time += 1) await fails(kyso.sign([item("[deny].pdf")]), "user_denied");
  await fails(kyso.sign([item()]), "busy");
});

test("after an idle minute a page may ask many things at once", async (t) => {
  const { kyso } = await paired(t);
  const { now } = Date;
  t.after(() => {
    Date.now = now;
  });
  // Fewer than an origin's sixteen connections: only the search before them could fill those.
  for (let minute = 1; minute <= 5; minute += 1) {
    Date.now = () => now() + minute * 61_000;
    await Promise.all(Array.from({ length: 14 }, () => kyso.tokens()));
  }
});

test("idle is told once nothing waits any more", async (t) => {
  const states = [];
  const { kyso } = await paired(t, { onState: (state) => states.push(state) });
  states.length = 0;
  await Promise.all([kyso.sign([item("[slow 1].pdf")]), kyso.authenticate(new Uint8Array(32).fill(1))]);
  assert.deepEqual(states, ["signing", "signing", "signing", "idle"]);
});

test("an idempotency key is answered once, and busy while it runs", async (t) => {
  const { kyso } = await paired(t);
  const first = await kyso.sign([item()], { idempotencyKey: "task-1" });
  const second = await kyso.sign([item()], { idempotencyKey: "task-1" });
  assert.equal(second.receipt.sequence, first.receipt.sequence);
  const running = kyso.sign([item("[slow 3].pdf")], { idempotencyKey: "slow" });
  await new Promise((resolve) => setTimeout(resolve, 500));
  await fails(kyso.sign([item("[slow 3].pdf")], { idempotencyKey: "slow" }), "busy");
  await running;
});

test("cancelled: the window closes, and the next request gets its turn", async (t) => {
  for (const blocks of [[], ["ws:"]]) {
    open({ blocks });
    const agent = await simulator(t);
    let opened;
    const signing = new Promise((resolve) => (opened = resolve));
    const onState = (state) => state === "signing" && opened();
    const kyso = await Kyso.connect(options([agent.port], { onState }));
    await kyso.pair();
    const leave = new AbortController();
    const left = kyso.sign([item("[timeout].pdf")], { timeout: 600, signal: leave.signal });
    await signing;
    setTimeout(() => leave.abort(), 300);
    await fails(left, "cancelled");
    const next = new AbortController();
    const limit = setTimeout(() => next.abort(), 10_000);
    assert.equal(holds(await kyso.sign([item()], { signal: next.signal }), 0, document), true);
    clearTimeout(limit);
  }
});

test("connection_lost: the agent dies in the middle; shutting_down: it stops", async (t) => {
  for (const [end, code] of [
    ["kill", "connection_lost"],
    ["stop", "shutting_down"],
  ]) {
    open();
    const agent = await simulator(t);
    let opened;
    const signing = new Promise((resolve) => (opened = resolve));
    const kyso = await Kyso.connect(options([agent.port], { onState: (state) => state === "signing" && opened() }));
    await kyso.pair();
    const asked = kyso.sign([item("[timeout].pdf")], { timeout: 600 });
    await signing;
    setTimeout(() => agent[end](), 500);
    await fails(asked, code);
    await fails(kyso.tokens(), "not_running");
  }
});

test("identity_changed: the same port, another installation", async (t) => {
  const { agent, kyso } = await paired(t);
  await agent.stop();
  const other = await simulator(t, { port: agent.port });
  await fails(kyso.tokens(), "identity_changed");
  await other.stop();
  // The one that was paired comes back, and nothing was lost.
  await simulator(t, { port: agent.port, folder: agent.folder });
  await kyso.tokens();
});

test("an agent that came back is found again", async (t) => {
  const { agent, kyso } = await paired(t);
  await agent.stop();
  await fails(kyso.tokens(), "not_running");
  await simulator(t, { port: agent.port, folder: agent.folder });
  assert.equal((await kyso.tokens()).length, 1);
});

test("events: a token that is pulled out and comes back", async (t) => {
  const { kyso } = await paired(t);
  const seen = [];
  const leave = new AbortController();
  const listening = (async () => {
    for await (const { event, token } of kyso.events({ signal: leave.signal })) {
      seen.push([event, typeof token.serial]);
      if (seen.length === 2) break;
    }
  })();
  // The script pulls it out in the middle of this request and puts it back.
  await fails(kyso.sign([item("[removed].pdf")]), "token_removed");
  const limit = setTimeout(() => leave.abort(), 20_000);
  await listening;
  clearTimeout(limit);
  assert.deepEqual(seen, [
    ["token_removed", "string"],
    ["token_inserted", "string"],
  ]);
});

test("the code beside a document is the window's", () => {
  assert.equal(digestCode(new Uint8Array(32).map((_, at) => at)), "0001 0203 0405 0607 … 1819 1A1B 1C1D 1E1F");
});

function copy(storage) {
  const other = memory();
  for (const [key, value] of storage.kept) other.setItem(key, value);
  return other;
}
