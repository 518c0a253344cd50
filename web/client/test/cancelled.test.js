// Whatever takes a signal ends by it: before it began, while nobody answers, and while the person is asked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { fails, options } from "./support/page.js";
import { simulator } from "./support/programs.js";

/** Where a signal is not heard, nothing would end. */
const LIMIT = { timeout: 30_000 };
const items = [{ name: "Công văn 1.pdf", digest: new Uint8Array(32) }];
const CALLS = {
  pair: (kyso, signal) => kyso.pair({ signal }),
  forget: (kyso, signal) => kyso.forget({ signal }),
  tokens: (kyso, signal) => kyso.tokens({ signal }),
  certificates: (kyso, signal) => kyso.certificates(undefined, { signal }),
  sign: (kyso, signal) => kyso.sign(items, { signal }),
  signCms: (kyso, signal) => kyso.signCms(items, { signal }),
  authenticate: (kyso, signal) => kyso.authenticate(new Uint8Array(32), { signal }),
  events: (kyso, signal) => kyso.events({ signal }).next(),
};
/** A person is asked, who looks away this once. */
const ASKED = ["pair", "sign", "signCms", "authenticate"];
const SCRIPT = `
[[rules]]
ask = "pair"
times = 1
answer = "approve"

[[rules]]
times = 1
answer = "timeout"
`;

test("the table has each method of an instance", () => {
  const methods = Object.entries(Object.getOwnPropertyDescriptors(Kyso.prototype))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name);
  assert.deepEqual(Object.keys(CALLS).sort(), methods.sort());
});

test("connect: before it began, and while nobody answers", LIMIT, async (t) => {
  const page = open();
  const agent = await simulator(t);
  const connect = (signal) => Kyso.connect(options([agent.port], { signal }));
  await fails(connect(AbortSignal.abort()), "cancelled");
  assert.equal(page.sent.length, 0);
  await leaves(page, agent, connect, (left) => fails(left, "cancelled"));
  await connect();
});

for (const [name, call] of Object.entries(CALLS)) {
  // The loop is left without an error: it has no other end.
  const ends = (left) => (name === "events" ? left.then(({ done }) => assert.ok(done)) : fails(left, "cancelled"));

  test(`${name}: with a signal that has aborted`, LIMIT, async (t) => {
    const { kyso } = await paired(t);
    await ends(call(kyso, AbortSignal.abort()));
    // A pairing that is to be forgotten is, on this side.
    assert.equal(kyso.paired, name !== "forget");
    await kyso.tokens();
  });

  // Events come over sockets alone.
  for (const blocks of name === "events" ? [[]] : [[], ["ws:"]]) {
    const by = blocks.length ? "over HTTP" : "over a socket where it may";
    test(`${name}: while nobody answers, ${by}`, LIMIT, async (t) => {
      const { page, agent, kyso } = await paired(t, { blocks });
      await leaves(page, agent, (signal) => call(kyso, signal), ends);
      await kyso.tokens();
    });

    if (!ASKED.includes(name)) continue;
    test(`${name}: while the person is asked, ${by}`, LIMIT, async (t) => {
      const { agent, kyso } = await paired(t, { blocks, script: SCRIPT });
      const leave = new AbortController();
      const left = ends(call(kyso, leave.signal));
      await agent.says(/: timeout$/m);
      leave.abort();
      await left;
      // Its window goes: the next one gets its turn.
      while ((await call(kyso).catch(({ code }) => code)) === "busy") await tick();
      assert.equal(kyso.paired, true);
      await kyso.sign(items);
    });
  }
}

test("events: while it listens", LIMIT, async (t) => {
  const { page, kyso } = await paired(t);
  const leave = new AbortController();
  const listening = kyso.events({ signal: leave.signal }).next();
  // The first was the pairing's.
  while (page.sockets[1]?.readyState !== WebSocket.OPEN) await tick();
  const [, socket] = page.sockets;
  const closed = new Promise((end) => socket.once("close", end));
  leave.abort();
  assert.deepEqual(await listening, { done: true, value: undefined });
  await closed;
});

/** A page, paired with a simulator of its own. */
async function paired(t, { blocks, script } = {}) {
  const page = open({ blocks });
  const agent = await simulator(t, { script });
  const kyso = await Kyso.connect(options([agent.port]));
  await kyso.pair();
  return { page, agent, kyso };
}

/** Aborts what was sent to an agent that stands still, and lets that go on. */
async function leaves(page, agent, call, ends) {
  const begun = () => page.sent.length + page.sockets.length;
  const before = begun();
  const leave = new AbortController();
  process.kill(agent.pid, "SIGSTOP");
  try {
    const left = ends(call(leave.signal));
    while (begun() === before) await tick();
    leave.abort();
    await left;
  } finally {
    process.kill(agent.pid, "SIGCONT");
  }
}

function tick() {
  return new Promise((resolve) => setTimeout(resolve, 10));
}
