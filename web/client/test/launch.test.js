// `kyso:start`, from a page that stays.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";

test("launch opens kyso:start in a hidden frame and takes it away again", (t) => {
  open();
  const made = [];
  const timers = [];
  const shown = new Set();
  globalThis.document = {
    createElement: (name) => {
      const element = { name, remove: () => shown.delete(element) };
      made.push(element);
      return element;
    },
    body: { append: (element) => shown.add(element) },
  };
  t.mock.method(globalThis, "setTimeout", (work) => timers.push(work));
  t.after(() => delete globalThis.document);
  Object.freeze(globalThis.location);
  Kyso.launch();
  const [frame] = made;
  assert.deepEqual([made.length, frame.name, frame.hidden, frame.src], [1, "iframe", true, "kyso:start"]);
  assert.ok(shown.has(frame));
  timers.forEach((work) => work());
  assert.equal(shown.size, 0);
});
