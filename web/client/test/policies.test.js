// What administrators hand to browsers so that nobody is asked.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

const read = (name) => readFileSync(new URL(`../../../packaging/policies/${name}`, import.meta.url), "utf8");

test("each policy file names one example origin, and nothing for every page", () => {
  const host = "vanban.example.gov.vn";
  for (const name of ["chrome.json", "edge.json"]) {
    assert.deepEqual(JSON.parse(read(name)), { LoopbackNetworkAllowedForUrls: [`https://${host}`] });
  }
  assert.deepEqual(JSON.parse(read("firefox.json")), { policies: { LocalNetworkAccess: { SkipDomains: [host] } } });
  for (const name of ["chrome.json", "edge.json", "firefox.json"]) assert.ok(read("README.md").includes(`(${name})`));
});
