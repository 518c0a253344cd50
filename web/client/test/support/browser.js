// What a browser is to the client: fetch with CORS, WebSocket, permissions, storage, in Node. Requests are real, and
// so is what a browser adds to them or keeps from a page; only the browser's own questions are played.

import http from "node:http";
import https from "node:https";
import { webcrypto } from "node:crypto";
import { setMaxListeners } from "node:events";

import Socket from "ws";

// A browser warns of no number of listeners; one signal ends as many probes as there are places.
setMaxListeners(0);

export const ORIGIN = "https://vanban.example.vn";

/**
 * Opens a page of this browser: its globals, until the next one.
 *
 * - `permission`: "granted", "denied", "prompt" (requests wait until `answer` is called), or null: a browser that
 *   does not know the names; `hangs` and `isAskedLate` of the page: it asks and doesn't tell; it asks once connected
 * - `name`: the permission's, as this browser calls it
 * - `engine`: "webkit" blocks plain http from an https page; `blocks` lists further schemes that don't get through
 * - `ca`: PEM of authorities it trusts
 */
export function open({
  origin = ORIGIN,
  isSecureContext = true,
  permission = "granted",
  name = "loopback-network",
  engine = "blink",
  blocks = [],
  ca,
  storage = memory(),
} = {}) {
  const page = { storage, sent: [], sockets: [], asked: [], permission };
  const waiting = new Set();
  const blocked = [...blocks, ...(engine === "webkit" && origin.startsWith("https:") ? ["http:", "ws:"] : [])];

  /** The person's answer to the browser's question. */
  page.answer = (state) => {
    page.permission = state;
    for (const go of waiting) go();
    waiting.clear();
  };
  /** The person closes the question: what waits fails, and the next request asks again. */
  page.dismiss = () => {
    for (const go of waiting) go(new TypeError("Failed to fetch"));
    waiting.clear();
  };
  const admitted = async (url, signal) => {
    if (blocked.includes(url.protocol)) throw new TypeError("Load failed");
    if ((page.permission === "prompt" && !page.isAskedLate) || page.hangs) {
      await new Promise((resolve, reject) => {
        waiting.add((failure) => (failure ? reject(failure) : resolve()));
        signal?.addEventListener("abort", () => reject(aborted()));
      });
    }
    if (page.permission === "denied") throw new TypeError("Failed to fetch");
  };

  const fetch = async (target, { method = "GET", headers = {}, body, signal } = {}) => {
    const url = new URL(target);
    if (signal?.aborted) throw aborted();
    await admitted(url, signal);
    page.sent.push({ method, url: String(url), headers, body });
    const metadata = {
      Origin: origin,
      "Sec-Fetch-Site": "cross-site",
      "Sec-Fetch-Mode": "cors",
      "Sec-Fetch-Dest": "empty",
    };
    const unsafe = Object.keys(headers)
      .filter((header) => header !== "Accept-Language")
      .map((header) => header.toLowerCase());
    if (unsafe.length || method === "DELETE") {
      const ask = {
        "Access-Control-Request-Method": method,
        ...(unsafe.length && { "Access-Control-Request-Headers": unsafe.sort().join(",") }),
      };
      const preflight = await send(url, { method: "OPTIONS", headers: { ...metadata, ...ask }, signal, ca });
      const listed = (header) => (preflight.headers[header] ?? "").split(/, */);
      const allowed = listed("access-control-allow-headers");
      const passes =
        preflight.headers["access-control-allow-origin"] === origin &&
        preflight.status >= 200 &&
        preflight.status < 300 &&
        (method !== "DELETE" || listed("access-control-allow-methods").includes(method)) &&
        unsafe.every((header) => allowed.includes(header));
      if (!passes) throw new TypeError("Failed to fetch");
    }
    const reply = await send(url, { method, headers: { ...headers, ...metadata }, body, signal, ca });
    if (reply.headers["access-control-allow-origin"] !== origin) throw new TypeError("Failed to fetch");
    return { status: reply.status, ok: reply.status < 300, json: async () => JSON.parse(reply.text) };
  };

  class WebSocket extends Socket {
    constructor(target) {
      const url = new URL(target);
      if (blocked.includes(url.protocol)) throw new DOMException("The operation is insecure.", "SecurityError");
      super(target, { origin, ca, perMessageDeflate: false });
      page.sockets.push(this);
      // A page learns of a failure by `close`; without a listener this library throws.
      this.on("error", () => {});
    }
  }

  const permissions = {
    async query(wanted) {
      page.asked.push(wanted.name);
      if (wanted.name !== name || page.permission === null) throw new TypeError("not a PermissionName");
      return { state: page.permission };
    },
  };
  class Request {
    constructor(_, { targetAddressSpace } = {}) {
      const known = ["loopback", "local", "public", undefined];
      if (!known.includes(targetAddressSpace)) throw new TypeError("not an IPAddressSpace");
    }
  }
  const location = { origin, protocol: new URL(origin === "null" ? "about:blank" : origin).protocol };
  const navigator = { permissions, vendor: engine === "webkit" ? "Apple Computer, Inc." : "" };
  install({ origin, isSecureContext, location, navigator, fetch, WebSocket, Request, localStorage: storage });
  if (!globalThis.crypto) install({ crypto: webcrypto });
  return page;
}

/** Like `localStorage`. */
export function memory() {
  const kept = new Map();
  return {
    kept,
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, String(value)),
    removeItem: (key) => void kept.delete(key),
  };
}

function install(globals) {
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

function send(url, { method, headers, body, signal, ca }) {
  return new Promise((resolve, reject) => {
    const { request } = url.protocol === "https:" ? https : http;
    const length = body ? { "Content-Length": Buffer.byteLength(body) } : {};
    const sending = request(url, { method, headers: { ...headers, ...length }, ca, agent: false }, (reply) => {
      let text = "";
      reply.setEncoding("utf8");
      reply.on("data", (part) => (text += part));
      reply.on("end", () => resolve({ status: reply.statusCode, headers: reply.headers, text }));
      reply.on("error", fail);
    });
    const fail = () => reject(signal?.aborted ? aborted() : new TypeError("Failed to fetch"));
    sending.on("error", fail);
    signal?.addEventListener("abort", () => sending.destroy(new Error("aborted")));
    sending.end(body ?? undefined);
  });
}

function aborted() {
  return new DOMException("The operation was aborted.", "AbortError");
}
