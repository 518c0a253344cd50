import { concat, fromBase64, sha256 } from "./bytes.js";
import { verifyEd25519 } from "./ed25519.js";

/** What the agent shows of itself. */
export interface Shown {
  agent_key: string;
  signature: string;
}

/** 32 random bytes. */
export function freshNonce(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

/**
 * Whether the agent with `key` signed this call of this page on this port: Ed25519 over `kyso hello v1` or `kyso
 * pairing v1`, 0x00, SHA-256(nonce), SHA-256(origin) and the port as two bytes, high first.
 */
export async function isShown(
  what: "hello" | "pairing",
  shown: Shown,
  key: string,
  nonce: Uint8Array,
  port: number,
): Promise<boolean> {
  if (shown.agent_key !== key) return false;
  const utf8 = new TextEncoder();
  const text = concat(
    utf8.encode(`kyso ${what} v1\0`),
    await sha256(nonce as BufferSource),
    await sha256(utf8.encode(globalThis.origin)),
    Uint8Array.of(port >> 8, port),
  );
  try {
    return await verify(fromBase64(key), fromBase64(shown.signature), text);
  } catch {
    // No base64.
    return false;
  }
}

async function verify(key: Uint8Array, signature: Uint8Array, text: Uint8Array): Promise<boolean> {
  let imported: CryptoKey;
  try {
    imported = await crypto.subtle.importKey("raw", key as BufferSource, "Ed25519", false, ["verify"]);
  } catch {
    return verifyEd25519(key, signature, text);
  }
  return crypto.subtle.verify("Ed25519", imported, signature as BufferSource, text as BufferSource);
}
