// What is handed out: the bytes, their size, their types, and what the source promises.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import vm from "node:vm";
import { gzipSync } from "node:zlib";

import { scratch } from "./support/programs.js";

const folder = fileURLToPath(new URL("..", import.meta.url));
const read = (name) => readFileSync(join(folder, name), "utf8");
const run = (program, arguments_, options = {}) =>
  execFileSync(program, arguments_, { cwd: folder, encoding: "utf8", ...options });

test("a fresh build gives the bytes of dist", (t) => {
  const made = scratch(t);
  run(process.execPath, ["build.js", made]);
  assert.deepEqual(readdirSync(made).sort(), ["kyso.classic.d.ts", "kyso.classic.js", "kyso.d.ts", "kyso.js"]);
  assert.deepEqual(readdirSync(join(folder, "dist")).sort(), readdirSync(made).sort());
  for (const name of readdirSync(made)) {
    assert.equal(readFileSync(join(made, name), "utf8"), read(join("dist", name)), `${name}: npm run build`);
  }
});

test("each build is under 10 KB gzipped", () => {
  for (const name of ["dist/kyso.js", "dist/kyso.classic.js"]) {
    const size = gzipSync(read(name), { level: 9 }).length;
    assert.ok(size < 10_000, `${name}: ${size} bytes`);
  }
});

test("the package holds what it needs, and needs nothing", (t) => {
  const [packed] = JSON.parse(run("npm", ["pack", "--json", "--pack-destination", scratch(t)]));
  const files = packed.files.map(({ path }) => path).sort();
  assert.deepEqual(files, [
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "dist/kyso.classic.d.ts",
    "dist/kyso.classic.js",
    "dist/kyso.d.ts",
    "dist/kyso.js",
    "package.json",
  ]);
  const manifest = JSON.parse(read("package.json"));
  assert.equal(manifest.dependencies ?? manifest.peerDependencies, undefined);
  for (const licence of ["LICENSE-APACHE", "LICENSE-MIT"]) assert.equal(read(licence), read(`../../${licence}`));
});

test("the lock file names no registry", () => {
  assert.doesNotMatch(read("package-lock.json"), /"resolved"/);
  for (const version of Object.values(JSON.parse(read("package.json")).devDependencies)) {
    assert.match(version, /^\d+\.\d+\.\d+$/);
  }
});

test("installed from its package, its types hold a page to the interface", (t) => {
  const made = scratch(t);
  run("npm", ["pack", "--pack-destination", made]);
  const [archive] = readdirSync(made);
  run("tar", ["-xzf", join(made, archive), "-C", made]);
  const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
  const module = ["--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
  // Its name leads to the package, as after `npm install`.
  run("mkdir", [join(made, "node_modules")]);
  run("mv", [join(made, "package"), join(made, "node_modules/kyso-client")]);
  const pages = ["page.ts", "classic.ts"];
  run("cp", [...pages.map((name) => join(folder, "test", name)), made]);
  run(process.execPath, [
    join(folder, "node_modules/typescript/bin/tsc"),
    ...options,
    ...module,
    ...pages.map((name) => join(made, name)),
  ]);
});

test("the classic script makes one global", () => {
  const page = vm.createContext({ TextEncoder, Uint8Array, BigInt, Error, Array });
  const before = Object.keys(page);
  vm.runInContext(read("dist/kyso.classic.js"), page);
  assert.deepEqual(
    Object.keys(page).filter((name) => !before.includes(name)),
    ["Kyso"],
  );
  for (const name of ["connect", "launch", "forget", "KysoError", "sha256", "digestCode", "base64", "fromBase64"]) {
    assert.equal(typeof page.Kyso[name], "function", name);
  }
});

test("r5 nothing says the other name of the loopback", () => {
  const sources = readdirSync(join(folder, "src")).map((name) => `src/${name}`);
  for (const name of [...sources, "dist/kyso.js", "dist/kyso.classic.js", "README.md"]) {
    assert.doesNotMatch(read(name), /\/\/localhost/i, name);
  }
  assert.doesNotMatch(sources.map(read).join(""), /localhost/i);
});

test("no test leaves a folder behind", () => {
  for (const name of readdirSync(join(folder, "test")).filter((name) => name.endsWith(".js"))) {
    const isThis = name === "package.test.js";
    assert.ok(isThis || !read(`test/${name}`).includes("mkdtemp"), `${name} has a folder that scratch() did not make`);
  }
});

test("files are short", () => {
  for (const name of readdirSync(join(folder, "src"))) {
    const lines = read(`src/${name}`).split("\n").length;
    assert.ok(lines <= 400, `${name} has ${lines} lines`);
  }
});
