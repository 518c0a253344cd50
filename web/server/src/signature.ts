import { type KeyObject, createHash, createVerify, constants } from "node:crypto";

import { type Encoding, type Hash, type Scheme, nodeName } from "./algorithms.js";
import { VerificationError } from "./errors.js";

/** A document's bytes: at once, in pieces (a PDF's two byte ranges), or as a stream. */
export type Content = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

/** How a signature was made. */
export interface Manner {
  scheme: Scheme;
  hash: Hash;
  /** Of ECDSA; DER unless the page asked for another. */
  encoding?: Encoding | undefined;
}

/** The content's own digest, and whether this key made this signature over it. It is read once. */
export async function check(
  key: KeyObject,
  manner: Manner,
  content: Content,
  signature: Uint8Array,
): Promise<{ digest: Buffer; good: boolean }> {
  strong(key, manner.scheme);
  const p1363 = manner.scheme === "ecdsa" && manner.encoding === "p1363";
  const hash = createHash(nodeName(manner.hash));
  const verify = createVerify(nodeName(manner.hash));
  for await (const piece of pieces(content)) {
    hash.update(piece);
    verify.update(piece);
  }
  const padding = manner.scheme === "rsa-pss" ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
  const how =
    manner.scheme === "ecdsa"
      ? ({ key, dsaEncoding: p1363 ? "ieee-p1363" : "der" } as const)
      : { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  // Node throws where r‖s is not as long as the curve makes it.
  const whole = !p1363 || signature.length === 2 * (CURVES.get(key.asymmetricKeyDetails?.namedCurve ?? "") ?? 0);
  return { digest: hash.digest(), good: whole && verify.verify(how, signature) };
}

/** The content's digest. */
export async function digest(name: Hash, content: Content): Promise<Buffer> {
  const hash = createHash(nodeName(name));
  for await (const piece of pieces(content)) hash.update(piece);
  return hash.digest();
}

function pieces(content: Content): Iterable<Uint8Array> | AsyncIterable<Uint8Array> {
  return content instanceof Uint8Array ? [content] : content;
}

/** Keys that Kyso signs with and that are strong enough: RSA from 2,048 bits, NIST's curves from P-256. */
export function strong(key: KeyObject, scheme?: Scheme): void {
  const { modulusLength = 0, namedCurve = "" } = key.asymmetricKeyDetails ?? {};
  const kind = key.asymmetricKeyType;
  const rsa = (kind === "rsa" || (kind === "rsa-pss" && scheme !== "rsa-pkcs1")) && modulusLength >= 2048;
  const ec = kind === "ec" && CURVES.has(namedCurve);
  if (scheme === "ecdsa" ? !ec : scheme ? !rsa : !(rsa || ec)) {
    throw new VerificationError("algorithm", `${kind} ${modulusLength || namedCurve} with ${scheme ?? "certificates"}`);
  }
}

/** NIST's curves by OpenSSL's names, and the length of r and s in bytes. */
const CURVES = new Map([
  ["prime256v1", 32],
  ["secp384r1", 48],
  ["secp521r1", 66],
]);
