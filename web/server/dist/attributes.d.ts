import type { Facts } from "./certificate.js";
/**
 * Signed attributes, the DER of their SET: they are about a document with this digest and name this certificate
 * (RFC 5652 §11, RFC 5035 §3).
 */
export declare function attributes(set: Uint8Array, document: Buffer, signer: Facts): {
    signingTime: Date | undefined;
};
/** Bytes that are not of the right shape are no attributes and no CMS. */
export declare function readable<T>(parse: () => T): T;
/** The content type of a document. */
export declare const ID_DATA = "1.2.840.113549.1.7.1";
