// The browser's own question: whether this page may reach programs on this machine.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { fails, options } from "./support/page.js";
import { agent, freePort, identity, program } from "./support/programs.js";

/** A clock that runs a thousand times as fast until `calm`; counts what has passed on it. */
function hurry(t) {
  const clock = { passed: 0, isFast: true, calm: () => (clock.isFast = false) };
  const { setInterval } = globalThis;
  globalThis.setInterval = (work, time, ...rest) => {
    let last = Date.now();
    return setInterval(() => {
      if (!clock.isFast && Date.now() - last < time) return;
      last = Date.now();
      clock.passed += time;
      work(...rest);
    }, time / 1_000);
  };
  t.after(() => {
    globalThis.setInterval = setInterval;
  });
  return clock;
}

function states(onState) {
  const seen = [];
  return {
    seen,
    onState: (state) => {
      seen.push(state);
      onState?.(state);
    },
  };
}

test("r23 the question is told, waited for, and its yes goes on", async (t) => {
  const page = open({ permission: "prompt" });
  const real = await agent(t, identity());
  // The person sees the page's word, then answers.
  const told = states((state) => state === "permission" && setImmediate(() => page.answer("granted")));
  const kyso = await Kyso.connect(options([real.port], told));
  assert.equal(kyso.transport, "http");
  assert.deepEqual(told.seen, ["searching", "permission", "idle"]);
  assert.ok(page.asked.includes("loopback-network"));
});

test("r23 browsers that know only the older name are asked by it", async (t) => {
  const page = open({ permission: "prompt", name: "local-network-access" });
  const real = await agent(t, identity());
  const told = states((state) => state === "permission" && setImmediate(() => page.answer("granted")));
  await Kyso.connect(options([real.port], told));
  assert.deepEqual(page.asked.slice(0, 2), ["loopback-network", "local-network-access"]);
  assert.ok(told.seen.includes("permission"));
});

test("permission_pending: the page leaves while the question is open", async (t) => {
  open({ permission: "prompt" });
  const real = await agent(t, identity());
  const leave = new AbortController();
  const told = states((state) => state === "permission" && setImmediate(() => leave.abort()));
  const thrown = await fails(
    Kyso.connect(options([real.port], { ...told, signal: leave.signal })),
    "permission_pending",
  );
  assert.equal(thrown.retry, "after_user");
});

test("permission_pending: the question is closed without an answer", async (t) => {
  const page = open({ permission: "prompt" });
  const real = await agent(t, identity());
  const told = states((state) => state === "permission" && page.dismiss());
  await fails(Kyso.connect(options([real.port, await freePort()], told)), "permission_pending");
});

test("r23 permission_pending: nobody answers for more than five minutes", async (t) => {
  open({ permission: "prompt" });
  const clock = hurry(t);
  await fails(
    Kyso.connect(options([await freePort()].concat((await agent(t, identity())).port))),
    "permission_pending",
  );
  assert.ok(clock.passed >= 5 * 60_000, `${clock.passed} ms`);
});

test("an answer after minutes still counts, and the agent gets its few seconds", async (t) => {
  const page = open({ permission: "prompt" });
  const clock = hurry(t);
  const real = await agent(t, identity());
  const { query } = navigator.permissions;
  navigator.permissions.query = (wanted) => {
    if (clock.passed > 4 * 60_000) {
      clock.calm();
      page.answer("granted");
    }
    return query(wanted);
  };
  await Kyso.connect(options([real.port]));
});

test("permission_denied: before, and as the answer", async (t) => {
  const page = open({ permission: "denied" });
  const real = await agent(t, identity());
  await fails(Kyso.connect(options([real.port])), "permission_denied");
  assert.equal(page.sent.length + page.sockets.length, 0, "no other way around a no");
  const asked = open({ permission: "prompt" });
  const told = states((state) => state === "permission" && setImmediate(() => asked.answer("denied")));
  await fails(Kyso.connect(options([real.port], told)), "permission_denied");
});

test("a browser that asks and does not tell: all ports are silent", async (t) => {
  const page = open({ permission: null });
  page.hangs = true;
  const clock = hurry(t);
  const real = await agent(t, identity());
  const told = states((state) => {
    if (state !== "permission") return;
    clock.calm();
    page.hangs = false;
    page.answer(null);
  });
  await Kyso.connect(options([real.port, await freePort()], told));
  assert.ok(told.seen.includes("permission"));
});

test("where a policy has answered already, nothing is told of a question", async (t) => {
  const page = open({ permission: "prompt" });
  page.isAskedLate = true;
  const told = states();
  await Kyso.connect(options([(await agent(t, identity())).port], told));
  assert.deepEqual(told.seen, ["searching", "idle"]);
});

test("where requests fail while the question could still come, it is the agent that is missing", async () => {
  const page = open({ permission: "prompt" });
  page.isAskedLate = true;
  await fails(Kyso.connect(options([await freePort()])), "not_installed");
});

test("an unrelated program that never answers is no question", async (t) => {
  open({ permission: null });
  hurry(t);
  const hanging = await program(t, () => undefined);
  await fails(Kyso.connect(options([hanging.port, await freePort()])), "not_installed");
});

test("a page of this machine is asked nothing, and waits for no question", async (t) => {
  for (const permission of ["prompt", null]) {
    const page = open({ origin: "http://127.0.0.1:5173", permission });
    page.isAskedLate = true;
    const hanging = await program(t, () => undefined);
    const told = states();
    const began = Date.now();
    await fails(Kyso.connect(options([hanging.port, await freePort()], told)), "not_installed");
    assert.ok(Date.now() - began < 10_000);
    assert.deepEqual(told.seen, ["searching", "idle"]);
  }
});

test("chromium is told the address space, and an older one that has other names is not", async (t) => {
  open();
  const real = await agent(t, identity());
  const { fetch } = globalThis;
  let given;
  globalThis.fetch = (target, options) => {
    given = options;
    return fetch(target, options);
  };
  await Kyso.connect(options([real.port]));
  assert.equal(given.targetAddressSpace, "loopback");
  assert.deepEqual([given.credentials, given.redirect, given.referrerPolicy], ["omit", "error", "no-referrer"]);
  globalThis.Request = class {
    constructor(_, { targetAddressSpace }) {
      if (targetAddressSpace === "loopback") throw new TypeError("not an IPAddressSpace");
    }
  };
  await Kyso.connect(options([real.port]));
  assert.equal("targetAddressSpace" in given, false);
});
