// Whether what answers is the agent that this page was paired with (R6).

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { fails, options } from "./support/page.js";
import { agent, error, identity } from "./support/programs.js";

/** A page paired with this agent. */
async function paired(real) {
  const kyso = await Kyso.connect(options([real.port]));
  await kyso.pair();
  real.heard.length = 0;
  return kyso;
}

const isPairing = ({ url }) => url === "/v1/pairings";
const isHello = ({ url }) => url === "/v1/hello";

test("r6 the agent shows its key before it gets the token", async (t) => {
  open();
  const real = await agent(t, identity());
  await paired(real);
  const again = await Kyso.connect(options([real.port]));
  await again.tokens();
  const [health, hello, tokens] = real.heard;
  assert.deepEqual([health.url, hello.url, tokens.url], ["/v1/health", "/v1/hello", "/v1/tokens"]);
  assert.equal(health.headers.authorization ?? hello.headers.authorization, undefined);
  assert.equal(tokens.headers.authorization, "Bearer token");
});

for (const [name, lie] of Object.entries({
  "another key": (who, { nonce }, port) => identity().show("hello", nonce, port),
  "the right key's name on another signature": (who, { nonce }, port) => ({
    ...identity().show("hello", nonce, port),
    agent_key: who.key,
  }),
  "an older answer": (who, _, port) => who.show("hello", Buffer.alloc(32).toString("base64"), port),
  "the answer that another page got": (who, { nonce }, port) => who.show("hello", nonce, port, "https://other.vn"),
  "what the real agent said, passed on from another port": (who, { nonce }, port) => who.show("hello", nonce, port ^ 1),
  "a pairing's signature": (who, { nonce }, port) => who.show("pairing", nonce, port),
  "no base64": (who) => ({ agent_key: who.key, signature: "?" }),
})) {
  test(`r6 identity_changed: a squatter with ${name}`, async (t) => {
    open();
    const who = identity();
    await paired(await agent(t, who));
    const squatter = await agent(t, who, (call, port) => isHello(call) && [200, lie(who, call.body, port)]);
    await fails(Kyso.connect(options([squatter.port])), "identity_changed");
    assert.ok(squatter.heard.length > 0);
    assert.ok(
      squatter.heard.every(({ headers }) => headers.authorization === undefined),
      "it got the token",
    );
  });
}

test("r6 a squatter on an earlier port does not keep the page from its agent", async (t) => {
  open();
  const who = identity();
  const real = await agent(t, who);
  await paired(real);
  const squatter = await agent(t, identity());
  // The agent moved: it is no longer where it was.
  const moved = await agent(t, who);
  const kyso = await Kyso.connect(options([squatter.port, moved.port]));
  await kyso.tokens();
  assert.equal(moved.heard.at(-1).url, "/v1/tokens");
});

test("r6 a squatter that claims to know no pairing gets a new one only with the key", async (t) => {
  const page = open();
  const real = await agent(t, identity());
  await paired(real);
  const token = page.storage.getItem("kyso.token");
  const other = identity();
  const liar = await agent(t, other, (call, port) => {
    if (isHello(call)) return [401, error("pairing_required")];
    return isPairing(call) && [201, { token: "its own", ...other.show("pairing", call.body.nonce, port) }];
  });
  const kyso = await Kyso.connect(options([liar.port]));
  assert.equal(kyso.paired, false);
  await fails(kyso.tokens(), "identity_changed");
  const got = liar.heard.map(({ headers }) => headers.authorization).filter(Boolean);
  assert.deepEqual(got, ["Bearer its own"], "with which its pairing is given up");
  assert.equal(page.storage.getItem("kyso.token"), token, "nothing of the squatter's is kept");
});

test("r6 identity_changed: the first pairing's own signature is looked at, too", async (t) => {
  open();
  const who = identity();
  const squatter = await agent(t, who, (call, port) => {
    return isPairing(call) && [201, { token: "x", ...who.show("pairing", call.body.nonce, port ^ 1) }];
  });
  const kyso = await Kyso.connect(options([squatter.port]));
  await fails(kyso.pair(), "identity_changed");
  assert.equal(kyso.paired, false);
});

test("r6 an agent shows its key anew after a minute", async (t) => {
  open();
  const who = identity();
  let taken = false;
  const real = await agent(t, who, (call, port) => {
    return taken && isHello(call) ? [200, identity().show("hello", call.body.nonce, port)] : undefined;
  });
  const kyso = await paired(real);
  taken = true;
  await kyso.tokens();
  const { now } = Date;
  t.after(() => {
    Date.now = now;
  });
  Date.now = () => now() + 120_000;
  await fails(kyso.tokens(), "identity_changed");
});

test("calls at once after a minute share one search, and each leaves it on its own", async (t) => {
  open();
  const real = await agent(t, identity());
  const kyso = await paired(real);
  const { now } = Date;
  t.after(() => {
    Date.now = now;
  });
  Date.now = () => now() + 120_000;
  const leave = new AbortController();
  const left = fails(kyso.tokens({ signal: leave.signal }), "cancelled");
  const calls = Array.from({ length: 30 }, () => kyso.tokens());
  leave.abort();
  await left;
  assert.deepEqual(await Promise.all(calls), calls.map(() => []));
  assert.equal(real.heard.filter(isHello).length, 1);
});

test("r6 no call goes with the token to where another found none", async (t) => {
  open();
  const who = identity();
  const real = await agent(t, who);
  const kyso = await paired(real);
  // The port is another's, which knows of no pairing: all calls beside each other find the same, and drop nothing.
  const stranger = await agent(t, identity(), (call) => isHello(call) && [401, error("pairing_required")]);
  const other = await Kyso.connect(options([stranger.port]));
  await Promise.all([1, 2, 3].map(() => fails(other.tokens(), "identity_changed")));
  const shown = stranger.heard.map(({ headers }) => headers.authorization).filter(Boolean);
  assert.ok(shown.every((token) => token === "Bearer token") && stranger.heard.every(({ url }) => url !== "/v1/tokens"));
  assert.equal(kyso.paired, true);
});

test("once a person agreed, the page forgets and pairs with the new agent", async (t) => {
  open();
  await paired(await agent(t, identity()));
  const anew = await agent(t, identity());
  await fails(Kyso.connect(options([anew.port])), "identity_changed");
  Kyso.forget();
  const kyso = await Kyso.connect(options([anew.port]));
  assert.equal(kyso.paired, false);
  await kyso.pair();
  await kyso.tokens();
});

test("r6 without Ed25519 in the browser the key is verified all the same", async (t) => {
  open();
  const { subtle } = globalThis.crypto;
  t.mock.method(subtle, "importKey", () => {
    throw new DOMException("Unrecognized name.", "NotSupportedError");
  });
  const who = identity();
  await paired(await agent(t, who));
  await Kyso.connect(options([(await agent(t, who)).port]));
  await fails(Kyso.connect(options([(await agent(t, identity())).port])), "identity_changed");
});
