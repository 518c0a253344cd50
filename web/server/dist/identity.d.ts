/** What is known of a talk with an agent. */
export interface Talk {
    /** The nonce that went out with the question, 16 to 64 bytes; the server's, used once. */
    nonce: Uint8Array;
    /** The page's origin. */
    origin: string;
    /** The port that the page called. */
    port: number;
}
/**
 * Verifies the answer of `POST /v1/pairings`: the agent has the key that it shows.
 *
 * @returns the agent's key, 32 bytes, to be kept for {@link verifyHello}.
 * @throws {VerificationError}
 */
export declare function verifyPairing(answer: unknown, talk: Talk): Buffer;
/**
 * Verifies the answer of `POST /v1/hello`: it is the agent that was paired, on this port, for this page and nonce.
 *
 * @throws {VerificationError}
 */
export declare function verifyHello(answer: unknown, { agentKey, ...talk }: Talk & {
    agentKey: Uint8Array;
}): void;
