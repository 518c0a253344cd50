// Headless Chromium, by Debian's chromedriver (W3C WebDriver).

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

export class Browser {
  #session;

  constructor(session) {
    this.#session = session;
  }

  /** Opens a window at this home, without a display unless `more` says otherwise; it closes when the test ends. */
  static async open(test, home, more = ["--headless=new"]) {
    const driver = spawn("chromedriver", ["--port=0"], { stdio: ["ignore", "pipe", "ignore"] });
    let session;
    test.after(async () => {
      if (session) await call("DELETE", session);
      driver.kill();
    });
    const port = await new Promise((resolve, reject) => {
      driver.on("error", reject);
      createInterface(driver.stdout).on("line", (line) => {
        const [, said] = line.match(/started successfully on port (\d+)/) ?? [];
        if (said) resolve(said);
      });
    });
    const url = `http://127.0.0.1:${port}/session`;
    const args = ["--no-sandbox", "--disable-gpu", `--user-data-dir=${join(home, "chromium")}`, ...more];
    // Without the bar that says who drives it.
    const options = { binary: "/usr/bin/chromium", args, excludeSwitches: ["enable-automation"] };
    const alwaysMatch = { browserName: "chrome", "goog:chromeOptions": options };
    const { sessionId } = await call("POST", url, { capabilities: { alwaysMatch } });
    session = `${url}/${sessionId}`;
    return new Browser(session);
  }

  async go(url) {
    await call("POST", `${this.#session}/url`, { url });
  }

  async click(selector) {
    await call("POST", `${await this.#element(selector)}/click`, {});
  }

  /** Runs a script in the page and gives what comes of it. */
  run(script) {
    return call("POST", `${this.#session}/execute/sync`, { script, args: [] });
  }

  /** Waits until the element says this, up to 30 s. */
  async until(selector, expected) {
    const end = Date.now() + 30_000;
    for (;;) {
      const said = await call("GET", `${await this.#element(selector)}/text`);
      if (expected.test(said)) return;
      assert.ok(Date.now() < end, `${selector} says "${said}", not ${expected}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async #element(selector) {
    const found = await call("POST", `${this.#session}/element`, { using: "css selector", value: selector });
    return `${this.#session}/element/${Object.values(found)[0]}`;
  }
}

async function call(method, url, body) {
  const reply = await fetch(url, { method, body: body && JSON.stringify(body) });
  const { value } = await reply.json();
  assert.ok(reply.ok, JSON.stringify(value));
  return value;
}
