import { type Signer, type Trust } from "./answer.js";
import { type Verified } from "./items.js";
import { type Content } from "./signature.js";
/** What the server knows of the CMS signatures that its page asked for. */
export interface CmsExpected extends Trust {
    /** The server's own documents, in the order of the request; of a PDF, what its byte range covers. */
    documents: readonly Content[];
}
export interface VerifiedCms {
    signer: Signer;
    /** When it was made, as the signer's machine claims. */
    signingTime: Date | undefined;
}
/**
 * Verifies the answer of `POST /v1/signatures` with format `cms`, as {@link verifySigned} does for `raw`; what is
 * inside each CMS counts, and the answer's certificate must be its signer.
 *
 * @throws {VerificationError}
 */
export declare function verifyCms(answer: unknown, expected: CmsExpected): Promise<Verified>;
/**
 * Verifies one CMS signature alone, such as one that was kept, or the contents of a PDF's signature as they stand
 * there: zeros behind it are its padding.
 *
 * @throws {VerificationError}
 */
export declare function verifyDetached(cms: Uint8Array, document: Content, trust: Trust): Promise<VerifiedCms>;
