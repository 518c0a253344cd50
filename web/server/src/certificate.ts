import { X509Certificate } from "node:crypto";

import { BIT_STRING, type Element, INTEGER, NotDer, OCTET_STRING, SEQUENCE } from "./der.js";
import { children, context, expect, integer, oid, read, time } from "./der.js";
import { VerificationError } from "./errors.js";

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
export function facts(certificate: X509Certificate): Facts {
  try {
    return parse(certificate);
  } catch (error) {
    if (!(error instanceof NotDer)) throw error;
    throw new VerificationError("certificate", `it can't be read: ${error.message}`);
  }
}

/** Reads a certificate's DER. */
export function certificate(der: Uint8Array): Facts {
  let parsed;
  try {
    parsed = new X509Certificate(der);
    void parsed.publicKey;
  } catch (error) {
    throw new VerificationError("certificate", `it can't be read: ${String(error)}`);
  }
  // What is read here must be what Node reads, which also takes PEM and what follows the end.
  if (!parsed.raw.equals(der)) throw new VerificationError("certificate", "it is not the DER of one");
  return facts(parsed);
}

/** For documents: nonRepudiation, or no key usage at all; the rule by which Kyso lists certificates. */
export function forDocuments({ usage }: Facts): boolean {
  return usage === undefined || (usage & NON_REPUDIATION) !== 0;
}

/** For signing in: digitalSignature with clientAuth, and not for documents. */
export function forSignIn({ usage, extendedUsage }: Facts): boolean {
  const bits = usage ?? NON_REPUDIATION;
  return (bits & DIGITAL_SIGNATURE) !== 0 && (bits & NON_REPUDIATION) === 0 && extendedUsage.includes(CLIENT_AUTH);
}

/** For issuing certificates. */
export function forIssuing({ authority, usage }: Facts): boolean {
  return authority && (usage === undefined || (usage & KEY_CERT_SIGN) !== 0);
}

/** `Certificate` (RFC 5280 §4.1). */
function parse(certificate: X509Certificate): Facts {
  const [body, algorithm] = children(read(certificate.raw), SEQUENCE);
  const fields = children(expect(body, SEQUENCE));
  if (fields[0]?.tag === context(0)) fields.shift();
  const [serial, , issuer, validity, subject] = fields;
  const [notBefore, notAfter] = children(expect(validity, SEQUENCE));
  if (!notBefore || !notAfter) throw new NotDer("no validity");
  const found: Facts = {
    certificate,
    issuer: expect(issuer, SEQUENCE).whole,
    serial: expect(serial, INTEGER).body,
    subject: expect(subject, SEQUENCE).whole,
    notBefore: time(notBefore),
    notAfter: time(notAfter),
    signatureAlgorithm: algorithm,
    usage: undefined,
    extendedUsage: [],
    authority: false,
    pathLength: Infinity,
    unknown: [],
  };
  const extensions = fields.find((field) => field.tag === context(3));
  return extensions ? extended(found, read(extensions.body)) : found;
}

function extended(found: Facts, extensions: Element): Facts {
  for (const extension of children(extensions, SEQUENCE)) {
    const [name, ...rest] = children(extension, SEQUENCE);
    const value = expect(rest.at(-1), OCTET_STRING).body;
    const identifier = oid(name);
    if (identifier === KEY_USAGE) found = { ...found, usage: bits(read(value)) };
    else if (identifier === EXTENDED_USAGE) found = { ...found, extendedUsage: purposes(read(value)) };
    else if (identifier === BASIC_CONSTRAINTS) found = { ...found, ...constraints(read(value)) };
    else if (LIMITS.has(identifier) || (rest.length > 1 && rest[0]?.body[0] && !HARMLESS.has(identifier))) {
      found = { ...found, unknown: [...found.unknown, identifier] };
    }
  }
  return found;
}

function purposes(value: Element): string[] {
  return children(value, SEQUENCE).map(oid);
}

/** The first nine bits, `digitalSignature` the highest of them. */
function bits(value: Element): number {
  const { body } = expect(value, BIT_STRING);
  return ((body[1] ?? 0) << 8) | (body[2] ?? 0);
}

function constraints(value: Element): { authority: boolean; pathLength: number } {
  const fields = children(value, SEQUENCE);
  const authority = fields[0]?.tag === BOOLEAN && fields[0].body[0] !== 0;
  const limit = fields.find((field) => field.tag === INTEGER);
  return { authority, pathLength: limit ? integer(limit) : Infinity };
}

const DIGITAL_SIGNATURE = 0x8000;
const NON_REPUDIATION = 0x4000;
const KEY_CERT_SIGN = 0x0400;
const BOOLEAN = 0x01;
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
const BASIC_CONSTRAINTS = "2.5.29.19";
const KEY_USAGE = "2.5.29.15";
const EXTENDED_USAGE = "2.5.29.37";
/** Name and policy constraints narrow what their holder may issue, whether marked critical or not. */
const LIMITS = new Set(["2.5.29.30", "2.5.29.36"]);
/** They narrow nothing that is relied on here: other names, policies, qualified statements. */
const HARMLESS = new Set(["2.5.29.17", "2.5.29.18", "2.5.29.32", "1.3.6.1.5.5.7.1.3"]);
