// Reads DER (X.690 §8.1, §10.1): definite lengths in their shortest form, tags of one byte. It reads places and
// compares bytes; every signature and hash is Node's.
/** Bytes are no DER, or not of the expected shape. */
export class NotDer extends Error {
}
export const INTEGER = 0x02;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OID = 0x06;
export const UTC_TIME = 0x17;
export const GENERALIZED_TIME = 0x18;
export const SEQUENCE = 0x30;
export const SET = 0x31;
/** `[number]` around or in place of an element. */
export const context = (number) => 0xa0 | number;
/** The one element that these bytes are. */
export function read(bytes, tag) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const element = at(buffer, 0);
    if (element.whole.length !== buffer.length)
        throw new NotDer("bytes behind the end");
    return tag === undefined ? element : expect(element, tag);
}
/** The same without the zeros behind it, such as fill the place that a PDF keeps for its signature. */
export function unpadded(bytes) {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const { whole } = at(buffer, 0);
    return buffer.subarray(whole.length).every((byte) => byte === 0) ? whole : bytes;
}
/** The elements inside this one. */
export function children(element, tag) {
    if (tag !== undefined)
        expect(element, tag);
    const found = [];
    for (let start = 0; start < element.body.length;) {
        const child = at(element.body, start);
        found.push(child);
        start += child.whole.length;
    }
    return found;
}
/** The element if it is there and has this tag. */
export function expect(element, tag) {
    if (element?.tag !== tag)
        throw new NotDer(`tag ${element?.tag ?? "none"} where ${tag} is expected`);
    return element;
}
/** An object identifier in dotted form. */
export function oid(element) {
    const { body } = expect(element, OID);
    const arcs = [];
    let arc = 0;
    for (const byte of body) {
        arc = arc * 128 + (byte & 0x7f);
        if (arc > Number.MAX_SAFE_INTEGER / 128)
            throw new NotDer("an object identifier past all measure");
        if (byte & 0x80)
            continue;
        arcs.push(arc);
        arc = 0;
    }
    const first = arcs.shift();
    if (first === undefined || (body.at(-1) ?? 0x80) & 0x80)
        throw new NotDer("half an object identifier");
    const root = Math.min(Math.floor(first / 40), 2);
    return [root, first - root * 40, ...arcs].join(".");
}
/** A small number, such as a version or the length of a path. */
export function integer(element) {
    const { body } = expect(element, INTEGER);
    if (body.length < 1 || body.length > 4)
        throw new NotDer("not a small number");
    return body.readIntBE(0, body.length);
}
/** UTCTime and GeneralizedTime as RFC 5280 §4.1.2.5 has them: to the second, in UTC. */
export function time(element) {
    const text = element.body.toString("latin1");
    const short = element.tag === UTC_TIME && /^\d{12}Z$/.test(text);
    const long = element.tag === GENERALIZED_TIME && /^\d{14}Z$/.test(text);
    if (!short && !long)
        throw new NotDer("not a time");
    const whole = long ? text : `${text < "50" ? "20" : "19"}${text}`;
    const date = new Date(whole.replace(/^(....)(..)(..)(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
    if (Number.isNaN(date.getTime()))
        throw new NotDer("not a time");
    return date;
}
function at(buffer, start) {
    const tag = buffer[start];
    const short = buffer[start + 1];
    if (tag === undefined || short === undefined || (tag & 0x1f) === 0x1f)
        throw new NotDer("no tag and length");
    let head = start + 2;
    let length = short;
    if (short & 0x80) {
        const bytes = short & 0x7f;
        if (bytes < 1 || bytes > 4 || head + bytes > buffer.length)
            throw new NotDer("a length that is none");
        length = buffer.readUIntBE(head, bytes);
        if (length < 128 || length < 2 ** (8 * (bytes - 1)))
            throw new NotDer("a length that is not the shortest");
        head += bytes;
    }
    const end = head + length;
    if (end > buffer.length)
        throw new NotDer("cut off");
    return { tag, body: buffer.subarray(head, end), whole: buffer.subarray(start, end) };
}
