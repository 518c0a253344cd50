// Asks Kyso, the signing agent on the person's own machine, for signatures.
//
//   const kyso = new Kyso({ name: "Hệ thống văn bản", language: "vi", onState: show });
//   const result = await kyso.sign([{ name: "Công văn 123.pdf", digest: sha256 }], { signal });
//
// Every failure is a KysoError. Its `code` is the API's (see the README's table) or one of this
// file's own: agent_missing, permission_denied, connection_lost, cancelled. What the server keeps
// must be verified by the server: this file only carries it.

/** Where an agent may listen; on a shared machine each user has one. */
export const PORTS = Array.from({ length: 64 }, (_, index) => 21480 + index);

export class KysoError extends Error {
  constructor({ code, message = code, hint = "", retry = "never", item, request }) {
    super(message);
    Object.assign(this, { name: "KysoError", code, hint, retry, item, request });
  }
}

/**
 * States given to `onState`: "searching", "permission" (the browser asks the person whether this
 * page may reach local programs), "pairing" and "signing" (Kyso's own window is open), "idle".
 */
export class Kyso {
  #base;
  #name;
  #language;
  #storage;
  #onState;

  constructor({ name, language = "vi", storage = localStorage, onState = () => {} }) {
    this.#name = name;
    this.#language = language;
    this.#storage = storage;
    this.#onState = onState;
  }

  set language(code) {
    this.#language = code;
  }

  /** Whether this page holds a token from an earlier pairing; only a call shows whether it lives. */
  get paired() {
    return this.#storage.getItem(TOKEN) !== null;
  }

  /** The certificates on the tokens that are plugged in; pairs first where need be. */
  async certificates(filter = { purpose: "sign", valid: "now" }, { signal } = {}) {
    const query = new URLSearchParams(filter);
    return (await this.#call("GET", `/v1/certificates?${query}`, { signal })).certificates;
  }

  /**
   * Signs SHA-256 digests, all or none: `items` are `{ name, digest: Uint8Array }`. The person
   * chooses the certificate in Kyso's window where none is given. Aborting `signal` closes the window.
   */
  async sign(items, { certificate, scheme, timeout = 120, signal } = {}) {
    const body = {
      certificate,
      scheme,
      items: items.map(({ name, digest }) => ({
        name,
        digest: { algorithm: "sha-256", value: base64(digest) },
      })),
      timeout_s: timeout,
    };
    // The same key on a request that the browser sends again by itself never opens a second window.
    const headers = { "Idempotency-Key": crypto.randomUUID() };
    return this.#call("POST", "/v1/signatures", { body, headers, signal, state: "signing" });
  }

  /** Asks the person whether this page may ask for signatures. */
  async pair({ signal } = {}) {
    const nonce = base64(crypto.getRandomValues(new Uint8Array(32)));
    const body = { name: this.#name, nonce };
    const reply = await this.#send("POST", "/v1/pairings", { body, signal, state: "pairing" });
    this.#storage.setItem(TOKEN, reply.token);
    this.#storage.setItem(AGENT_KEY, reply.agent_key);
  }

  /** Ends this page's pairing. */
  async forget() {
    if (this.paired) await this.#send("DELETE", "/v1/pairings/current", { headers: this.#bearer() });
    this.#storage.removeItem(TOKEN);
  }

  /** Finds the agent: the last good port, then the first eight, then the rest. */
  async connect({ signal } = {}) {
    if (this.#base) return;
    const last = Number(this.#storage.getItem(PORT));
    const rounds = [PORTS.filter((port) => port === last), PORTS.slice(0, 8), PORTS.slice(8)];
    this.#onState("searching");
    const permission = await localPermission();
    if (permission?.state === "denied") throw new KysoError({ code: "permission_denied" });
    if (permission?.state === "prompt") this.#onState("permission");
    // While the browser's own question is open every request waits for it.
    const patience = permission?.state === "prompt" ? PERMISSION_MS : PROBE_MS;
    try {
      for (const ports of rounds) {
        const port = await firstAgent(ports, patience, signal);
        if (port === undefined) continue;
        this.#base = `http://127.0.0.1:${port}`;
        this.#storage.setItem(PORT, port);
        return;
      }
    } finally {
      this.#onState("idle");
    }
    if (signal?.aborted) throw new KysoError({ code: "cancelled" });
    const denied = (await localPermission())?.state === "denied";
    throw new KysoError({ code: denied ? "permission_denied" : "agent_missing", retry: "after_user" });
  }

  /** A call of a paired page. A token that died is replaced by one new pairing, never more. */
  async #call(method, path, options) {
    if (!this.paired) await this.pair(options);
    const withBearer = () =>
      this.#send(method, path, { ...options, headers: { ...options.headers, ...this.#bearer() } });
    try {
      return await withBearer();
    } catch (error) {
      if (error.code !== "pairing_required") throw error;
      this.#storage.removeItem(TOKEN);
      await this.pair(options);
      return withBearer();
    }
  }

  async #send(method, path, { body, headers = {}, signal, state }) {
    await this.connect({ signal });
    const all = { ...headers, "Accept-Language": this.#language };
    if (body) all["Content-Type"] = "application/json";
    if (state) this.#onState(state);
    try {
      const reply = await fetch(this.#base + path, {
        method,
        headers: all,
        body: body && JSON.stringify(body),
        signal,
        ...LOOPBACK,
      });
      if (reply.status === 204) return undefined;
      const answer = await reply.json();
      if (!reply.ok) throw new KysoError(answer.error);
      return answer;
    } catch (error) {
      if (error instanceof KysoError) throw error;
      if (signal?.aborted) throw new KysoError({ code: "cancelled" });
      this.#base = undefined;
      throw new KysoError({ code: "connection_lost", retry: "now" });
    } finally {
      this.#onState("idle");
    }
  }

  #bearer() {
    return { Authorization: `Bearer ${this.#storage.getItem(TOKEN)}` };
  }
}

/** SHA-256 of a file, in the browser. */
export async function sha256(file) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
}

/** The first and last four groups of a digest: what Kyso's window shows too, to be compared. */
export function digestCode(digest) {
  const groups = hex(digest).toUpperCase().match(/.{4}/g);
  return [...groups.slice(0, 4), "…", ...groups.slice(-4)].join(" ");
}

export function base64(bytes) {
  return btoa(String.fromCharCode(...bytes));
}

function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The port of the first of `ports` where an agent of this user answers. */
async function firstAgent(ports, patience, signal) {
  const found = new AbortController();
  const signals = [found.signal, AbortSignal.timeout(patience), ...(signal ? [signal] : [])];
  const probe = async (port) => {
    const url = `http://127.0.0.1:${port}/v1/health`;
    const reply = await fetch(url, { signal: AbortSignal.any(signals), ...LOOPBACK });
    const health = await reply.json();
    if (health.agent !== "kyso" || health.api !== 1) throw new Error("another program");
    return port;
  };
  try {
    return await Promise.any(ports.map(probe));
  } catch {
    return undefined;
  } finally {
    found.abort();
  }
}

/** The browser's permission to reach local programs, where it has one. */
async function localPermission() {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return await navigator.permissions.query({ name });
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}

const LOOPBACK = { targetAddressSpace: "loopback", credentials: "omit", cache: "no-store" };
const TOKEN = "kyso.token";
const AGENT_KEY = "kyso.agent_key";
const PORT = "kyso.port";
const PROBE_MS = 3_000;
const PERMISSION_MS = 300_000;
