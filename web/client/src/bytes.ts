/** Bytes and how they are written. */

/** RFC 4648 §4. */
export function base64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

/** SHA-256 of a file or of bytes. */
export async function sha256(data: Blob | BufferSource): Promise<Uint8Array> {
  const bytes = data instanceof Blob ? await data.arrayBuffer() : data;
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

/** The first and last four groups of a digest, as Kyso's window shows it, to be compared by eye. */
export function digestCode(digest: Uint8Array): string {
  const groups = Array.from({ length: digest.length / 2 }, (_, at) => hex(digest.subarray(at * 2, at * 2 + 2)));
  return [...groups.slice(0, 4), "…", ...groups.slice(-4)].join(" ");
}

/** @internal */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"))
    .join("")
    .toUpperCase();
}

/** @internal */
export function concat(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
