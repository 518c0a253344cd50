// The one pairing of a page: shared by its calls, left by each on its own, and ended even where nobody hears of it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { fails, options } from "./support/page.js";
import { agent, error, identity, simulator, socketAgent } from "./support/programs.js";

/** Where nobody answers, nothing would end. */
const LIMIT = { timeout: 20_000 };
const isPairing = ({ method, url }) => method === "POST" && url === "/v1/pairings";

/** An agent whose person answers pairings when `answer` is called. */
async function slow(t) {
  const who = identity();
  let answer;
  const person = new Promise((resolve) => (answer = resolve));
  const asked = [];
  const made = await agent(t, who, (call, port) => {
    if (!isPairing(call)) return undefined;
    asked.push(call);
    return person.then(() => [201, { token: "token", ...who.show("pairing", call.body.nonce, port) }]);
  });
  return { ...made, answer, asked };
}

/** Waits until so many pairings were asked for. */
async function heard({ asked }, count) {
  while (asked.length < count) await new Promise((resolve) => setTimeout(resolve, 10));
}

test("one caller that leaves does not end the pairing that another waits for", LIMIT, async (t) => {
  open({ blocks: ["ws:"] });
  const real = await slow(t);
  const kyso = await Kyso.connect(options([real.port]));
  const leave = new AbortController();
  const first = fails(kyso.tokens({ signal: leave.signal }), "cancelled");
  const second = kyso.tokens();
  await heard(real, 1);
  leave.abort();
  await first;
  real.answer();
  assert.deepEqual(await second, []);
  assert.equal(real.asked.length, 1);
});

test("a caller that joined a pairing leaves by its own signal", LIMIT, async (t) => {
  open({ blocks: ["ws:"] });
  const real = await slow(t);
  const kyso = await Kyso.connect(options([real.port]));
  const first = kyso.tokens();
  const leave = new AbortController();
  const second = fails(kyso.tokens({ signal: leave.signal }), "cancelled");
  await heard(real, 1);
  leave.abort();
  await second;
  assert.equal(kyso.paired, false, "the person has not answered yet");
  real.answer();
  await first;
});

test("the window closes when the last caller leaves, and the next call opens another", LIMIT, async (t) => {
  open({ blocks: ["ws:"] });
  const real = await slow(t);
  const kyso = await Kyso.connect(options([real.port]));
  const leave = [new AbortController(), new AbortController()];
  const left = leave.map(({ signal }) => fails(kyso.pair({ signal }), "cancelled"));
  await heard(real, 1);
  leave.forEach((one) => one.abort());
  await Promise.all(left);
  await real.asked[0].left;
  const again = kyso.pair();
  await heard(real, 2);
  real.answer();
  await again;
  assert.equal(kyso.paired, true);
});

test("pair() and calls that need it share one window", async (t) => {
  open();
  const states = [];
  const real = await simulator(t);
  const kyso = await Kyso.connect(options([real.port], { onState: (state) => states.push(state) }));
  await Promise.all([kyso.pair(), kyso.pair(), kyso.tokens()]);
  assert.equal(states.filter((state) => state === "pairing").length, 1);
});

test("r6 connection_lost: a first pairing that is answered by nothing", LIMIT, async (t) => {
  open();
  for (const nothing of ["null", "7"]) {
    const squatter = await agent(t, identity(), (call) => isPairing(call) && [201, nothing]);
    await fails((await Kyso.connect(options([squatter.port]))).pair(), "connection_lost");
  }
});

test("a reinstalled agent keeps no pairing that this page can't use", async (t) => {
  const page = open();
  const before = await simulator(t);
  const kyso = await Kyso.connect(options([before.port]));
  await kyso.pair();
  await before.stop();
  // Another folder: another key, and no pairing with this page.
  const after = await simulator(t, { port: before.port });
  await fails(kyso.pair(), "identity_changed");
  const given = page.sent.at(-1);
  assert.deepEqual([given.method, new URL(given.url).pathname], ["DELETE", "/v1/pairings/current"]);
  const { Authorization } = given.headers;
  const reply = await fetch(`http://127.0.0.1:${after.port}/v1/tokens`, { headers: { Authorization } });
  assert.equal((await reply.json()).error.code, "pairing_required", "the new token is dead");
});

test("forget() drops what the page keeps even where the agent can't be told", async (t) => {
  const page = open();
  const real = await agent(t, identity());
  const kyso = await Kyso.connect(options([real.port]));
  await kyso.pair();
  real.close();
  await fails(kyso.forget(), "connection_lost");
  assert.deepEqual([...page.storage.kept.keys()], ["kyso.place"]);
  assert.equal(kyso.paired, false);
});

test("a filter's undefined fields are left out", async (t) => {
  open();
  const real = await simulator(t);
  const kyso = await Kyso.connect(options([real.port]));
  const filter = { purpose: "sign", key: undefined, issuer: undefined, subject: undefined };
  assert.equal((await kyso.certificates(filter)).length, (await kyso.certificates({ purpose: "sign" })).length);
});

test("a socket that failed once is tried again", async (t) => {
  const page = open();
  const isAsked = ({ url }) => url === "/v1/authentications";
  const more = (call) => isAsked(call) && [400, error("busy")];
  let isBusy = false;
  // It hangs up before it says anything.
  const talk = (line) => (isBusy ? (line.close(1013), true) : undefined);
  const real = await socketAgent(t, identity(), { more, talk });
  const kyso = await Kyso.connect(options([real.port]));
  await kyso.pair();
  isBusy = true;
  page.sockets.length = real.heard.length = 0;
  await fails(kyso.authenticate(new Uint8Array(32)), "busy");
  assert.equal(page.sockets.length, 1);
  assert.ok(real.heard.some(isAsked), "over HTTP this time");
  isBusy = false;
  real.heard.length = 0;
  await fails(kyso.authenticate(new Uint8Array(32)), "busy");
  assert.equal(page.sockets.length, 2);
  assert.ok(!real.heard.some(isAsked), "over a socket again");
});
