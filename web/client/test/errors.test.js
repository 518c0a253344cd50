// The one error: its codes as types, and as they come.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Kyso } from "../dist/kyso.js";
import { open } from "./support/browser.js";
import { codes } from "./support/codes.js";
import { fails, options } from "./support/page.js";
import { agent, error, identity } from "./support/programs.js";

test("ErrorCode is the client's own codes and all of the API's, and no other", () => {
  const { own, known, theirs } = codes();
  assert.ok(own.length > 5 && theirs.length > 20);
  assert.deepEqual(known.sort(), ["OwnCode", ...theirs].sort());
});

test("a code of an agent newer than this client is carried as it comes", async (t) => {
  open();
  const isAsked = ({ url }) => url === "/v1/tokens";
  const newer = await agent(t, identity(), (call) => isAsked(call) && [409, error("of_a_newer_kyso")]);
  const kyso = await Kyso.connect(options([newer.port]));
  const thrown = await fails(kyso.tokens(), "of_a_newer_kyso");
  assert.deepEqual([thrown.message, thrown.request], ["What went wrong: of_a_newer_kyso.", "r"]);
});
