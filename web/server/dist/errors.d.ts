/** What speaks against an answer; `code` tells the failures apart and never changes its meaning. */
export type FailureCode = 
/** It is no answer of Kyso's: a field is missing or of another type. */
"malformed"
/** Not as many signatures as documents. */
 | "count"
/** It is about another document than the server's own. */
 | "digest"
/** The signature is not the certificate's over this document, attributes or sign-in. */
 | "signature"
/** The CMS or the attributes are none that can stand for the document (CAdES-B). */
 | "attributes"
/** Another certificate signed than the one that is named, or than the one that was asked for. */
 | "signer"
/** A scheme, hash function or key that is not taken. */
 | "algorithm"
/** The certificate can't be read. */
 | "certificate"
/** No way leads from the certificate to one of the roots. */
 | "untrusted"
/** The certificate's time, or that of one above it, is over. */
 | "expired"
/** That time has not come. */
 | "not_yet_valid"
/** The certificate is not for this: documents by one for signing in, or the other way round. */
 | "usage"
/** The person signed in at another site. */
 | "origin"
/** It answers another nonce, or one that was used. */
 | "nonce"
/** It is not the agent that was paired, or not an answer to this question. */
 | "identity";
/** The one error of this package; `message` is for the server's log. */
export declare class VerificationError extends Error {
    readonly name = "VerificationError";
    readonly code: FailureCode;
    /** Which document it is about, from 0. */
    readonly item: number | undefined;
    constructor(code: FailureCode, message: string, item?: number);
}
/** Runs a check of one document, and says in its error which one that was. */
export declare function about<T>(item: number, check: () => Promise<T>): Promise<T>;
