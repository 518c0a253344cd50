// A home of its own for the commands that a document shows, and the commands.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** An empty home, gone after the test; what npm and Cargo keep in the real one stays theirs. */
export function emptyHome(t) {
  const home = mkdtempSync(join(tmpdir(), "kyso-home-"));
  t.after(() => rmSync(home, { recursive: true, force: true }));
  const kept = (variable, place) => [variable, process.env[variable] ?? join(homedir(), place)];
  const env = Object.fromEntries([
    kept("npm_config_userconfig", ".npmrc"),
    kept("npm_config_cache", ".npm"),
    kept("CARGO_HOME", ".cargo"),
    kept("RUSTUP_HOME", ".rustup"),
  ]);
  return { home, env: { ...process.env, ...env, HOME: home } };
}

/** The commands that a document shows, by terminal and place. */
export function shells(text) {
  return [...text.matchAll(/^```sh\n(.*?)\n```/gms)].map(([, commands]) => commands);
}

/** Runs these lines; `KYSO_SIMULATOR` names a simulator that is built already, and leaves the build out. */
export function run(lines, cwd, env) {
  const wanted = lines.filter((line) => !(process.env.KYSO_SIMULATOR && line.startsWith("cargo ")));
  execFileSync("bash", ["-euc", wanted.join("\n")], { cwd, env, stdio: "pipe" });
}

/** The same of a line that starts the simulator. */
export function started(line) {
  const { KYSO_SIMULATOR } = process.env;
  return KYSO_SIMULATOR ? line.replace(/^target\/debug\/kyso-simulator/, KYSO_SIMULATOR) : line;
}
