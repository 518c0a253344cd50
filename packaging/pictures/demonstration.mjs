// Makes demonstration.png: a document of the demonstration that the leader has signed and the clerk has numbered and
// sealed, in Chromium on a display of its own.
//
//     cargo build --locked --bins --example document_system
//     node --test packaging/pictures/demonstration.mjs
//
// Needs Debian's chromium, chromium-driver, xvfb, imagemagick, softhsm2, opensc and openssl.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { listening } from "../../web/support/alone.js";
import { Browser } from "../../web/support/browser.js";

const repository = fileURLToPath(new URL("../..", import.meta.url));
const picture = fileURLToPath(new URL("demonstration.png", import.meta.url));
const SIZE = "1366,860";
const DISPLAY = ":97";
/** A little larger than its display, whose edges it would leave black. */
const WINDOW = ["--kiosk", "--window-size=1370,864", "--window-position=0,0", "--lang=vi"];
const READY = `
  const [act, working, error] = ["#act", "#working", "#error"].map((name) => document.querySelector(name));
  return [!act.hidden && !act.disabled && working.hidden, error.hidden ? "" : error.innerText]`;

test("the demonstration's picture", { timeout: 120_000 }, async (t) => {
  const made = mkdtempSync(join(tmpdir(), "kyso-picture-"));
  t.after(() => rmSync(made, { recursive: true, force: true }));
  const token = join(made, "token");
  const setting = execFileSync("softhsm-setup/create.sh", [token], { cwd: repository, encoding: "utf8" });
  process.env.SOFTHSM2_CONF = setting.match(/SOFTHSM2_CONF=['"]?([^'"\n]+)/)[1];
  for (const name of ["XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_DATA_HOME"]) {
    process.env[name] = join(made, name);
    mkdirSync(process.env[name], { mode: 0o700 });
  }
  const module = execFileSync("sh", ["-c", "ls /usr/lib/softhsm/libsofthsm2.so"], { encoding: "utf8" }).trim();
  const modules = `[[modules]]\npath = "${module}"\nwritable = ["${token}/tokens"]\n`;
  writeFileSync(join(made, "config.toml"), `chain_folder = "${token}/ca"\n${modules}`);

  await listening(t, `exec Xvfb ${DISPLAY} -screen 0 ${SIZE.replace(",", "x")}x24 -nolisten tcp`, made);
  // Nobody sits here: it answers yes and the PIN.
  const person = "target/debug/examples/document_system --answer 123456 --";
  const agent = `exec ${person} ${repository}target/debug/kyso agent --config ${made}/config.toml --prompt terminal`;
  await listening(t, agent, repository, /http:\/\/127/);
  const system = `exec target/debug/examples/document_system --anchors ${token}/ca/root.crt --port 8481`;
  await listening(t, system, repository, /8481/);

  process.env.DISPLAY = DISPLAY;
  process.env.TZ = "Asia/Ho_Chi_Minh";
  const page = await Browser.open(t, made, WINDOW);
  await page.go("http://127.0.0.1:8481/");
  await page.click("#list li a");
  const name = await page.run("return document.querySelector('#document-title').textContent");
  assert.ok(name, "a document is chosen");
  await step(page, "draft");
  await page.run("document.querySelector('#roles label:last-child').click()");
  await step(page, "signed");
  await step(page, "numbered");
  await page.run("document.querySelector('#roles label:nth-child(2)').click()");
  await page.until("#verdict-title", /hợp lệ/);
  // The viewer draws after it has loaded.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  execFileSync("import", ["-display", DISPLAY, "-window", "root", "-colors", "128", picture]);
});

/** Does what is to be done with a document in this stage, and waits until it is done. */
async function step(page, stage) {
  const stands = "return document.querySelector('#steps').textContent";
  const before = await page.run(stands);
  const end = Date.now() + 30_000;
  let isBegun = false;
  while ((await page.run(stands)) === before) {
    const [ready, error] = await page.run(READY);
    assert.equal(error, "", stage);
    assert.ok(Date.now() < end, `${stage}: nothing came of it: ${before}`);
    if (ready && !isBegun) {
      isBegun = true;
      // By script: the page still moves while the viewer loads.
      await page.run("document.querySelector('#act').click()");
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
