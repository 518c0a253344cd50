import type { Language, Transport } from "./types.js";

/** Where an agent listens, and how it is spoken to. Always the literal address: another user can hold the name's other one. */
export interface Place {
  transport: Transport;
  port: number;
}

/** One call of the API, whatever carries it. */
export interface Call {
  method: "GET" | "POST" | "DELETE";
  path: string;
  query?: string;
  body?: unknown;
  token?: string | null;
  idempotencyKey?: string;
  language: Language;
  signal?: AbortSignal | undefined;
  /** What the agent tells while it works: sockets only. */
  onEvent?: (event: any) => void;
}

export interface Answer {
  status: number;
  body: any;
}

/** Carries a call; whatever fails below an answer of the API is thrown as it comes. */
export type Carry = (place: Place, call: Call) => Promise<Answer>;

export function address({ transport, port }: Place): string {
  return `${transport}://127.0.0.1:${port}`;
}
