// Kyso's answers came through a page: each field is looked at before it is used.

import { X509Certificate } from "node:crypto";

import type { Hash, Scheme } from "./algorithms.js";
import { type Facts, certificate } from "./certificate.js";
import { type Roots, path } from "./chain.js";
import { VerificationError } from "./errors.js";

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

export function object(value: unknown, what: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(what);
  return value as Fields;
}

export function array(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(what);
  return value;
}

export function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw wrong(what);
  return value;
}

/** Base64 with its padding, as Kyso writes it: one text for one value. */
export function bytes(value: unknown, what: string): Buffer {
  const written = text(value, what);
  const decoded = Buffer.from(written, "base64");
  if (decoded.toString("base64") !== written) throw wrong(what);
  return decoded;
}

export function hashName(value: unknown): Hash {
  if (value === "sha-256" || value === "sha-384" || value === "sha-512") return value;
  throw new VerificationError("algorithm", `the hash function ${String(value)} is not taken`);
}

export function schemeName(value: unknown): Scheme {
  if (value === "rsa-pkcs1" || value === "rsa-pss" || value === "ecdsa") return value;
  throw new VerificationError("algorithm", `the scheme ${String(value)} is not taken`);
}

/** The answer's certificate and what came beside it. */
export function named(answer: Fields, { certificate: wanted }: Trust): { leaf: Facts; pool: Buffer[] } {
  const fields = object(answer["certificate"], "certificate");
  const leaf = certificate(bytes(fields["der"], "certificate.der"));
  if (wanted !== undefined && id(leaf) !== wanted) throw new VerificationError("signer", `${id(leaf)} signed`);
  return { leaf, pool: array(fields["chain"], "certificate.chain").map((der) => bytes(der, "certificate.chain")) };
}

/** Whoever signed, once the certificate is found to be in its time, for this, and issued under one of the roots. */
export function trusted(leaf: Facts, pool: readonly Uint8Array[], fit: (leaf: Facts) => boolean, trust: Trust): Signer {
  const found = path(leaf, pool, trust.roots, trust.at ?? new Date());
  if (!fit(leaf)) throw new VerificationError("usage", "the certificate is not for this");
  const subject = leaf.certificate.toLegacyObject().subject as unknown as Signer["subject"];
  return { certificate: leaf.certificate, path: found.map((one) => one.certificate), id: id(leaf), subject };
}

function id(leaf: Facts): string {
  return `sha256:${leaf.certificate.fingerprint256.replaceAll(":", "").toLowerCase()}`;
}

function wrong(what: string): VerificationError {
  return new VerificationError("malformed", `${what} is missing or of another type`);
}
