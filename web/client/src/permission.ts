import type { Options } from "./types.js";

/** The browser's permission to reach programs on this machine; nothing where the browser has none, or none that tells. */
export async function localPermission(): Promise<PermissionState | undefined> {
  for (const name of ["loopback-network", "local-network-access"]) {
    try {
      return (await navigator.permissions.query({ name: name as PermissionName })).state;
    } catch {
      // This browser does not know the name.
    }
  }
  return undefined;
}

export interface Patience {
  signal?: AbortSignal | undefined;
  onState: NonNullable<Options["onState"]>;
  /** Whether nothing at all has come back yet: several silent ports are a question where the browser does not tell. */
  allSilent: () => boolean;
}

/** How waiting ended, if not with a result. */
export class StillAsked extends Error {}

/**
 * Gives `work` a few seconds, and minutes while the browser's own question is open: every request waits for the
 * person then, and neither fails nor answers.
 *
 * Throws [`StillAsked`] if the question is open to the end, when `signal` aborts under it, or if it was closed without
 * an answer and nothing came through. `work` says whether something did.
 */
export async function whileAsked(work: (signal: AbortSignal) => Promise<boolean>, patience: Patience): Promise<void> {
  const end = new AbortController();
  const leave = () => end.abort();
  let asked = false;
  let told = false;
  let spent = 0;
  let waited = 0;
  const look = async (passed: number) => {
    const state = await localPermission();
    // A page of this machine is never asked, and its permission says "prompt" for ever.
    const isAsked =
      !isOnThisMachine() &&
      (state === "prompt" || (state === undefined && waited >= PROBE_MS && patience.allSilent()));
    // Where a policy has answered already the state may say otherwise, but then nothing waits.
    if (isAsked && passed && !told) patience.onState("permission");
    told = isAsked && passed > 0;
    asked = isAsked;
    waited += passed;
    // An answer starts the few seconds anew.
    spent = isAsked ? 0 : spent + passed;
    if (spent > PROBE_MS || waited > PERMISSION_MS) leave();
  };
  await look(0);
  const timer = setInterval(look, TICK_MS, TICK_MS);
  patience.signal?.addEventListener("abort", leave);
  try {
    if (patience.signal?.aborted) leave();
    const came = await work(end.signal);
    const isDismissed = told && !came && (await localPermission()) === "prompt";
    if ((end.signal.aborted && asked) || isDismissed) throw new StillAsked();
  } finally {
    clearInterval(timer);
    patience.signal?.removeEventListener("abort", leave);
    end.abort();
  }
}

/**
 * Over plain http only pages of this machine are a secure context (Secure Contexts §3.1). One of its pages over https
 * can't be told from a public one.
 */
function isOnThisMachine(): boolean {
  return globalThis.location?.protocol === "http:" && globalThis.isSecureContext;
}

const TICK_MS = 500;
/** Loopback answers in milliseconds; a busy machine in seconds. */
const PROBE_MS = 3_000;
/** Firefox keeps a request waiting for five minutes. */
const PERMISSION_MS = 330_000;
