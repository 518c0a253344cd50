import { type Signer, type Trust } from "./answer.js";
/** What the server knows of the sign-in that its page asked for. */
export interface SignInExpected extends Trust {
    /** The server's own origin, as browsers write it: `https://vanban.example.gov.vn`. */
    origin: string;
    /** The nonce that the server gave to this session, undefined if there is none (any more): see {@link Nonces}. */
    nonce: Uint8Array | undefined;
}
/**
 * Verifies the answer of `POST /v1/authentications`: the person signed in here, on this nonce, with a certificate for
 * that, in its time and issued under one of the roots. Take the nonce out of its store first, so that it works once.
 *
 * @throws {VerificationError}
 */
export declare function verifySignIn(answer: unknown, expected: SignInExpected): Promise<Signer>;
