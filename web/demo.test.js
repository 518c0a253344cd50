// The demonstration's page in Chromium, where its agent is not the one that it was paired with, or is gone.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { alone, home, listening } from "./support/alone.js";
import { Browser } from "./support/browser.js";

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const SIMULATOR = process.env.KYSO_SIMULATOR ?? file("../target/debug/kyso-simulator");
const TYPES = { ".js": "text/javascript", ".html": "text/html", ".css": "text/css" };
const KEPT = "return Object.keys(localStorage).filter((name) => /token|agent_key/.test(name)).join()";

if (home) {
  test("the page gets rid of a pairing whatever became of its agent", { timeout: 120_000 }, play);
} else {
  test("the demonstration's page, in a network of its own", { timeout: 180_000 }, (t) => {
    const made = mkdtempSync(join(tmpdir(), "kyso-demo-"));
    t.after(() => rmSync(made, { recursive: true, force: true }));
    alone(fileURLToPath(import.meta.url), made);
  });
}

async function play(t) {
  const stop = await listening(t, `exec '${SIMULATOR}' --folder '${join(home, "simulator")}'`, home, /"port":21480/);
  const server = createServer(serve).listen(8480, "127.0.0.1");
  t.after(() => server.close());
  const page = await Browser.open(t, home);
  await page.go("http://127.0.0.1:8480/");
  const forgets = async () => {
    await page.click("#forget");
    await page.until("#state", /^Đã hủy kết nối/);
    assert.equal(await page.run(KEPT), "");
  };

  await page.run(PAIR);
  await page.run('localStorage.setItem("kyso.agent_key", btoa("another agent entirely, 32 bytes"))');
  await page.go("http://127.0.0.1:8480/?identity_changed");
  await forgets();

  await page.run(PAIR);
  assert.notEqual(await page.run(KEPT), "");
  stop();
  await page.go("http://127.0.0.1:8480/?nobody_answers");
  await forgets();
}

const PAIR = `return (async () => {
  const { Kyso } = await import("/kyso.js");
  await (await Kyso.connect({ name: "Trang" })).pair();
})()`;

/** The page, on a server that has no documents. */
function serve({ url }, response) {
  const [path] = url.slice(1).split("?");
  const answers = { session: { person: null }, documents: { documents: [] } };
  if (answers[path]) return response.end(JSON.stringify(answers[path]));
  try {
    const name = path === "kyso.js" ? "client/dist/kyso.js" : `demo/${path || "index.html"}`;
    const content = readFileSync(file(name));
    response.setHeader("Content-Type", TYPES[extname(name)]);
    return response.end(content);
  } catch {
    response.statusCode = 404;
    return response.end();
  }
}
