import { createHash } from "node:crypto";

import { hashOf, nodeName } from "./algorithms.js";
import type { Facts } from "./certificate.js";
import { type Element, NotDer, OCTET_STRING, SEQUENCE, SET, children, expect, oid, read, time } from "./der.js";
import { VerificationError } from "./errors.js";

/**
 * Signed attributes, the DER of their SET: they are about a document with this digest and name this certificate
 * (RFC 5652 §11, RFC 5035 §3).
 */
export function attributes(
  set: Uint8Array,
  document: Buffer,
  signer: Facts,
): { signingTime: Date | undefined } {
  return readable(() => {
    const values = new Map<string, Element>();
    for (const attribute of children(read(set, SET))) {
      const [kind, found] = children(attribute, SEQUENCE);
      const name = oid(kind);
      const [value, ...more] = children(expect(found, SET));
      if (!value || more.length > 0 || values.has(name)) throw new NotDer(`${name} is there twice or not single`);
      values.set(name, value);
    }
    if (oid(values.get(CONTENT_TYPE)) !== ID_DATA) throw new NotDer("the content type is not id-data");
    if (!expect(values.get(MESSAGE_DIGEST), OCTET_STRING).body.equals(document)) {
      throw new VerificationError("digest", "it is about another document");
    }
    if (!names(expect(values.get(SIGNING_CERTIFICATE_V2), SEQUENCE), signer)) {
      throw new VerificationError("signer", "the attributes name another certificate");
    }
    const claimed = values.get(SIGNING_TIME);
    return { signingTime: claimed && time(claimed) };
  });
}

/** `SigningCertificateV2` (RFC 5035 §3): its first certificate is the signer's, by SHA-256 unless it says otherwise. */
function names(value: Element, signer: Facts): boolean {
  const [certificates] = children(value);
  const [first] = children(expect(certificates, SEQUENCE));
  const fields = children(expect(first, SEQUENCE));
  const function_ = fields[0]?.tag === SEQUENCE ? hashOf(oid(children(fields.shift() as Element)[0])) : "sha-256";
  const own = createHash(nodeName(function_)).update(signer.certificate.raw).digest();
  return expect(fields[0], OCTET_STRING).body.equals(own);
}

/** Bytes that are not of the right shape are no attributes and no CMS. */
export function readable<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof NotDer)) throw error;
    throw new VerificationError("attributes", error.message);
  }
}

/** The content type of a document. */
export const ID_DATA = "1.2.840.113549.1.7.1";
const CONTENT_TYPE = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST = "1.2.840.113549.1.9.4";
const SIGNING_TIME = "1.2.840.113549.1.9.5";
const SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.47";
