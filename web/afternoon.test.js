// AFTERNOON.md as it stands: its files written, its commands run, its page played in Chromium.
//
// KYSO_SIMULATOR names a simulator that is built already, and leaves the build out.

import assert from "node:assert/strict";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { alone, home, listening } from "./support/alone.js";
import { Browser } from "./support/browser.js";
import { emptyHome, run, shells, started } from "./support/home.js";

const repository = fileURLToPath(new URL("..", import.meta.url));
const text = readFileSync(new URL("AFTERNOON.md", import.meta.url), "utf8");
const LISTENS = /^(target\/debug\/kyso-simulator|node server\.mjs|npx vite preview)/;

if (home) {
  test("the page pairs, signs and signs in, and the server refuses what was changed; another Kyso takes its place", { timeout: 120_000 }, play);
} else {
  test("every command and file of the afternoon runs as shown", { timeout: 600_000 }, prepare);
}

/** Up to where something listens; the rest is this file again, in its own network. */
function prepare(t) {
  const { home: made, env } = emptyHome(t);
  const folder = join(made, "kyso-afternoon");
  const names = files().map(([name]) => name);
  assert.deepEqual(names.sort(), ["index.html", "main.js", "server.mjs", "vite.config.js"]);
  for (const commands of shells(text)) {
    const isHere = !commands.startsWith("cd ") && commands.includes("npm pack");
    const lines = commands.split("\n").filter((line) => !LISTENS.test(line));
    if (commands.includes("vite build")) files().forEach(([name, code]) => writeFileSync(join(folder, name), code));
    run(lines, isHere ? repository : made, env);
  }
  alone(fileURLToPath(import.meta.url), made, env);
}

async function play(t) {
  const folder = join(home, "kyso-afternoon");
  const listeners = shells(text).flatMap((commands) => commands.split("\n").filter((line) => LISTENS.test(line)));
  assert.equal(listeners.length, 3);
  const ready = [/"port":21480/, undefined, /127\.0\.0\.1:5173/];
  const start = (at, line = listeners[at]) => listening(t, started(line), at === 0 ? repository : folder, ready[at]);
  const stop = await start(0);
  await start(1);
  await start(2);
  const page = await Browser.open(t, home);
  await page.go("http://127.0.0.1:5173");
  await page.click("#pair");
  await page.until("#result", /^Đã kết nối$/);
  await page.click("#sign");
  await page.until("#result", /^Máy chủ đã kiểm tra: .*TEST.* đã ký$/);
  await page.click("#tamper");
  await page.until("#result", /^Máy chủ từ chối: digest$/);
  await page.click("#sign-in");
  await page.until("#result", /^Xin chào .*TEST/);

  // Another Kyso in its place, with other authorities.
  await stop();
  await start(0, listeners[0].replace("~/kyso-simulator", "~/kyso-other"));
  copyFileSync(join(home, "kyso-other/root.pem"), join(home, "kyso-simulator/root.pem"));
  await page.click("#sign");
  await page.until("#result", /không phải Kyso mà trang này đã kết nối/);
  await page.until("#forget", /^Kyso vừa được cài lại/);
  await page.click("#forget");
  await page.until("#result", /^Đã quên kết nối cũ/);
  await page.until("#forget", /^$/);
  await page.click("#pair");
  await page.until("#result", /^Đã kết nối$/);
  await page.click("#sign");
  await page.until("#result", /^Máy chủ đã kiểm tra: .*TEST.* đã ký$/);
}

/** The files, by the name above each. */
function files() {
  return [...text.matchAll(/^\*\*`([\w.]+)`\*\*[^\n]*\n\n```\w+\n(.*?)^```/gms)].map(([, name, code]) => [name, code]);
}
