import { createHash } from "node:crypto";
import { bytes, named, object, schemeName, text, trusted } from "./answer.js";
import { forSignIn } from "./certificate.js";
import { VerificationError } from "./errors.js";
import { check } from "./signature.js";
/**
 * Verifies the answer of `POST /v1/authentications`: the person signed in here, on this nonce, with a certificate for
 * that, in its time and issued under one of the roots. Take the nonce out of its store first, so that it works once.
 *
 * @throws {VerificationError}
 */
export async function verifySignIn(answer, expected) {
    const { origin, nonce } = expected;
    const fields = object(answer, "the answer");
    if (!nonce)
        throw new VerificationError("nonce", "this session has no nonce");
    if (nonce.length < 16)
        throw new TypeError("a nonce has 16 to 64 bytes");
    if (text(fields["origin"], "origin") !== origin)
        throw new VerificationError("origin", "it is for another site");
    if (!bytes(fields["nonce"], "nonce").equals(nonce))
        throw new VerificationError("nonce", "it is for another nonce");
    const { leaf, pool } = named(fields, expected);
    const manner = { scheme: schemeName(fields["scheme"]), hash: "sha-256" };
    const signature = bytes(fields["signature"], "signature");
    const signed = Buffer.concat([SIGN_IN, sha256(origin), sha256(nonce)]);
    const { good } = await check(leaf.certificate.publicKey, manner, signed, signature);
    if (!good)
        throw new VerificationError("signature", "it is not this certificate's over this sign-in");
    return trusted(leaf, pool, forSignIn, expected);
}
function sha256(bytes) {
    return createHash("sha256").update(bytes).digest();
}
const SIGN_IN = Buffer.from("kyso sign-in v1\0");
