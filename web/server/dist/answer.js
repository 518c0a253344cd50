// Kyso's answers came through a page: each field is looked at before it is used.
import { X509Certificate } from "node:crypto";
import { certificate } from "./certificate.js";
import { path } from "./chain.js";
import { VerificationError } from "./errors.js";
export function object(value, what) {
    if (typeof value !== "object" || value === null || Array.isArray(value))
        throw wrong(what);
    return value;
}
export function array(value, what) {
    if (!Array.isArray(value))
        throw wrong(what);
    return value;
}
export function text(value, what) {
    if (typeof value !== "string")
        throw wrong(what);
    return value;
}
/** Base64 with its padding, as Kyso writes it: one text for one value. */
export function bytes(value, what) {
    const written = text(value, what);
    const decoded = Buffer.from(written, "base64");
    if (decoded.toString("base64") !== written)
        throw wrong(what);
    return decoded;
}
export function hashName(value) {
    if (value === "sha-256" || value === "sha-384" || value === "sha-512")
        return value;
    throw new VerificationError("algorithm", `the hash function ${String(value)} is not taken`);
}
export function schemeName(value) {
    if (value === "rsa-pkcs1" || value === "rsa-pss" || value === "ecdsa")
        return value;
    throw new VerificationError("algorithm", `the scheme ${String(value)} is not taken`);
}
/** The answer's certificate and what came beside it. */
export function named(answer, { certificate: wanted }) {
    const fields = object(answer["certificate"], "certificate");
    const leaf = certificate(bytes(fields["der"], "certificate.der"));
    if (wanted !== undefined && id(leaf) !== wanted)
        throw new VerificationError("signer", `${id(leaf)} signed`);
    return { leaf, pool: array(fields["chain"], "certificate.chain").map((der) => bytes(der, "certificate.chain")) };
}
/** Whoever signed, once the certificate is found to be in its time, for this, and issued under one of the roots. */
export function trusted(leaf, pool, fit, trust) {
    const found = path(leaf, pool, trust.roots, trust.at ?? new Date());
    if (!fit(leaf))
        throw new VerificationError("usage", "the certificate is not for this");
    const subject = leaf.certificate.toLegacyObject().subject;
    return { certificate: leaf.certificate, path: found.map((one) => one.certificate), id: id(leaf), subject };
}
function id(leaf) {
    return `sha256:${leaf.certificate.fingerprint256.replaceAll(":", "").toLowerCase()}`;
}
function wrong(what) {
    return new VerificationError("malformed", `${what} is missing or of another type`);
}
