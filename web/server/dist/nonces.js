import { randomBytes } from "node:crypto";
/**
 * The nonces of sessions that are signing in, in memory: each works once, for its own session, for a while. A server of
 * several processes keeps the same in its session store: write on `issue`, read and delete in one step on `take`.
 */
export class Nonces {
    #kept = new Map();
    #lasts;
    #most;
    /** `seconds` until a nonce ends; `most` sessions at once, the oldest leaves first. */
    constructor({ seconds = 300, most = 10_000 } = {}) {
        this.#lasts = seconds * 1000;
        this.#most = most;
    }
    /** A new nonce for this session; an older one of its ends. */
    issue(session) {
        const nonce = randomBytes(32);
        this.#kept.delete(session);
        this.#kept.set(session, { nonce, until: Date.now() + this.#lasts });
        for (const oldest of this.#kept.keys()) {
            if (this.#kept.size <= this.#most)
                break;
            this.#kept.delete(oldest);
        }
        return nonce;
    }
    /** This session's nonce, which is gone then, whatever comes of the sign-in. */
    take(session) {
        const found = this.#kept.get(session);
        this.#kept.delete(session);
        return found && found.until > Date.now() ? found.nonce : undefined;
    }
}
