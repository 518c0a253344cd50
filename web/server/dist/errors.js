/** The one error of this package; `message` is for the server's log. */
export class VerificationError extends Error {
    name = "VerificationError";
    code;
    /** Which document it is about, from 0. */
    item;
    constructor(code, message, item) {
        super(item === undefined ? message : `item ${item}: ${message}`);
        this.code = code;
        this.item = item;
    }
}
/** Runs a check of one document, and says in its error which one that was. */
export async function about(item, check) {
    try {
        return await check();
    }
    catch (error) {
        if (!(error instanceof VerificationError) || error.item !== undefined)
            throw error;
        throw new VerificationError(error.code, error.message, item);
    }
}
