import { X509Certificate } from "node:crypto";
import { type Element } from "./der.js";
/** What Node's `X509Certificate` does not tell (its `keyUsage` is the extended one). */
export interface Facts {
    certificate: X509Certificate;
    /** DER of `issuer` and the bytes of `serialNumber`: how a CMS names its signer. */
    issuer: Buffer;
    serial: Buffer;
    /** DER of `subject`. */
    subject: Buffer;
    notBefore: Date;
    notAfter: Date;
    /** How its issuer signed it; of no interest in a root. */
    signatureAlgorithm: Element | undefined;
    /** Key usage by the bits of RFC 5280 §4.2.1.3; undefined if it says nothing. */
    usage: number | undefined;
    /** Extended key usage, object identifiers. */
    extendedUsage: readonly string[];
    authority: boolean;
    /** How many authorities may stand between it and the signer. */
    pathLength: number;
    /** Critical extensions that are not looked at here. */
    unknown: readonly string[];
}
/** Reads a certificate. */
export declare function facts(certificate: X509Certificate): Facts;
/** Reads a certificate's DER. */
export declare function certificate(der: Uint8Array): Facts;
/** For documents: nonRepudiation, or no key usage at all; the rule by which Kyso lists certificates. */
export declare function forDocuments({ usage }: Facts): boolean;
/** For signing in: digitalSignature with clientAuth, and not for documents. */
export declare function forSignIn({ usage, extendedUsage }: Facts): boolean;
/** For issuing certificates. */
export declare function forIssuing({ authority, usage }: Facts): boolean;
