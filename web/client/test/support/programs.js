// Programs on this machine: the simulator, and others that only listen.

import { execFileSync, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { WebSocketServer } from "ws";

import { ORIGIN } from "./browser.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));

/** A folder that is gone after the test. */
export function scratch(test) {
  const made = mkdtempSync(join(tmpdir(), "kyso-client-"));
  test.after(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

/** Starts `kyso-simulator` with the text of a script, and `ignores` a signal; it is stopped when the test ends. */
export async function simulator(test, { port = 0, folder, script, ignores } = {}) {
  const program = process.env.KYSO_SIMULATOR ?? join(root, "target/debug/kyso-simulator");
  if (!existsSync(program)) throw new Error(`${program} is missing: cargo build --locked --bins`);
  const own = folder ?? scratch(test);
  const file = join(own, "script.toml");
  if (script) writeFileSync(file, script);
  const options = [
    "--port",
    String(port || (await freePort())),
    "--folder",
    own,
    ...(script ? ["--script", file] : []),
  ];
  // What is ignored stays ignored in the program that takes the shell's place.
  const [command, words] = ignores
    ? ["sh", ["-c", `trap '' ${ignores}; exec "$0" "$@"`, program, ...options]]
    : [program, options];
  const child = spawn(command, words, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (part) => (said += part));
  const gone = new Promise((resolve) => child.on("exit", resolve));
  const end = (signal) => {
    child.kill(signal);
    // One that a test stopped hears nothing else.
    child.kill("SIGCONT");
    return gone;
  };
  test.after(() => end("SIGTERM"));
  const line = new Promise((resolve) => createInterface(child.stdout).once("line", resolve));
  const ready = await Promise.race([line, gone.then(() => undefined)]);
  if (ready === undefined) throw new Error(`no simulator: ${said}`);
  const told = JSON.parse(ready);
  return {
    ...told,
    folder: own,
    pid: child.pid,
    root: () => readFileSync(join(own, "root.pem"), "utf8"),
    /** Resolves once it has said this on standard error, such as what it answers to whom. */
    says: async (what) => {
      while (!what.test(said)) await once(child.stderr, "data");
    },
    stop: () => end("SIGTERM"),
    kill: () => end("SIGKILL"),
  };
}

/** Starts the agent itself, with this configuration and no token, which `ORIGIN` may ask without a window. */
export async function realAgent(test, config) {
  const program = process.env.KYSO ?? join(root, "target/debug/kyso");
  if (!existsSync(program)) throw new Error(`${program} is missing: cargo build --locked --bins`);
  const folder = scratch(test);
  const homes = Object.entries({ CONFIG: "config", DATA: "data", STATE: "state", CACHE: "cache" });
  const environment = Object.fromEntries(homes.map(([name, home]) => [`XDG_${name}_HOME`, join(folder, home)]));
  const env = { ...process.env, ...environment, XDG_RUNTIME_DIR: join(folder, "run"), HOME: folder };
  mkdirSync(env.XDG_RUNTIME_DIR, { mode: 0o700 });
  mkdirSync(join(folder, "config/kyso"), { recursive: true });
  writeFileSync(join(folder, "config/kyso/config.toml"), config);
  const port = await freePort();
  const child = spawn(program, ["agent", "--port", String(port), "--prompt", "terminal"], { env, stdio: "pipe" });
  let said = "";
  child.stderr.on("data", (part) => (said += part));
  let isGone = false;
  const gone = new Promise((resolve) => child.on("exit", resolve)).then(() => (isGone = true));
  test.after(() => {
    child.kill("SIGTERM");
    return gone;
  });
  const answers = () => fetch(`http://127.0.0.1:${port}/v1/health`).then(() => true, () => false);
  while (!(await answers())) {
    if (isGone) throw new Error(`no agent: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const kyso = (...words) => execFileSync(program, words, { env, stdio: "pipe" });
  kyso("origins", "allow", ORIGIN);
  return { port, kyso };
}

/** A program that answers as `answer` says: `(request: {method, url, body}) => [status, json]`, or hangs without. */
export async function program(test, answer, { cors = true, tls, port = 0 } = {}) {
  const heard = [];
  const create = tls ? (listener) => https.createServer(tls, listener) : http.createServer;
  const server = create(async (request, response) => {
    const { method, url, headers } = request;
    let body = "";
    for await (const part of request) body += part;
    if (method === "OPTIONS") {
      const all = "authorization, content-type, idempotency-key, accept-language";
      response.writeHead(204, {
        ...(cors && { "Access-Control-Allow-Origin": headers.origin }),
        "Access-Control-Allow-Methods": "GET, POST, DELETE",
        "Access-Control-Allow-Headers": all,
      });
      return response.end();
    }
    const entry = { method, url, headers, body: body && JSON.parse(body) };
    entry.left = new Promise((resolve) => response.on("close", resolve));
    heard.push(entry);
    server.emit("heard", entry);
    const reply = await answer(entry);
    if (!reply) return;
    const type = { "Content-Type": "application/json", ...(cors && { "Access-Control-Allow-Origin": headers.origin }) };
    response.writeHead(reply[0], type);
    response.end(typeof reply[1] === "string" ? reply[1] : JSON.stringify(reply[1]));
  });
  await listen(server, port);
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const next = () => new Promise((resolve) => server.once("heard", resolve));
  return { port: server.address().port, heard, next, server, answer, close: () => server.close() };
}

/** An agent's identity, as the client must know it: written down a second time, with Node's own crypto. */
export function identity() {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const key = publicKey.export({ format: "der", type: "spki" }).subarray(-32).toString("base64");
  const hash = (data) => createHash("sha256").update(data).digest();
  return {
    key,
    show(what, nonce, port, origin = ORIGIN) {
      const place = Buffer.from([port >> 8, port & 255]);
      const text = [Buffer.from(`kyso ${what} v1\0`), hash(Buffer.from(nonce, "base64")), hash(origin), place];
      return { agent_key: key, signature: sign(null, Buffer.concat(text), privateKey).toString("base64") };
    },
  };
}

/** A tiny agent: health, hello, pairings by `identity`, and whatever `more` answers. */
export function agent(test, who, more = () => undefined, where = {}) {
  let self;
  const answer = (call) => {
    const own = more(call, self.port);
    if (own) return own;
    if (call.url === "/v1/health") return [200, { agent: "kyso", api: 1 }];
    if (call.url === "/v1/hello") return [200, who.show("hello", call.body.nonce, self.port)];
    if (call.url === "/v1/pairings") {
      return [201, { origin: ORIGIN, token: "token", ...who.show("pairing", call.body.nonce, self.port) }];
    }
    if (call.url === "/v1/tokens") return [200, { tokens: [] }];
    return [404, error("not_found")];
  };
  return program(test, answer, where).then((made) => (self = made));
}

/**
 * The same with sockets. `talk` gets each that opens, `{ token, call, say, close }`: `call` is a promise of what is
 * asked on it; where `talk` says nothing, it is answered as over HTTP.
 */
export async function socketAgent(test, who, { more = () => undefined, talk = () => undefined, ...where } = {}) {
  const made = await agent(test, who, more, where);
  const server = new WebSocketServer({ server: made.server, path: "/v1/socket" });
  made.opened = [];
  made.calls = [];
  server.on("connection", (socket) => {
    const say = (message) => socket.send(JSON.stringify(message));
    const line = {
      say,
      raw: (text) => socket.send(text),
      close: (code) => socket.close(code),
      left: new Promise((resolve) => socket.on("close", resolve)),
    };
    socket.once("message", (first) => {
      line.token = JSON.parse(first).token;
      line.call = new Promise((resolve) => socket.once("message", (data) => resolve(JSON.parse(data))));
      made.opened.push(line);
      if (talk(line) !== undefined) return;
      say({ ready: true, paired: line.token !== null });
      void line.call.then(async (call) => {
        made.calls.push(call);
        const { method, path, query, body } = call;
        const [status, answer] = await made.answer({
          method,
          url: query ? `${path}?${query}` : path,
          headers: {},
          body,
        });
        say({ id: call.id, status, body: answer });
      });
    });
  });
  test.after(() => server.close());
  return made;
}

/** A certificate for 127.0.0.1 that is its own authority, and its key. */
export function certificate(test) {
  const folder = scratch(test);
  const [key, cert] = ["key.pem", "cert.pem"].map((name) => join(folder, name));
  const names = ["-subj", "/CN=TEST", "-addext", "subjectAltName=IP:127.0.0.1"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", ...kind, ...names, "-keyout", key, "-out", cert], { stdio: "pipe" });
  return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8") };
}

/** The body of an API error. */
export function error(code, more = {}) {
  return {
    error: { code, message: `What went wrong: ${code}.`, hint: "What to do.", retry: "never", request: "r", ...more },
  };
}

/** A port that nobody listens on. */
export async function freePort() {
  const server = net.createServer();
  await listen(server, 0);
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function listen(server, port) {
  return new Promise((resolve) => server.listen(port, "127.0.0.1", resolve));
}
