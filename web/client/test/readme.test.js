// The README's pieces, one after the other, as somebody copies them into a page.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import * as client from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { codes } from "./support/codes.js";
import { options } from "./support/page.js";
import { simulator } from "./support/programs.js";

const text = readFileSync(new URL("../README.md", import.meta.url), "utf8");

test("the afternoon runs as it stands", async (t) => {
  open();
  const agent = await simulator(t);
  const { fetch } = globalThis;
  const posted = [];
  globalThis.fetch = async (target, request) => {
    if (!target.startsWith("/")) return fetch(target, request);
    if (request) assert.equal(request.headers["Content-Type"], "application/json", target);
    posted.push([target, request && JSON.parse(request.body)]);
    return { text: async () => client.base64(crypto.getRandomValues(new Uint8Array(32))) };
  };
  const file = Object.assign(new Blob(["Điều 1."]), { name: "Công văn 1.pdf" });
  const shown = [];
  // What the page around the pieces has.
  const page = {
    ...client,
    Kyso: Object.assign(Object.create(client.Kyso), {
      connect: (given) => client.Kyso.connect({ ...options([agent.port]), ...given }),
    }),
    file,
    files: [file, file],
    bar: {},
    showState: (state) => shown.push(state),
    show: (...words) => shown.push(words),
    options: { name: "Hệ thống văn bản" },
  };
  for (const piece of pieces()) {
    const hasLoop = piece.includes("for await");
    // A page leaves its loop some day.
    if (hasLoop) page.signal = leaving(500);
    Object.assign(page, await run(piece, page));
  }
  const [one] = posted.filter(([target]) => target === "/signatures").map(([, body]) => body);
  assert.equal(one.signatures[0].name, file.name);
  const [signIn] = posted.filter(([target]) => target === "/sign-in").map(([, body]) => body);
  assert.equal(signIn.origin, globalThis.origin);
  assert.equal(page.seal.holder, "organisation");
  assert.equal(page.bar.value, 1);
  assert.ok(shown.includes("pairing") && shown.includes("signing"));
});

test("each code of the API and of the client has its place in the table", () => {
  const { own, theirs } = codes();
  assert.ok(own.length > 5 && theirs.length > 20);
  const rows = [...text.matchAll(/^\| (`[a-z_]+`(?:, `[a-z_]+`)*)/gm)].map(([, codes]) => codes);
  const shown = rows.flatMap((codes) => codes.match(/[a-z_]+/g));
  for (const code of new Set([...own, ...theirs])) {
    assert.equal(shown.filter((one) => one === code).length, 1, `rows of ${code}`);
  }
});

test("every link leads to what the package ships", () => {
  for (const kit of ["..", "../../server"]) {
    const folder = new URL(`${kit}/`, import.meta.url);
    const { files } = JSON.parse(readFileSync(new URL("package.json", folder), "utf8"));
    for (const [, target] of readFileSync(new URL("README.md", folder), "utf8").matchAll(/\]\(([^)#]+)/g)) {
      const isShipped = files.some((name) => target === name || target.startsWith(`${name}/`));
      assert.ok(isShipped || target.startsWith("https:"), `${kit}: ${target}`);
      if (isShipped) readFileSync(new URL(target, folder));
    }
  }
});

test("every piece of JavaScript that a document shows is JavaScript", () => {
  let checked = 0;
  for (const name of ["README.md", "README.vi.md", "web/client/README.md", "web/server/README.md"]) {
    const shown = readFileSync(new URL(`../../../${name}`, import.meta.url), "utf8");
    for (const [, piece] of shown.matchAll(/```js\n(.*?)```/gs)) {
      // As a module that is read and not run.
      const { status, stderr } = spawnSync(process.execPath, ["--input-type=module", "--check"], { input: piece });
      assert.equal(status, 0, `${name}: ${stderr}\n${piece}`);
      checked += 1;
    }
  }
  assert.ok(checked > 10, `${checked} pieces`);
});

test("what it says of the size is so", async () => {
  const { gzipSync } = await import("node:zlib");
  const [, most] = text.match(/under (\d) KB gzipped/);
  assert.ok(gzipSync(readFileSync(new URL("../dist/kyso.js", import.meta.url))).length < most * 1_000);
});

/** The JavaScript of the README but what only imports. */
function pieces() {
  const found = [...text.matchAll(/```js\n(.*?)```/gs)]
    .map(([, code]) => code)
    .filter((code) => !code.startsWith("import"));
  assert.ok(found.length >= 7, `${found.length} pieces`);
  return found;
}

/** Runs a piece with the page's names; what it declares is the page's from then on. */
async function run(piece, page) {
  const declared = [...piece.matchAll(/^const (?:\[(\w+)\]|(\w+))/gm)].map(([, inside, alone]) => inside ?? alone);
  const names = Object.keys(page).filter((name) => !declared.includes(name));
  const AsyncFunction = (async () => {}).constructor;
  const work = new AsyncFunction(...names, `${piece}\nreturn { ${declared.join(", ")} };`);
  return work(...names.map((name) => page[name]));
}

function leaving(time) {
  const leave = new AbortController();
  setTimeout(() => leave.abort(), time);
  return leave.signal;
}
