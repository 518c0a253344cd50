import { X509Certificate } from "node:crypto";
import { type Facts } from "./certificate.js";
/** The roots that are trusted: PEM (one or many), DER, or certificates. */
export type Roots = string | Uint8Array | X509Certificate | readonly (string | Uint8Array | X509Certificate)[];
/** The path from this certificate to a root, both included; `pool` holds certificates that anybody may have sent. */
export declare function path(leaf: Facts, pool: readonly Uint8Array[], roots: Roots, at: Date): Facts[];
/** The roots, read; at least one. */
export declare function anchors(roots: Roots): Facts[];
