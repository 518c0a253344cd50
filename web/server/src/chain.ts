// Certification paths (RFC 5280 §6): names, signatures, basic constraints, key usage and times from the signer to a
// given root. Certificates with name or policy constraints, or with a critical extension that is not looked at here, are no
// part of one. Revocation is the caller's: ask OCSP or the CRL with what is returned.

import { X509Certificate } from "node:crypto";

import { signature } from "./algorithms.js";
import { type Facts, certificate, facts, forIssuing } from "./certificate.js";
import { VerificationError } from "./errors.js";
import { strong } from "./signature.js";

/** The roots that are trusted: PEM (one or many), DER, or certificates. */
export type Roots = string | Uint8Array | X509Certificate | readonly (string | Uint8Array | X509Certificate)[];

/** The path from this certificate to a root, both included; `pool` holds certificates that anybody may have sent. */
export function path(leaf: Facts, pool: readonly Uint8Array[], roots: Roots, at: Date): Facts[] {
  if (pool.length > MOST) throw new VerificationError("untrusted", `more than ${MOST} certificates beside it`);
  const search: Search = { issuers: pool.flatMap(readable), anchors: anchors(roots), tries: 0 };
  let outOfTime: VerificationError | undefined;
  for (const found of paths([leaf], search)) {
    const wrong = found.map((one) => inTime(one, at)).find((error) => error !== undefined);
    if (!wrong) return found;
    outOfTime ??= wrong;
  }
  throw outOfTime ?? new VerificationError("untrusted", `no path from ${name(leaf)} to a root`);
}

/** The roots, read; at least one. */
export function anchors(roots: Roots): Facts[] {
  const all = (Array.isArray(roots) ? roots : [roots]) as (string | Uint8Array | X509Certificate)[];
  const read = all.flatMap((one) => {
    if (one instanceof X509Certificate) return [facts(one)];
    if (one instanceof Uint8Array && one[0] === 0x30) return [certificate(one)];
    const pem = typeof one === "string" ? one : Buffer.from(one).toString("latin1");
    return (pem.match(PEM) ?? []).map((text) => facts(new X509Certificate(text)));
  });
  if (read.length === 0) throw new TypeError("no root certificate was given");
  return read;
}

interface Search {
  issuers: readonly Facts[];
  anchors: readonly Facts[];
  /** Signatures looked at: what anybody sends must not keep the server busy. */
  tries: number;
}

function* paths(below: readonly Facts[], search: Search): Generator<Facts[]> {
  const last = below.at(-1);
  if (!last || last.unknown.length > 0 || below.length > LONGEST) return;
  for (const anchor of search.anchors) {
    if (issued(last, anchor, below, search)) yield [...below, anchor];
  }
  for (const issuer of search.issuers) {
    const repeats = below.some((one) => one.certificate.raw.equals(issuer.certificate.raw));
    if (!repeats && forIssuing(issuer) && issued(last, issuer, below, search)) yield* paths([...below, issuer], search);
  }
}

/** Whether `issuer`'s name and key are those that `subject` was issued with, and it may issue so deep. */
function issued(subject: Facts, issuer: Facts, below: readonly Facts[], search: Search): boolean {
  const authorities = below.slice(1).filter((one) => !one.issuer.equals(one.subject)).length;
  if (authorities > issuer.pathLength || !subject.certificate.checkIssued(issuer.certificate)) return false;
  if (++search.tries > MOST_TRIES) throw new VerificationError("untrusted", "too many ways to try");
  strong(issuer.certificate.publicKey);
  signature(subject.signatureAlgorithm);
  return subject.certificate.verify(issuer.certificate.publicKey);
}

function inTime(one: Facts, at: Date): VerificationError | undefined {
  if (at > one.notAfter) {
    return new VerificationError("expired", `${name(one)} ended ${one.notAfter.toISOString()}`);
  }
  if (at < one.notBefore) {
    return new VerificationError("not_yet_valid", `${name(one)} begins ${one.notBefore.toISOString()}`);
  }
  return undefined;
}

/** Certificates beside the signer's that can't be read or use what is not taken lead nowhere. */
function readable(der: Uint8Array): Facts[] {
  try {
    return [certificate(der)];
  } catch (error) {
    if (error instanceof VerificationError) return [];
    throw error;
  }
}

function name(one: Facts): string {
  return one.certificate.subject.replaceAll("\n", ", ");
}

const PEM = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
const MOST = 16;
const MOST_TRIES = 64;
const LONGEST = 8;
