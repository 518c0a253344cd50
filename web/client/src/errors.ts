import type { ErrorCode, Language, Retry } from "./types.js";
import { WORDS } from "./words.js";

/** The one error of this client: the API's error, or one of its own codes in the same form. */
export class KysoError extends Error {
  override readonly name = "KysoError";
  /** Stable: what a page branches on. An agent newer than this client may say one that is not listed. */
  readonly code: ErrorCode;
  /** What the person can do. */
  readonly hint: string;
  readonly retry: Retry;
  /** The item that failed, counted from 0. */
  readonly item?: number;
  /** The request's id in Kyso's log. */
  readonly request?: string;

  constructor(about: {
    code: ErrorCode;
    message?: string;
    hint?: string;
    retry?: Retry;
    item?: number;
    request?: string;
  }) {
    super(about.message ?? about.code);
    this.code = about.code;
    this.hint = about.hint ?? "";
    this.retry = about.retry ?? "never";
    if (about.item !== undefined) this.item = about.item;
    if (about.request !== undefined) this.request = about.request;
  }
}

/** An error that this client found by itself. @internal */
export function own(code: keyof typeof WORDS, language: Language, item?: number): KysoError {
  const [retry, vi, viHint, en, enHint] = WORDS[code];
  const [message, hint] = language === "vi" ? [vi, viHint] : [en, enHint];
  return new KysoError({ code, message, hint, retry, ...(item !== undefined && { item }) });
}
