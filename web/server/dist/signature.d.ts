import { type KeyObject } from "node:crypto";
import { type Encoding, type Hash, type Scheme } from "./algorithms.js";
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
export declare function check(key: KeyObject, manner: Manner, content: Content, signature: Uint8Array): Promise<{
    digest: Buffer;
    good: boolean;
}>;
/** The content's digest. */
export declare function digest(name: Hash, content: Content): Promise<Buffer>;
/** Keys that Kyso signs with and that are strong enough: RSA from 2,048 bits, NIST's curves from P-256. */
export declare function strong(key: KeyObject, scheme?: Scheme): void;
