// What the script of the simulator can't bring about: a full disk, a newer log, a pause, a library that is gone.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { codes } from "./support/codes.js";
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

/** The client's own codes that only a stand-in brings about, and why. */
const standIns = {
  mixed_content: "Safari alone keeps an https page from plain http on this machine, and it runs on no Linux",
};

test("each code that a page can meet, the API's and the client's own, is brought about by its real cause", () => {
  const read = (name) => readFileSync(new URL(name, import.meta.url), "utf8");
  const found = (text, pattern) => [...text.matchAll(pattern)].map(([, ...codes]) => codes.find(Boolean));
  const { own, theirs } = codes();
  assert.ok(own.length > 5 && theirs.length > 20);
  // This client asks for nothing that would be answered so.
  const never = ["not_found", "method_not_allowed", "media_type", "wrong_host"];
  // Of a machine whose policy has certificates asked after, with an authority and a token: this client in Chromium.
  const policy = found(read("../../../tests/it/validity/page.rs"), /signs\([^;]*?, "([a-z_]+)"\);/g);
  // This client in Chromium and Firefox: their question, their frames, and nobody on a port.
  const browsers = ["permission", "frames"].map((name) => read(`../../../tests/it/browser/${name}.rs`)).join("");
  const met = found(browsers, /\["code"\], "([a-z_]+)"|\{ "code": "([a-z_]+)" \}|\(nobody, "([a-z_]+)"\)/g);
  // This client with the simulator and the agent itself, in what stands above.
  const [above] = read("./causes.test.js").split("\n/** The client's own codes");
  const real = found(
    read("./simulator.test.js") + above,
    /\bfails\([^;]*?, "([a-z_]+)"\)|^  "\[[a-z-]+\]": "([a-z_]+)"|\["\w+", "([a-z_]+)"\]/gm,
  );
  const caused = new Set([...policy, ...met, ...real]);
  const missing = [...theirs, ...own].filter((code) => !caused.has(code) && !never.includes(code) && !(code in standIns));
  assert.deepEqual(missing, []);

  // No excuse for what has a real cause, or for what the client does not say; and each is met with its stand-in.
  const stood = found(read("./discovery.test.js"), /\bfails\([^;]*?, "([a-z_]+)"\)/g);
  const idle = Object.keys(standIns).filter((code) => caused.has(code) || !own.includes(code) || !stood.includes(code));
  assert.deepEqual(idle, []);
});
