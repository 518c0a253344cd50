import type { Hash } from "./algorithms.js";
import { type Fields, type Signer } from "./answer.js";
import type { Content } from "./signature.js";
/** What was found good. */
export interface Verified {
    signer: Signer;
    /** One for each document, to embed or to keep. */
    signatures: readonly Buffer[];
}
/** Goes through the answer's items beside the server's documents. */
export declare function each<T>(answer: Fields, { documents, signedAttributes }: {
    documents: readonly Content[];
    signedAttributes?: readonly unknown[];
}, one: (item: Fields, document: Content, index: number) => Promise<T>): Promise<T[]>;
/** The digest that the answer says the item is about: compared with the server's own, and used for nothing else. */
export declare function digestOf(item: Fields): {
    hash: Hash;
    value: Buffer;
};
/** The digest is that of the server's own document. */
export declare function same(own: Buffer, claimed: Buffer): void;
