// Detached CMS signatures (RFC 5652 §5) of one signer with signed attributes, as Kyso makes them: CAdES-B.

import { type Hash, hash, signature } from "./algorithms.js";
import { type Signer, type Trust, bytes, named, object, trusted } from "./answer.js";
import { ID_DATA, attributes, readable } from "./attributes.js";
import { type Facts, certificate, forDocuments } from "./certificate.js";
import { INTEGER, NotDer, OCTET_STRING, SEQUENCE, SET, children, context, expect, oid, read, unpadded } from "./der.js";
import { VerificationError } from "./errors.js";
import { type Verified, digestOf, each, same } from "./items.js";
import { type Content, check, digest } from "./signature.js";

/** What the server knows of the CMS signatures that its page asked for. */
export interface CmsExpected extends Trust {
  /** The server's own documents, in the order of the request; of a PDF, what its byte range covers. */
  documents: readonly Content[];
}

export interface VerifiedCms {
  signer: Signer;
  /** When it was made, as the signer's machine claims. */
  signingTime: Date | undefined;
}

/**
 * Verifies the answer of `POST /v1/signatures` with format `cms`, as {@link verifySigned} does for `raw`; what is
 * inside each CMS counts, and the answer's certificate must be its signer.
 *
 * @throws {VerificationError}
 */
export async function verifyCms(answer: unknown, expected: CmsExpected): Promise<Verified> {
  const fields = object(answer, "the answer");
  if (fields["format"] !== "cms") throw new VerificationError("malformed", "its format is not cms");
  const { leaf, pool } = named(fields, expected);
  const signatures = await each(fields, expected, async (item, document) => {
    const cms = bytes(item["value"], "value");
    const claimed = digestOf(item);
    const found = await signed(cms, document);
    if (found.hash !== claimed.hash) throw new VerificationError("malformed", "another hash function than it says");
    same(found.digest, claimed.value);
    if (!found.signer.certificate.raw.equals(leaf.certificate.raw)) {
      throw new VerificationError("signer", "the CMS is another certificate's than the answer's");
    }
    return cms;
  });
  return { signer: trusted(leaf, pool, forDocuments, expected), signatures };
}

/**
 * Verifies one CMS signature alone, such as one that was kept, or the contents of a PDF's signature as they stand
 * there: zeros behind it are its padding.
 *
 * @throws {VerificationError}
 */
export async function verifyDetached(cms: Uint8Array, document: Content, trust: Trust): Promise<VerifiedCms> {
  const found = await signed(readable(() => unpadded(cms)), document);
  const signer = trusted(found.signer, found.pool, forDocuments, trust);
  if (trust.certificate !== undefined && trust.certificate !== signer.id) {
    throw new VerificationError("signer", `${signer.id} signed`);
  }
  return { signer, signingTime: found.signingTime };
}

interface Found {
  signer: Facts;
  pool: Buffer[];
  hash: Hash;
  digest: Buffer;
  signingTime: Date | undefined;
}

/** Who signed this document: attributes and signature are right; nobody asks yet whether the certificate is trusted. */
async function signed(cms: Uint8Array, document: Content): Promise<Found> {
  const parts = readable(() => parse(cms));
  const own = await digest(parts.hash, document);
  const { signingTime } = attributes(parts.attributes, own, parts.signer);
  const manner = { scheme: parts.scheme, hash: parts.hash };
  const { good } = await check(parts.signer.certificate.publicKey, manner, parts.attributes, parts.signature);
  if (!good) throw new VerificationError("signature", "it is not this certificate's over this");
  return { signer: parts.signer, pool: parts.pool, hash: parts.hash, digest: own, signingTime };
}

function parse(cms: Uint8Array) {
  const [kind, wrapped] = children(read(cms), SEQUENCE);
  if (oid(kind) !== SIGNED_DATA) throw new NotDer("not a SignedData");
  const content = children(read(expect(wrapped, context(0)).body), SEQUENCE);
  const [, , encapsulated] = content;
  const [contentType, ...inside] = children(expect(encapsulated, SEQUENCE));
  if (oid(contentType) !== ID_DATA || inside.length > 0) throw new NotDer("not a detached signature");
  const held = content.find((field) => field.tag === context(0));
  const pool = held ? children(held).map((one) => expect(one, SEQUENCE).whole) : [];
  const [info, ...others] = children(expect(content.at(-1), SET));
  if (!info || others.length > 0) throw new NotDer("not one signer");

  const [, identifier, digestAlgorithm, set, signatureAlgorithm, value] = children(info, SEQUENCE);
  const [issuer, serial] = children(expect(identifier, SEQUENCE));
  const wanted = { issuer: expect(issuer, SEQUENCE).whole, serial: expect(serial, INTEGER).body };
  const signer = pool
    .map(certificate)
    .find((one) => one.issuer.equals(wanted.issuer) && one.serial.equals(wanted.serial));
  if (!signer) throw new VerificationError("signer", "the signer's certificate is not inside");
  const how = signature(signatureAlgorithm);
  const function_ = hash(digestAlgorithm);
  if (how.hash !== undefined && how.hash !== function_) throw new NotDer("two hash functions");
  // RFC 5652 §5.4: what is signed is the SET itself, not the tag that it has here.
  const attributeSet = Buffer.from(expect(set, context(0)).whole);
  attributeSet[0] = SET;
  return {
    signer,
    pool,
    scheme: how.scheme,
    hash: function_,
    attributes: attributeSet,
    signature: expect(value, OCTET_STRING).body,
  };
}

const SIGNED_DATA = "1.2.840.113549.1.7.2";
