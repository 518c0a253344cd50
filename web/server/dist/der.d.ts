/** One element, by its place in the bytes that hold it. */
export interface Element {
    /** The identifier octet: class, form and number. */
    tag: number;
    /** The content. */
    body: Buffer;
    /** The element as it stands, tag and length included. */
    whole: Buffer;
}
/** Bytes are no DER, or not of the expected shape. */
export declare class NotDer extends Error {
}
export declare const INTEGER = 2;
export declare const BIT_STRING = 3;
export declare const OCTET_STRING = 4;
export declare const OID = 6;
export declare const UTC_TIME = 23;
export declare const GENERALIZED_TIME = 24;
export declare const SEQUENCE = 48;
export declare const SET = 49;
/** `[number]` around or in place of an element. */
export declare const context: (number: number) => number;
/** The one element that these bytes are. */
export declare function read(bytes: Uint8Array, tag?: number): Element;
/** The same without the zeros behind it, such as fill the place that a PDF keeps for its signature. */
export declare function unpadded(bytes: Uint8Array): Uint8Array;
/** The elements inside this one. */
export declare function children(element: Element, tag?: number): Element[];
/** The element if it is there and has this tag. */
export declare function expect(element: Element | undefined, tag: number): Element;
/** An object identifier in dotted form. */
export declare function oid(element: Element | undefined): string;
/** A small number, such as a version or the length of a path. */
export declare function integer(element: Element | undefined): number;
/** UTCTime and GeneralizedTime as RFC 5280 §4.1.2.5 has them: to the second, in UTC. */
export declare function time(element: Element): Date;
