import { type Element } from "./der.js";
export type Hash = "sha-256" | "sha-384" | "sha-512";
export type Scheme = "rsa-pkcs1" | "rsa-pss" | "ecdsa";
export type Encoding = "der" | "p1363";
/** Node's name of a hash function. */
export declare const nodeName: (hash: Hash) => string;
/** Length of its output in bytes. */
export declare const length: (hash: Hash) => number;
/** The hash function of an object identifier (RFC 5754 §2). */
export declare function hashOf(identifier: string): Hash;
/** `AlgorithmIdentifier` of a hash function. */
export declare function hash(algorithm: Element | undefined): Hash;
/** `AlgorithmIdentifier` of a signature: its scheme, and the hash function where it names one. */
export declare function signature(algorithm: Element | undefined): {
    scheme: Scheme;
    hash?: Hash;
};
