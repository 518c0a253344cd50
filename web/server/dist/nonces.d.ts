/**
 * The nonces of sessions that are signing in, in memory: each works once, for its own session, for a while. A server of
 * several processes keeps the same in its session store: write on `issue`, read and delete in one step on `take`.
 */
export declare class Nonces {
    #private;
    /** `seconds` until a nonce ends; `most` sessions at once, the oldest leaves first. */
    constructor({ seconds, most }?: {
        seconds?: number | undefined;
        most?: number | undefined;
    });
    /** A new nonce for this session; an older one of its ends. */
    issue(session: string): Buffer;
    /** This session's nonce, which is gone then, whatever comes of the sign-in. */
    take(session: string): Buffer | undefined;
}
