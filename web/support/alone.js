// A network of its own, with nothing but a loopback: pages look for an agent on fixed ports, and whatever else runs on
// this machine is no part of a test.

import { execFileSync, spawn } from "node:child_process";

/** Where the test in there keeps its files; nothing out here. */
export const home = process.env.KYSO_TEST_HOME;

/** Runs this test file again in there. As root. */
export function alone(file, home, env = process.env) {
  const given = { ...env, KYSO_TEST_HOME: home };
  // Node's runner would take the run in there for a part of this one.
  delete given.NODE_TEST_CONTEXT;
  const work = 'ip link set lo up && exec "$0" --test "$1"';
  execFileSync("unshare", ["--net", "sh", "-c", work, process.execPath, file], { env: given, stdio: "inherit" });
}

/** Starts what goes on until the test ends; it is ready once it says so, or after a second. Gives what stops it, once it has. */
export function listening(t, command, cwd, ready) {
  // Vite colours what it says where CI is set, and a coloured address is not what the test reads.
  const env = { ...process.env, NO_COLOR: "1" };
  const child = spawn("bash", ["-c", command], { cwd, env, detached: true, stdio: ["pipe", "pipe", "pipe"] });
  const gone = new Promise((resolve) => child.on("exit", resolve));
  // With all that it started itself.
  const stop = () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-child.pid);
    return gone;
  };
  t.after(stop);
  let said = "";
  return new Promise((resolve, reject) => {
    const hear = (part) => {
      said += part;
      if (ready?.test(said)) resolve(stop);
    };
    child.stdout.on("data", hear);
    child.stderr.on("data", hear);
    child.on("exit", () => reject(new Error(`${command} ended: ${said}`)));
    if (ready) setTimeout(() => reject(new Error(`${command} is not ready: ${said}`)), 30_000).unref();
    else setTimeout(resolve, 1_000, stop);
  });
}
