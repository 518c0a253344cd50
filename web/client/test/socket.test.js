// The WebSocket: what goes over it, and how it ends.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open, ORIGIN } from "./support/browser.js";
import { fails, options } from "./support/page.js";
import { certificate, error, freePort, identity, socketAgent } from "./support/programs.js";

const digest = new Uint8Array(32).fill(7);
const items = [
  { name: "Công văn 1.pdf", digest },
  { name: "Công văn 2.pdf", digest },
];

/** What an agent answers to a call for signatures. */
function signed({ body }) {
  return { certificate: {}, signatures: body.items.map((item) => ({ ...item, value: "AA==" })), scheme: "ecdsa" };
}

/** A page that is paired with this agent. */
async function paired(real) {
  const kyso = await Kyso.connect(options([real.port]));
  await kyso.pair();
  return kyso;
}

test("a batch goes over the socket, with its token first and its progress", async (t) => {
  open();
  const talk = (line) => {
    if (line.token === null) return undefined;
    line.say({ ready: true, paired: true });
    return line.call.then((call) => {
      line.say({ event: "token_removed", token: {} });
      line.say({ event: "prompt_opened", id: call.id });
      for (const done of [1, 2]) line.say({ event: "progress", id: call.id, done, total: 2 });
      line.say({ event: "prompt_closed", id: call.id });
      line.say({ id: call.id, status: 200, body: signed(call) });
    });
  };
  const real = await socketAgent(t, identity(), { talk });
  const kyso = await paired(real);
  const steps = [];
  const answer = await kyso.sign(items, { timeout: 30, onProgress: (step) => steps.push(step), idempotencyKey: "one" });
  assert.deepEqual(steps, [
    { done: 1, total: 2 },
    { done: 2, total: 2 },
  ]);
  assert.deepEqual(
    answer.signatures.map(({ name }) => name),
    items.map(({ name }) => name),
  );
  const [line] = real.opened.slice(-1);
  assert.equal(line.token, "token");
  const call = await line.call;
  assert.deepEqual(Object.keys(call).sort(), ["body", "id", "idempotency_key", "language", "method", "path"]);
  assert.deepEqual([call.idempotency_key, call.language, call.body.timeout_s], ["one", "en", 30]);
  await line.left;
  assert.equal(kyso.transport, "http");
});

test("where no socket opens, HTTP carries everything", async (t) => {
  const page = open({ blocks: ["ws:"] });
  const real = await socketAgent(t, identity(), {
    more: (call) => call.url === "/v1/signatures" && [200, signed(call)],
  });
  const kyso = await paired(real);
  assert.equal((await kyso.sign(items)).signatures.length, 2);
  const [sent] = page.sent.slice(-1);
  assert.match(sent.headers["Idempotency-Key"], /^[\da-f-]{36}$/);
  assert.equal(sent.headers.Authorization, "Bearer token");
});

test("where HTTP does not get through, the socket carries everything", async (t) => {
  open({ blocks: ["http:"] });
  const who = identity();
  const real = await socketAgent(t, who);
  const kyso = await Kyso.connect(options([real.port]));
  assert.equal(kyso.transport, "ws");
  await kyso.pair();
  assert.deepEqual(await kyso.tokens(), []);
  const again = await Kyso.connect(options([real.port]));
  await again.tokens();
  const said = real.calls.map(({ path }) => path.replace("/v1/", ""));
  assert.deepEqual(said, ["health", "pairings", "tokens", "health", "hello", "tokens"]);
  assert.deepEqual(
    real.opened.map(({ token }) => token),
    [null, null, "token", null, null, "token"],
  );
  assert.equal(real.heard.length, 0);
});

test("where only TLS gets through, it carries everything, a hundred ports above", async (t) => {
  const tls = certificate(t);
  const plain = await freePort();
  const who = identity();
  const more = (call) => call.url === "/v1/signatures" && [200, signed(call)];
  const real = await socketAgent(t, who, { tls, port: plain + 100, more });
  for (const [engine, blocks, transport] of [
    ["webkit", [], "https"],
    ["blink", ["http:", "ws:", "https:"], "wss"],
  ]) {
    const page = open({ engine, blocks, permission: null, ca: tls.cert });
    const kyso = await Kyso.connect(options([plain]));
    assert.equal(kyso.transport, transport);
    await kyso.pair();
    assert.equal((await kyso.sign(items)).signatures.length, 2);
    assert.ok(
      page.sockets.some(({ url }) => url.startsWith("wss:")),
      "what waits goes over its socket",
    );
    // The next visit goes there at once, and the agent shows its key for that port.
    page.sent.length = page.sockets.length = 0;
    const again = await Kyso.connect(options([plain]));
    assert.equal(again.transport, transport);
    const urls = [...page.sent, ...page.sockets].map(({ url }) => new URL(url).port);
    assert.deepEqual([...new Set(urls)], [String(real.port)]);
    assert.equal(page.storage.getItem("kyso.place"), `${transport}:${real.port}`);
  }
  // Safari, once TLS is on and Kyso is not running.
  const known = open({ engine: "webkit", permission: null, ca: tls.cert });
  known.storage.setItem("kyso.place", `https:${real.port}`);
  real.server.close();
  await fails(Kyso.connect(options([await freePort()])), "not_running");
});

test("tls: a certificate that the browser does not trust carries nothing", async (t) => {
  const tls = certificate(t);
  const plain = await freePort();
  const real = await socketAgent(t, identity(), { tls, port: plain + 100 });
  open({ engine: "webkit", permission: null });
  await fails(Kyso.connect(options([plain])), "mixed_content");
  assert.equal(real.heard.length, 0);
});

test("r6 over the socket a squatter gets no token, either", async (t) => {
  open({ blocks: ["http:"] });
  const kyso = await paired(await socketAgent(t, identity()));
  assert.equal(kyso.paired, true);
  const squatter = await socketAgent(t, identity());
  await fails(Kyso.connect(options([squatter.port])), "identity_changed");
  assert.ok(squatter.opened.every(({ token }) => token === null));
});

test("an answer of another batch is thrown away", async (t) => {
  open();
  const lies = [
    ({ signatures: [one, two] }) => [two, { ...one, digest: { ...one.digest, value: "AAAA" } }],
    ({ signatures: [one] }) => [one],
    ({ signatures: [one, two] }) => [one, two, two],
    ({ signatures: [one, two] }) => [one, { ...two, digest: { ...two.digest, algorithm: "sha-384" } }],
  ];
  for (const lie of lies) {
    const more = (call) => {
      const answer = call.url === "/v1/signatures" && signed(call);
      return answer && [200, { ...answer, signatures: lie(answer) }];
    };
    const kyso = await paired(await socketAgent(t, identity(), { more }));
    await fails(kyso.sign(items), "signature_invalid");
    await fails(kyso.signCms(items), "signature_invalid");
    Kyso.forget();
  }
});

test("a sign-in for another page or another nonce is thrown away", async (t) => {
  open();
  const nonce = Buffer.from(digest).toString("base64");
  for (const answer of [
    { origin: "https://other.vn", nonce },
    { origin: ORIGIN, nonce: "AAAA" },
  ]) {
    const more = ({ url }) => url === "/v1/authentications" && [200, answer];
    const kyso = await paired(await socketAgent(t, identity(), { more }));
    await fails(kyso.authenticate(digest), "signature_invalid");
    Kyso.forget();
  }
});

test("cancelled: leaving closes the socket", async (t) => {
  open();
  let waits;
  const real = await socketAgent(t, identity(), {
    talk: (line) => {
      if (line.token === null) return undefined;
      line.say({ ready: true, paired: true });
      return (waits = line);
    },
  });
  const kyso = await paired(real);
  const leave = new AbortController();
  const signing = kyso.sign(items, { signal: leave.signal });
  const opened = async () => {
    while (!waits) await new Promise(setImmediate);
    await waits.call;
  };
  await opened();
  leave.abort();
  await fails(signing, "cancelled");
  await waits.left;
  const late = kyso.sign(items, { signal: leave.signal });
  await fails(late, "cancelled");
});

test("events come as they happen, until the page leaves", async (t) => {
  open();
  const token = { label: "kyso-demo", serial: "1" };
  let line;
  const real = await socketAgent(t, identity(), {
    talk: (opened) => {
      if (opened.token === null) return undefined;
      line = opened;
      line.say({ ready: true, paired: true });
      for (const event of ["token_inserted", "token_removed"]) line.say({ event, token });
      return line;
    },
  });
  const kyso = await paired(real);
  const leave = new AbortController();
  const seen = [];
  for await (const { event, token } of kyso.events({ signal: leave.signal })) {
    seen.push([event, token.label]);
    if (seen.length === 2) leave.abort();
  }
  assert.deepEqual(seen, [
    ["token_inserted", "kyso-demo"],
    ["token_removed", "kyso-demo"],
  ]);
  await line.left;
  for await (const _ of kyso.events()) break;
  await line.left;
});

test("the end of a socket is a typed error", async (t) => {
  open();
  const ends = [
    [(line) => line.close(4403), "pairing_required"],
    [(line) => line.close(1001), "connection_lost"],
    [(line) => (line.say(error("bad_request")), line.close(1008)), "bad_request"],
  ];
  for (const [end, code] of ends) {
    const talk = (line) => {
      if (line.token === null) return undefined;
      line.say({ ready: true, paired: true });
      end(line);
      return line;
    };
    const kyso = await paired(await socketAgent(t, identity(), { talk }));
    const listening = (async () => {
      for await (const _ of kyso.events()) assert.fail("there is no event");
    })();
    await fails(listening, code);
    Kyso.forget();
  }
});

test("a pairing that is taken back under a call is not asked for again", async (t) => {
  open();
  const talk = (line) => {
    if (line.token === null) return undefined;
    line.say({ ready: true, paired: true });
    return line.call.then(() => line.close(4403));
  };
  const real = await socketAgent(t, identity(), { talk });
  const kyso = await paired(real);
  await fails(kyso.sign(items), "pairing_required");
  assert.equal(kyso.paired, false);
  assert.equal(real.calls.filter(({ path }) => path === "/v1/pairings").length, 1);
});

test("pairing_required: a page that is not paired, or no longer, hears no events", async (t) => {
  open();
  const real = await socketAgent(t, identity(), {
    talk: (line) => {
      if (line.token === null) return undefined;
      line.say(error("pairing_required"));
      line.close(4401);
      return line;
    },
  });
  const kyso = await Kyso.connect(options([real.port]));
  await fails(kyso.events().next(), "pairing_required");
  await kyso.pair();
  await fails(kyso.events().next(), "pairing_required");
  assert.equal(kyso.paired, false);
});

test("r6 a program that talks nonsense on its socket is no agent", async (t) => {
  open({ blocks: ["http:"] });
  const nonsense = [
    (line) => line.say("x".repeat(100)),
    (line) => line.say(null),
    (line) => line.raw("{"),
    (line) => line.raw(""),
  ];
  for (const talk of nonsense) {
    const program = await socketAgent(t, identity(), { talk: (line) => (talk(line), line) });
    await fails(Kyso.connect(options([program.port])), "not_installed");
  }
});

test("every code of the API comes through as it is", async (t) => {
  open();
  const { readFileSync } = await import("node:fs");
  const contract = JSON.parse(readFileSync(new URL("../../../src/api/openapi.json", import.meta.url), "utf8"));
  const codes = new Set(
    JSON.stringify(contract)
      .match(/`[a-z_]+`/g)
      .map((code) => code.slice(1, -1)),
  );
  assert.ok(codes.size > 25, `${codes.size} codes`);
  let code;
  const more = ({ url }) =>
    url === "/v1/tokens" && [409, error(code, { hint: "Làm lại.", retry: "after_user", item: 3 })];
  const kyso = await paired(await socketAgent(t, identity(), { more }));
  const changed = ["pairing_required"];
  for (code of codes) {
    if (changed.includes(code)) continue;
    const thrown = await fails(kyso.tokens(), code);
    assert.deepEqual([thrown.retry, thrown.item, thrown.request], ["after_user", 3, "r"]);
  }
});
