// Each command that the kits' READMEs show, as it stands, in a home with a copy of the two kits.
//
// KYSO_SIMULATOR names a simulator that is built already, and leaves the build out.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { listening } from "./support/alone.js";
import { emptyHome, run, shells, started } from "./support/home.js";

const repository = fileURLToPath(new URL("..", import.meta.url));
const LISTENS = /^target\/debug\/kyso-simulator /;
/** The client's own tests need the whole repository: tests/run.sh runs them by these words. */
const ELSEWHERE = /^npm test\b/;

for (const [kit, names, count] of [
  ["client", ["Kyso", "KysoError", "base64", "digestCode", "fromBase64", "sha256"], 3],
  ["server", ["Nonces", "VerificationError", "verifyCms", "verifySigned", "verifySignIn"], 1],
]) {
  test(`every command of ${kit}'s README runs as shown`, { timeout: 600_000 }, async (t) => {
    const { home, env } = emptyHome(t);
    const copy = join(home, "kyso/web", kit);
    for (const one of ["client", "server"]) {
      const filter = (from) => basename(from) !== "node_modules";
      cpSync(join(repository, "web", one), join(home, "kyso/web", one), { recursive: true, filter });
    }
    const page = join(home, "page");
    mkdirSync(page);
    const blocks = shells(readFileSync(join(copy, "README.md"), "utf8"));
    assert.equal(blocks.length, count);
    for (const commands of blocks) {
      const place = commands.startsWith("cargo ") ? repository : commands.startsWith("npm ci") ? copy : page;
      const lines = commands.split("\n");
      run(lines.filter((line) => !LISTENS.test(line) && !ELSEWHERE.test(line)), place, env);
      for (const line of lines.filter((line) => LISTENS.test(line))) {
        const stop = await listening(t, `HOME='${home}'; ${started(line)}`, repository, /"port":\d+/);
        await stop();
      }
    }
    // What was installed is the kit, and nothing of it is left in the repository.
    const ask = `import("kyso-${kit}").then((it) => console.log(JSON.stringify(Object.keys(it))))`;
    const exported = JSON.parse(execFileSync(process.execPath, ["--eval", ask], { cwd: page, encoding: "utf8" }));
    assert.deepEqual(names.filter((name) => !exported.includes(name)), []);
    assert.deepEqual(readdirSync(copy).filter((name) => name.endsWith(".tgz")), []);
  });
}
