import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const home = fileURLToPath(new URL("..", import.meta.url));

test("what is shipped is what the source makes", () => {
  const fresh = mkdtempSync(join(tmpdir(), "kyso-server-"));
  try {
    execFileSync(process.execPath, [join(home, "node_modules/typescript/bin/tsc"), "--outDir", fresh], { cwd: home });
    assert.deepEqual(readdirSync(join(home, "dist")).sort(), readdirSync(fresh).sort());
    for (const name of readdirSync(fresh)) {
      assert.ok(readFileSync(join(home, "dist", name)).equals(readFileSync(join(fresh, name))), `${name}: npm run build`);
    }
  } finally {
    rmSync(fresh, { recursive: true });
  }
});

test("the package holds its code, types and words, and needs nothing", () => {
  const packed = JSON.parse(execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: home }));
  const paths = packed[0].files.map((file) => file.path);
  for (const path of ["dist/index.js", "dist/index.d.ts", "README.md", "LICENSE-MIT", "package.json"]) assert.ok(paths.includes(path), path);
  assert.ok(paths.every((path) => /^(dist\/[a-z-]+\.(js|d\.ts)|README\.md|LICENSE-[A-Z]+|package\.json)$/.test(path)), paths.join());
  for (const licence of ["LICENSE-MIT", "LICENSE-APACHE"]) {
    assert.ok(readFileSync(join(home, licence)).equals(readFileSync(join(home, "../..", licence))), licence);
  }
  assert.equal(JSON.parse(readFileSync(join(home, "package.json"))).dependencies, undefined);
});
