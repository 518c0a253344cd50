// What the script of the simulator can't bring about: a full disk, a newer log, a pause, a library that is gone.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { fails, options } from "./support/page.js";
import { realAgent, simulator } from "./support/programs.js";

const item = (name) => ({ name, digest: new Uint8Array(createHash("sha256").update(name).digest()) });

/** A page that is paired with this agent. */
async function paired(agent) {
  open();
  const kyso = await Kyso.connect(options([agent.port]));
  await kyso.pair();
  return kyso;
}

test("audit_unavailable: the log can't be written; once it can, Kyso signs again", async (t) => {
  const agent = await simulator(t, { ignores: "XFSZ" });
  const kyso = await paired(agent);
  // The soft limit alone: what it was may be set again.
  const limit = (size) => execFileSync("prlimit", ["--pid", String(agent.pid), `--fsize=${size}:`]);
  limit(0);
  const thrown = await fails(kyso.sign([item("Công văn.pdf")]), "audit_unavailable");
  assert.ok(thrown.request, "the agent's own word");
  limit("unlimited");
  assert.equal((await kyso.sign([item("Công văn.pdf")])).signatures.length, 1);
});

test("internal: a log that a newer Kyso wrote", async (t) => {
  const agent = await simulator(t);
  const kyso = await paired(agent);
  const ask = () => kyso.sign([item("[deny].pdf")], { idempotencyKey: "task" });
  await fails(ask(), "user_denied");
  const log = join(agent.folder, "data/kyso/audit.sqlite");
  assert.ok(existsSync(log), log);
  execFileSync("sqlite3", [log, "UPDATE requests SET code = 'of_a_newer_kyso'"]);
  await fails(ask(), "internal");
});

test("paused: the person has paused Kyso", async (t) => {
  const agent = await realAgent(t, "modules = []\n");
  const kyso = await paired(agent);
  agent.kyso("pause");
  await fails(kyso.sign([item("Công văn.pdf")]), "paused");
  agent.kyso("resume");
  await fails(kyso.sign([item("Công văn.pdf")]), "token_absent");
});

test("module_missing: the token's library is not there", async (t) => {
  const agent = await realAgent(t, '[[modules]]\npath = "/usr/lib/missing.so"\n');
  const kyso = await paired(agent);
  await fails(kyso.sign([item("Công văn.pdf")]), "module_missing");
});

test("each code of the API that a page can meet is brought about by its real cause", () => {
  const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
  const contract = JSON.parse(read("../../../src/api/openapi.json"));
  const codes = contract.components.schemas.Error.properties.error.properties.code.enum;
  // This client asks for nothing that would be answered so.
  const never = ["not_found", "method_not_allowed", "media_type", "wrong_host"];
  // It finds these by itself, before it asks the agent.
  const own = ["origin_missing", "cancelled"];
  // Of a machine whose policy has certificates asked after, with an authority and a token: this client in Chromium.
  const policy = [...read("../../../tests/it/validity/page.rs").matchAll(/signs\([^;]*?, "([a-z_]+)"\);/g)];
  const tests = ["./simulator.test.js", "./causes.test.js"].map(read).join("");
  const expected = new Set([...tests.matchAll(/\bfails\([^;]*?, "([a-z_]+)"\)|^  "\[[a-z-]+\]": "([a-z_]+)"|\["\w+", "([a-z_]+)"\]/gm)].map(
    ([, one, other, third]) => one ?? other ?? third,
  ));
  const elsewhere = [...never, ...own, ...policy.map(([, code]) => code)];
  const missing = codes.filter((code) => !elsewhere.includes(code) && !expected.has(code));
  assert.deepEqual(missing, []);
});
