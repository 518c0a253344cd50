import { address, type Answer, type Call, type Place } from "./call.js";

/** The socket's end. `code` is the WebSocket's close code; `open` tells whether the agent had spoken. */
export class Closed extends Error {
  constructor(
    readonly code: number,
    readonly open: boolean,
  ) {
    super();
  }
}

/** The pairing ended while the socket was open. */
export const REVOKED = 4403;
/** No close came over the wire (RFC 6455 §7.1.5). */
const ABNORMAL = 1006;

/** Carries a call over a socket of its own: leaving is closing. */
export async function overSocket(place: Place, call: Call): Promise<Answer> {
  const { method, path, query, body, language, idempotencyKey } = call;
  const request = { id: "1", method, path, query, body, language, idempotency_key: idempotencyKey };
  for await (const message of messages(place, call.token ?? null, call.signal, request)) {
    if (message.error) return { status: 400, body: message };
    if (message.status) return message;
    if (message.event && message.id) call.onEvent?.(message);
  }
  throw new Closed(1000, true);
}

/**
 * All that the agent says after `{"ready":true}`, which `request` answers; ends with [`Closed`] or when `signal`
 * aborts. Leaving the loop closes the socket.
 */
export async function* messages(
  place: Place,
  token: string | null,
  signal?: AbortSignal,
  request?: object,
): AsyncGenerator<any> {
  const socket = new WebSocket(`${address(place)}/v1/socket`);
  const heard: any[] = [];
  let closed: Closed | undefined;
  let open = false;
  let wake = () => {};
  socket.onopen = () => socket.send(JSON.stringify({ token }));
  socket.onmessage = ({ data }) => {
    try {
      const message = JSON.parse(data);
      if (message.ready && request) socket.send(JSON.stringify(request));
      open = true;
      heard.push(message);
      wake();
    } catch {
      // No agent says that.
      socket.close();
    }
  };
  const end = (code: number) => {
    closed ??= new Closed(code, open);
    wake();
  };
  socket.onclose = ({ code }) => end(code);
  // Where the page's Content-Security-Policy forbids the socket, Chromium tells no more than this.
  socket.onerror = () => end(ABNORMAL);
  const leave = () => {
    closed = new Closed(1000, open);
    wake();
  };
  signal?.addEventListener("abort", leave);
  try {
    if (signal?.aborted) leave();
    for (;;) {
      while (heard.length) yield heard.shift();
      if (closed) throw closed;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    signal?.removeEventListener("abort", leave);
    socket.close();
  }
}
