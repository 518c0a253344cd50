import { bytes, named, object, schemeName, trusted } from "./answer.js";
import { attributes } from "./attributes.js";
import { forDocuments } from "./certificate.js";
import { VerificationError } from "./errors.js";
import { digestOf, each, same } from "./items.js";
import { check, digest } from "./signature.js";
/**
 * Verifies the answer of `POST /v1/signatures` (format `raw`): each signature is over the server's own document, by
 * the certificate, which is for documents, in its time and issued under one of the roots.
 *
 * @throws {VerificationError}
 */
export async function verifySigned(answer, expected) {
    const fields = object(answer, "the answer");
    if ((fields["format"] ?? "raw") !== "raw")
        throw new VerificationError("malformed", "its format is not raw");
    const { leaf, pool } = named(fields, expected);
    const scheme = schemeName(fields["scheme"]);
    const { publicKey } = leaf.certificate;
    const signatures = await each(fields, expected, async (item, document, index) => {
        const { hash, value } = digestOf(item);
        const signature = bytes(item["value"], "value");
        const manner = { scheme, hash, encoding: expected.encoding };
        const set = expected.signedAttributes?.[index];
        const signed = await check(publicKey, manner, set ?? document, signature);
        const own = set ? await digest(hash, document) : signed.digest;
        same(own, value);
        if (set)
            attributes(set, own, leaf);
        if (!signed.good)
            throw new VerificationError("signature", "it is not this certificate's over this");
        return signature;
    });
    return { signer: trusted(leaf, pool, forDocuments, expected), signatures };
}
