// Makes dist/: the ES module, its types in one file, and the classic script with what it declares.

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const target = process.argv[2] ?? here("dist");

const scripts = [
  { entry: "kyso.ts", file: "kyso.js", format: "esm" },
  { entry: "classic.ts", file: "kyso.classic.js", format: "iife" },
];
for (const { entry, file, format } of scripts) {
  await build({
    entryPoints: [here(`src/${entry}`)],
    outfile: join(target, file),
    bundle: true,
    minify: true,
    charset: "utf8",
    target: "es2022",
    format,
    banner: { js: "/* kyso-client, MIT OR Apache-2.0 */" },
  });
}
writeFileSync(join(target, "kyso.d.ts"), types());
writeFileSync(join(target, "kyso.classic.d.ts"), readFileSync(here("src/classic.types.ts"), "utf8"));

/** What the public modules declare, without the ways between them. */
function types() {
  const folder = mkdtempSync(join(tmpdir(), "kyso-types-"));
  try {
    const compiler = here("node_modules/typescript/bin/tsc");
    execFileSync(process.execPath, [compiler, "-p", here("tsconfig.json"), "--outDir", folder], { stdio: "inherit" });
    const read = (name) => readFileSync(join(folder, `${name}.d.ts`), "utf8");
    const isWay = (line) => /^(import|export) .*from "\.\/|^export \{\};/.test(line);
    const text = ["types", "errors", "bytes", "kyso"].map(read).join("\n");
    return text
      .split("\n")
      .filter((line) => !isWay(line))
      .join("\n")
      .replaceAll("Shape.", "");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
