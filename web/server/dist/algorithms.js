// The algorithms that are taken, by the names of Kyso's API and by their object identifiers. SHA-1 and MD5 have none.
import { children, context, expect, integer, oid, read, SEQUENCE } from "./der.js";
import { VerificationError } from "./errors.js";
/** Node's name of a hash function. */
export const nodeName = (hash) => hash.replace("-", "");
/** Length of its output in bytes. */
export const length = (hash) => Number(hash.slice(4)) / 8;
/** The hash function of an object identifier (RFC 5754 §2). */
export function hashOf(identifier) {
    return known(HASHES, identifier);
}
/** `AlgorithmIdentifier` of a hash function. */
export function hash(algorithm) {
    return hashOf(oid(children(expect(algorithm, SEQUENCE))[0]));
}
/** `AlgorithmIdentifier` of a signature: its scheme, and the hash function where it names one. */
export function signature(algorithm) {
    const [identifier, parameters] = children(expect(algorithm, SEQUENCE));
    const name = oid(identifier);
    if (name === RSA_ENCRYPTION)
        return { scheme: "rsa-pkcs1" };
    if (name === RSASSA_PSS)
        return { scheme: "rsa-pss", hash: pss(parameters) };
    return known(SIGNATURES, name);
}
/** RFC 4055 §3.1: what is left out is SHA-1, so nothing may be; the salt is as long as the hash. */
function pss(parameters) {
    const fields = new Map(children(expect(parameters, SEQUENCE)).map((field) => [field.tag, field.body]));
    const field = (number) => {
        const body = fields.get(context(number));
        if (!body)
            throw new VerificationError("algorithm", "RSA-PSS with parameters left out");
        return read(body);
    };
    const function_ = hash(field(0));
    const [mask, maskHash] = children(field(1));
    if (oid(mask) !== MGF1 || hash(maskHash) !== function_ || integer(field(2)) !== length(function_)) {
        throw new VerificationError("algorithm", "RSA-PSS with unusual parameters");
    }
    return function_;
}
function known(names, identifier) {
    const found = Object.hasOwn(names, identifier) ? names[identifier] : undefined;
    if (found === undefined)
        throw new VerificationError("algorithm", `${identifier} is not taken`);
    return found;
}
const HASHES = {
    "2.16.840.1.101.3.4.2.1": "sha-256",
    "2.16.840.1.101.3.4.2.2": "sha-384",
    "2.16.840.1.101.3.4.2.3": "sha-512",
};
const SIGNATURES = {
    "1.2.840.113549.1.1.11": { scheme: "rsa-pkcs1", hash: "sha-256" },
    "1.2.840.113549.1.1.12": { scheme: "rsa-pkcs1", hash: "sha-384" },
    "1.2.840.113549.1.1.13": { scheme: "rsa-pkcs1", hash: "sha-512" },
    "1.2.840.10045.4.3.2": { scheme: "ecdsa", hash: "sha-256" },
    "1.2.840.10045.4.3.3": { scheme: "ecdsa", hash: "sha-384" },
    "1.2.840.10045.4.3.4": { scheme: "ecdsa", hash: "sha-512" },
};
const RSA_ENCRYPTION = "1.2.840.113549.1.1.1";
const RSASSA_PSS = "1.2.840.113549.1.1.10";
const MGF1 = "1.2.840.113549.1.1.8";
