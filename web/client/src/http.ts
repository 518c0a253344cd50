import { address, type Answer, type Call, type Place } from "./call.js";

/** Carries a call by `fetch`. */
export async function overHttp(place: Place, call: Call): Promise<Answer> {
  const headers: Record<string, string> = { "Accept-Language": call.language };
  if (call.token) headers.Authorization = `Bearer ${call.token}`;
  if (call.idempotencyKey) headers["Idempotency-Key"] = call.idempotencyKey;
  if (call.body !== undefined) headers["Content-Type"] = "application/json";
  const reply = await fetch(address(place) + call.path + (call.query ? `?${call.query}` : ""), {
    method: call.method,
    headers,
    body: call.body === undefined ? null : JSON.stringify(call.body),
    signal: call.signal ?? null,
    mode: "cors",
    credentials: "omit",
    cache: "no-store",
    redirect: "error",
    referrerPolicy: "no-referrer",
    ...loopback(),
  });
  return { status: reply.status, body: reply.status === 204 ? undefined : await reply.json() };
}

/**
 * Tells Chromium which permission the request falls under. Versions that had other names for it throw on this one, and
 * do without.
 */
function loopback(): object {
  const space = { targetAddressSpace: "loopback" };
  try {
    new Request("http://127.0.0.1", space as RequestInit);
    return space;
  } catch {
    return {};
  }
}
