import { concat } from "./bytes.js";

/**
 * Verifies an Ed25519 signature (RFC 8032 §5.1.7): for browsers whose WebCrypto does not know it (Chromium before
 * 137, Firefox before 129, Safari before 17). Everything here is public, so nothing need take constant time.
 */
export async function verifyEd25519(key: Uint8Array, signature: Uint8Array, text: Uint8Array): Promise<boolean> {
  const a = key.length === 32 && signature.length === 64 ? decode(key) : undefined;
  const s = number(signature.subarray(32));
  if (!a || s >= ORDER) return false;
  const r = signature.subarray(0, 32);
  const hash = await crypto.subtle.digest("SHA-512", concat(r, key, text));
  const h = number(new Uint8Array(hash)) % ORDER;
  // [s]B − [h]A must be R, byte for byte.
  const minus: Point = [mod(-a[0]), a[1], a[2], mod(-a[3])];
  const both = add(BASE, minus);
  let sum: Point = ZERO;
  for (let bit = 252n; bit >= 0n; bit--) {
    sum = add(sum, sum);
    const [inS, inH] = [(s >> bit) & 1n, (h >> bit) & 1n];
    if (inS || inH) sum = add(sum, inS && inH ? both : inS ? BASE : minus);
  }
  const found = encode(sum);
  return found.every((byte, at) => byte === r[at]);
}

/** Extended coordinates X, Y, Z, T (RFC 8032 §5.1.4). */
type Point = readonly [bigint, bigint, bigint, bigint];

/** Holds for doubling, too: the formulas are complete. */
function add([x1, y1, z1, t1]: Point, [x2, y2, z2, t2]: Point): Point {
  const a = (y1 - x1) * (y2 - x2);
  const b = (y1 + x1) * (y2 + x2);
  const c = 2n * t1 * t2 * D;
  const d = 2n * z1 * z2;
  const [e, f, g, h] = [mod(b - a), mod(d - c), mod(d + c), mod(b + a)];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/** RFC 8032 §5.1.3. */
function decode(bytes: Uint8Array): Point | undefined {
  const all = number(bytes);
  const [sign, y] = [all >> 255n, all & ((1n << 255n) - 1n)];
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * v ** 3n * power(u * v ** 7n, (P - 5n) / 8n));
  if (mod(v * x * x) !== u) x = mod(x * ROOT);
  if (y >= P || mod(v * x * x) !== u || (x === 0n && sign)) return undefined;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function encode([x, y, z]: Point): Uint8Array {
  const inverse = power(z, P - 2n);
  const all = mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n);
  return Uint8Array.from({ length: 32 }, (_, at) => Number((all >> BigInt(at * 8)) & 255n));
}

/** Little-endian. */
function number(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

function mod(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = mod(base); exponent; exponent >>= 1n) {
    if (exponent & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

const P = (1n << 255n) - 19n;
const ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
const D = mod(-121665n * power(121666n, P - 2n));
const ROOT = power(2n, (P - 1n) / 4n);
const ZERO: Point = [0n, 1n, 1n, 0n];
const BASE = decode(new Uint8Array(32).fill(0x66).fill(0x58, 0, 1)) as Point;
