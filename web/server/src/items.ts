// The signatures of an answer, one for each document that was sent in.

import type { Hash } from "./algorithms.js";
import { type Fields, type Signer, array, bytes, hashName, object } from "./answer.js";
import { VerificationError, about } from "./errors.js";
import type { Content } from "./signature.js";

/** What was found good. */
export interface Verified {
  signer: Signer;
  /** One for each document, to embed or to keep. */
  signatures: readonly Buffer[];
}

/** Goes through the answer's items beside the server's documents. */
export async function each<T>(
  answer: Fields,
  { documents, signedAttributes = documents }: { documents: readonly Content[]; signedAttributes?: readonly unknown[] },
  one: (item: Fields, document: Content, index: number) => Promise<T>,
): Promise<T[]> {
  const items = array(answer["signatures"], "signatures");
  if (documents.length === 0 || signedAttributes.length !== documents.length) {
    throw new TypeError("documents and attributes are as many as were asked for, and at least one");
  }
  if (items.length !== documents.length) {
    throw new VerificationError("count", `${items.length} signatures for ${documents.length} documents`);
  }
  const found = [];
  for (const [index, document] of documents.entries()) {
    found.push(await about(index, () => one(object(items[index], "signatures"), document, index)));
  }
  return found;
}

/** The digest that the answer says the item is about: compared with the server's own, and used for nothing else. */
export function digestOf(item: Fields): { hash: Hash; value: Buffer } {
  const fields = object(item["digest"], "digest");
  return { hash: hashName(fields["algorithm"]), value: bytes(fields["value"], "digest.value") };
}

/** The digest is that of the server's own document. */
export function same(own: Buffer, claimed: Buffer): void {
  if (!own.equals(claimed)) throw new VerificationError("digest", "it is about another document");
}
