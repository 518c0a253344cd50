// Finding the agent, and telling apart why there is none.

import assert from "node:assert/strict";
import { once } from "node:events";
import { get } from "node:http";
import { connect } from "node:net";
import { test } from "node:test";

import { fails, options } from "./support/page.js";
import { memory, open, ORIGIN } from "./support/browser.js";
import { agent, error, freePort, identity, program, simulator, socketAgent } from "./support/programs.js";
import { Kyso } from "../dist/kyso.js";

test("not_installed: nothing answers and nothing ever did", async () => {
  open();
  const english = await fails(Kyso.connect(options([await freePort(), await freePort()])), "not_installed");
  assert.match(english.message, /Kyso was not found/);
  const vietnamese = await fails(Kyso.connect(options([await freePort()], { language: "vi" })), "not_installed");
  assert.match(vietnamese.message, /Không tìm thấy Kyso/);
});

test("not_installed: an unrelated program is no agent, whatever it answers", async (t) => {
  open();
  const answers = [
    [200, { agent: "other", api: 1 }],
    [200, "<html>not JSON</html>"],
    [200, "null"],
    [404, { message: "Not Found" }],
    [500, []],
  ];
  const programs = await Promise.all(answers.map((answer) => program(t, () => answer)));
  const silent = await program(t, () => [200, { agent: "kyso", api: 1 }], { cors: false });
  const ports = [...programs, silent].map(({ port }) => port);
  await fails(Kyso.connect(options(ports)), "not_installed");
});

test("a program that never answers costs a few seconds, and the agent beside it none", async (t) => {
  open();
  const hanging = await program(t, () => undefined);
  const real = await agent(t, identity());
  const kyso = await Kyso.connect(options([hanging.port, real.port]));
  assert.equal(kyso.transport, "http");
  await fails(Kyso.connect(options([hanging.port], { storage: memory() })), "not_installed");
});

test("the last good port comes first, then the first eight, then the rest", async (t) => {
  const page = open();
  const real = await agent(t, identity());
  const others = await Promise.all(Array.from({ length: 9 }, freePort));
  await Kyso.connect(options([...others, real.port]));
  const plain = () => page.sent.filter(({ url }) => url.startsWith("http:"));
  const ports = () => plain().map(({ url }) => Number(new URL(url).port));
  assert.deepEqual(ports().slice(0, 8), others.slice(0, 8));
  assert.deepEqual(ports().slice(8), [others[8], real.port]);
  page.sent.length = 0;
  await Kyso.connect(options([...others, real.port]));
  assert.deepEqual(ports(), [real.port]);
});

test("where HTTP does not get through, an agent behind the first eight ports is found as well", async (t) => {
  open({ blocks: ["http:"] });
  const real = await socketAgent(t, identity());
  const others = await Promise.all(Array.from({ length: 9 }, freePort));
  const kyso = await Kyso.connect(options([...others, real.port]));
  assert.equal(kyso.transport, "ws");
});

test("busy: what runs and has no time is there", async (t) => {
  open();
  const real = await simulator(t);
  const line = "POST /v1/pairings HTTP/1.1";
  const type = "Content-Type: application/json\r\nContent-Length: 9";
  const head = `${line}\r\nHost: 127.0.0.1:${real.port}\r\nOrigin: ${ORIGIN}\r\n${type}\r\n\r\n`;
  // All places that an origin has: each waits for its body.
  const held = Array.from({ length: 16 }, () => connect(real.port, "127.0.0.1"));
  t.after(() => held.forEach((socket) => socket.destroy()));
  await Promise.all(held.map((socket) => new Promise((sent) => socket.write(head, sent))));
  const ask = async () => {
    const [reply] = await once(get(`http://127.0.0.1:${real.port}/v1/health`, { headers: { Origin: ORIGIN } }), "response");
    reply.resume();
    return reply.statusCode;
  };
  while ((await ask()) !== 429);
  const thrown = await fails(Kyso.connect(options([real.port])), "busy");
  assert.ok(thrown.request, "the agent's own word");
});

test("an unrelated program's error is not Kyso's", async (t) => {
  open();
  const other = await program(t, () => [429, { error: { code: "busy", message: "Too many requests." } }]);
  await fails(Kyso.connect(options([other.port])), "not_installed");
});

test("r5 every address is the literal one", async (t) => {
  const page = open({ blocks: ["http:"] });
  const real = await agent(t, identity());
  await fails(Kyso.connect(options([real.port])), "not_installed");
  for (const { url } of [...page.sent, ...page.sockets]) assert.equal(new URL(url).hostname, "127.0.0.1");
  assert.ok(page.sockets.length > 0);
});

test("not_running: an agent was here before", async (t) => {
  open();
  const real = await agent(t, identity());
  await Kyso.connect(options([real.port]));
  real.close();
  await fails(Kyso.connect(options([real.port])), "not_running");
});

test("version_too_old: another version of the API, or a route that is missing", async (t) => {
  open();
  const old = await program(t, () => [200, { agent: "kyso", api: 0 }]);
  await fails(Kyso.connect(options([old.port])), "version_too_old");
  const without = await agent(t, identity(), ({ url }) => url === "/v1/authentications" && [404, error("not_found")]);
  const kyso = await Kyso.connect(options([without.port]));
  await fails(kyso.authenticate(new Uint8Array(32)), "version_too_old");
  // A page that was paired must be shown who is there.
  const noHello = await agent(t, identity(), ({ url }) => url === "/v1/hello" && [404, error("not_found")]);
  await fails(Kyso.connect(options([noHello.port])), "version_too_old");
});

test("insecure_context: the page is not https", async () => {
  const page = open({ origin: "http://vanban.example.vn", isSecureContext: false });
  await fails(Kyso.connect(options([await freePort()])), "insecure_context");
  assert.equal(page.sent.length, 0);
});

test("origin_missing: a sandboxed frame has no origin", async () => {
  const page = open({ origin: "null" });
  await fails(Kyso.connect(options([await freePort()])), "origin_missing");
  assert.equal(page.sent.length, 0);
});

test("mixed_content: Safari reaches no plain http, and says to enable TLS", async (t) => {
  open({ engine: "webkit", permission: null });
  const real = await agent(t, identity());
  const thrown = await fails(Kyso.connect(options([real.port])), "mixed_content");
  assert.match(thrown.hint, /kyso tls enable/);
  // A page of the developer's own machine is not blocked.
  open({ engine: "webkit", permission: null, origin: "http://127.0.0.1:8480" });
  await Kyso.connect(options([real.port]));
});

test("cancelled: connect is left", async (t) => {
  open();
  const hanging = await program(t, () => undefined);
  const leave = new AbortController();
  const heard = hanging.next();
  const connecting = Kyso.connect(options([hanging.port], { signal: leave.signal }));
  const { left } = await heard;
  leave.abort();
  await fails(connecting, "cancelled");
  await left;
  await fails(Kyso.connect(options([hanging.port], { signal: leave.signal })), "cancelled");
});

test("the states of a connection are told", async (t) => {
  open();
  const states = [];
  const real = await agent(t, identity());
  await Kyso.connect(options([real.port], { onState: (state) => states.push(state) }));
  assert.deepEqual(states, ["searching", "idle"]);
});

test("a browser that keeps nothing for the page still works", async (t) => {
  open();
  Object.defineProperty(globalThis, "localStorage", {
    configurable: true,
    get: () => {
      throw new DOMException("denied", "SecurityError");
    },
  });
  const real = await agent(t, identity());
  const kyso = await Kyso.connect(options([real.port]));
  await kyso.tokens();
  assert.equal(kyso.paired, true);
  assert.equal(globalThis.origin, ORIGIN);
});
