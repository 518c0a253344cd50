import type { Encoding } from "./algorithms.js";
import { type Trust } from "./answer.js";
import { type Verified } from "./items.js";
import { type Content } from "./signature.js";
/** What the server knows of the signatures that its page asked for. */
export interface SignedExpected extends Trust {
    /** The server's own documents, in the order of the request. */
    documents: readonly Content[];
    /** How ECDSA was asked for; `der` if left out. */
    encoding?: Encoding;
    /** The `signed_attributes` that the server built, one for each document. */
    signedAttributes?: readonly Uint8Array[];
}
/**
 * Verifies the answer of `POST /v1/signatures` (format `raw`): each signature is over the server's own document, by
 * the certificate, which is for documents, in its time and issued under one of the roots.
 *
 * @throws {VerificationError}
 */
export declare function verifySigned(answer: unknown, expected: SignedExpected): Promise<Verified>;
