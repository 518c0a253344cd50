import { X509Certificate } from "node:crypto";
import type { Hash, Scheme } from "./algorithms.js";
import { type Facts } from "./certificate.js";
import { type Roots } from "./chain.js";
/** Whoever signed. */
export interface Signer {
    certificate: X509Certificate;
    /** From the certificate to the trusted root, both included; what to ask OCSP with. */
    path: readonly X509Certificate[];
    /** `sha256:` and hex of the certificate, Kyso's name for it. */
    id: string;
    /** Its subject by short names: `CN`, `O`, `title`, `serialNumber`; several of one kind are an array. */
    subject: Readonly<Record<string, string | string[]>>;
}
/** What the server knows by itself, for whatever kind of answer. */
export interface Trust {
    /** The roots that are trusted, and no others. */
    roots: Roots;
    /** When; now, if left out. For what was kept, the time of a time-stamp or of its receipt. */
    at?: Date | undefined;
    /** The id of the only certificate that may have signed, if the server asked for one. */
    certificate?: string | undefined;
}
export type Fields = Record<string, unknown>;
export declare function object(value: unknown, what: string): Fields;
export declare function array(value: unknown, what: string): readonly unknown[];
export declare function text(value: unknown, what: string): string;
/** Base64 with its padding, as Kyso writes it: one text for one value. */
export declare function bytes(value: unknown, what: string): Buffer;
export declare function hashName(value: unknown): Hash;
export declare function schemeName(value: unknown): Scheme;
/** The answer's certificate and what came beside it. */
export declare function named(answer: Fields, { certificate: wanted }: Trust): {
    leaf: Facts;
    pool: Buffer[];
};
/** Whoever signed, once the certificate is found to be in its time, for this, and issued under one of the roots. */
export declare function trusted(leaf: Facts, pool: readonly Uint8Array[], fit: (leaf: Facts) => boolean, trust: Trust): Signer;
