import { createHash, createPublicKey, timingSafeEqual, verify } from "node:crypto";
import { bytes, object } from "./answer.js";
import { VerificationError } from "./errors.js";
/**
 * Verifies the answer of `POST /v1/pairings`: the agent has the key that it shows.
 *
 * @returns the agent's key, 32 bytes, to be kept for {@link verifyHello}.
 * @throws {VerificationError}
 */
export function verifyPairing(answer, talk) {
    return signedBy(PAIRING, object(answer, "the answer"), talk);
}
/**
 * Verifies the answer of `POST /v1/hello`: it is the agent that was paired, on this port, for this page and nonce.
 *
 * @throws {VerificationError}
 */
export function verifyHello(answer, { agentKey, ...talk }) {
    const key = signedBy(HELLO, object(answer, "the answer"), talk);
    if (key.length !== agentKey.length || !timingSafeEqual(key, agentKey)) {
        throw new VerificationError("identity", "it is another agent than the one that was paired");
    }
}
/** Ed25519 over the name ‖ SHA-256(nonce) ‖ SHA-256(origin) ‖ port in two bytes. */
function signedBy(name, answer, { nonce, origin, port }) {
    const key = bytes(answer["agent_key"], "agent_key");
    const signature = bytes(answer["signature"], "signature");
    if (key.length !== 32)
        throw new VerificationError("malformed", "agent_key is not 32 bytes");
    const number = Buffer.alloc(2);
    number.writeUInt16BE(port);
    const signed = Buffer.concat([name, sha256(nonce), sha256(origin), number]);
    const jwk = { kty: "OKP", crv: "Ed25519", x: key.toString("base64url") };
    if (!verify(null, signed, createPublicKey({ key: jwk, format: "jwk" }), signature)) {
        throw new VerificationError("identity", "it is not the key's over this nonce, origin and port");
    }
    return key;
}
function sha256(bytes) {
    return createHash("sha256").update(bytes).digest();
}
const PAIRING = Buffer.from("kyso pairing v1\0");
const HELLO = Buffer.from("kyso hello v1\0");
