// The signatures of an answer, one for each document that was sent in.
import { array, bytes, hashName, object } from "./answer.js";
import { VerificationError, about } from "./errors.js";
/** Goes through the answer's items beside the server's documents. */
export async function each(answer, { documents, signedAttributes = documents }, one) {
    const items = array(answer["signatures"], "signatures");
    if (documents.length === 0 || signedAttributes.length !== documents.length) {
        throw new TypeError("documents and attributes are as many as were asked for, and at least one");
    }
    if (items.length !== documents.length) {
        throw new VerificationError("count", `${items.length} signatures for ${documents.length} documents`);
    }
    const found = [];
    for (const [index, document] of documents.entries()) {
        found.push(await about(index, () => one(object(items[index], "signatures"), document, index)));
    }
    return found;
}
/** The digest that the answer says the item is about: compared with the server's own, and used for nothing else. */
export function digestOf(item) {
    const fields = object(item["digest"], "digest");
    return { hash: hashName(fields["algorithm"]), value: bytes(fields["value"], "digest.value") };
}
/** The digest is that of the server's own document. */
export function same(own, claimed) {
    if (!own.equals(claimed))
        throw new VerificationError("digest", "it is about another document");
}
