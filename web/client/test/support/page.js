// What the tests' page does with the client.

import assert from "node:assert/strict";

import { KysoError } from "../../dist/kyso.js";

/** Of `Kyso.connect`, for an agent on one of these ports. */
export function options(ports, more = {}) {
  return { name: "Hệ thống văn bản", language: "en", agent: { ports }, ...more };
}

/** Asserts that this ends as a typed error with words in both languages. */
export async function fails(work, code) {
  const thrown = await work.then(
    () => assert.fail(`no ${code}`),
    (thrown) => thrown,
  );
  assert.ok(thrown instanceof KysoError && thrown instanceof Error, String(thrown));
  assert.equal(thrown.code, code);
  assert.ok(thrown.message.length > 10 && thrown.hint.length > 5, thrown.message);
  assert.ok(["now", "after_user", "never"].includes(thrown.retry));
  return thrown;
}
