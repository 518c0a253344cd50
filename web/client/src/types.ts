/** What a page passes in and gets back. Binary inside answers is base64, as the API sends it: it goes on to the server. */

export type Language = "vi" | "en";

/**
 * For the page to show: looking for the agent; the browser asks the person whether this page may reach local
 * programs; Kyso's window asks to pair; Kyso's window asks to sign or sign in; nothing is under way.
 */
export type State = "searching" | "permission" | "pairing" | "signing" | "idle";

/** How the agent was reached. */
export type Transport = "http" | "https" | "ws" | "wss";

export interface Options {
  /** What the page calls itself in the pairing window, at most 200 bytes. The origin stands beside it. */
  name: string;
  language?: Language | undefined;
  /** Keeps the pairing; `localStorage` where none is given, and memory where the browser refuses that. */
  storage?: Pick<Storage, "getItem" | "setItem" | "removeItem"> | undefined;
  onState?: ((state: State) => void) | undefined;
  /** Ports to look at instead of Kyso's own: for tests. */
  agent?: { ports?: number[] } | undefined;
  /** Ends `connect`. */
  signal?: AbortSignal | undefined;
}

export interface CallOptions {
  /** Aborting leaves: Kyso's window closes and the call ends as `cancelled`. */
  signal?: AbortSignal | undefined;
}

/** Narrows a choice of certificates; each condition holds. */
export interface Filter {
  purpose?: "sign" | "authenticate" | undefined;
  valid?: "now" | undefined;
  issuer?: string | undefined;
  key?: "rsa" | "ec" | "ed25519" | undefined;
  subject?: string | undefined;
  fingerprint?: string | undefined;
}

export type DigestAlgorithm = "sha-256" | "sha-384" | "sha-512";
export type Scheme = "rsa-pkcs1" | "rsa-pss" | "ecdsa";

export interface Item {
  /** The document's name, as the person sees it. */
  name: string;
  digest: Uint8Array;
  /** `sha-256` where none is given. */
  algorithm?: DigestAlgorithm | undefined;
}

export interface RawItem extends Item {
  /** DER of the SET of signed attributes that the server built; then that is signed, and no item may lack it. */
  signedAttributes?: Uint8Array | undefined;
}

export interface Progress {
  done: number;
  total: number;
}

export interface AskOptions extends CallOptions {
  /** `id` of a certificate; where none is given the person chooses. */
  certificate?: string | undefined;
  /** Seconds that the person has, 10 to 600; 120 where none are given. */
  timeout?: number | undefined;
}

export interface SignCmsOptions extends AskOptions {
  filter?: Filter | undefined;
  scheme?: Scheme | undefined;
  /** `cades` (signing time inside) where none is given; `pades` for PDF. */
  profile?: "cades" | "pades" | undefined;
  onProgress?: ((progress: Progress) => void) | undefined;
  /** Asked again with the same key, Kyso opens no second window: it answers as the first time. */
  idempotencyKey?: string | undefined;
}

export interface SignOptions extends Omit<SignCmsOptions, "profile"> {
  /** Of ECDSA signatures; `der` where none is given, `p1363` for XML. */
  encoding?: "der" | "p1363" | undefined;
}

export interface Token {
  label: string;
  model: string;
  manufacturer: string;
  serial: string;
  pin: "ok" | "low" | "final_try" | "locked" | "must_change" | "reader";
}

export interface Name {
  /** RFC 4514. */
  text: string;
  common_name: string | null;
  organisation: string | null;
  unit: string | null;
  title: string | null;
  serial_number: string | null;
  email: string | null;
}

export interface Certificate {
  /** `sha256:` and the fingerprint in hex. */
  id: string;
  der: string;
  /** The issuers that Kyso knows, the leaf's first. */
  chain: string[];
  subject: Name;
  issuer: Name;
  serial: string;
  not_before: string;
  not_after: string;
  key: { type: "rsa" | "ec" | "ed25519" | "other"; bits?: number; curve?: string; algorithm?: string };
  schemes: Scheme[];
  usage: string[];
  purposes: ("sign" | "authenticate")[];
  holder: "person" | "organisation" | "unknown";
  /** The token's serial number. */
  token: string;
}

/** A row of Kyso's log; keep it with the signature. */
export interface Receipt {
  sequence: number;
  head: string;
}

export interface Signed {
  id: string;
  certificate: Certificate;
  scheme: Scheme;
  format: "raw" | "cms";
  /** In the order of the items. */
  signatures: { name: string; digest: { algorithm: DigestAlgorithm; value: string }; value: string }[];
  receipt: Receipt;
}

export interface SignIn {
  id: string;
  origin: string;
  nonce: string;
  certificate: Certificate;
  scheme: Scheme;
  signature: string;
  receipt: Receipt;
}

export interface KysoEvent {
  event: "token_inserted" | "token_removed";
  token: Token;
}

export type Retry = "now" | "after_user" | "never";

/** Codes that this client finds by itself. */
export type OwnCode =
  | "not_installed"
  | "not_running"
  | "permission_pending"
  | "permission_denied"
  | "mixed_content"
  | "version_too_old"
  | "identity_changed"
  | "insecure_context"
  | "pairing_refused"
  | "connection_lost"
  | "cancelled";

/**
 * All codes that this client knows: its own and the API's. What it does not know, of an agent newer than itself, it
 * carries all the same: a `switch` needs its `default`.
 */
export type ErrorCode =
  | OwnCode
  | "bad_request"
  | "digest_mismatch"
  | "pairing_required"
  | "origin_missing"
  | "origin_denied"
  | "user_denied"
  | "not_found"
  | "token_absent"
  | "certificate_unknown"
  | "method_not_allowed"
  | "user_timeout"
  | "token_removed"
  | "pin_must_change"
  | "token_changed"
  | "too_large"
  | "media_type"
  | "wrong_host"
  | "certificate_unfit"
  | "certificate_revoked"
  | "certificate_untrusted"
  | "scheme_unsupported"
  | "pin_locked"
  | "busy"
  | "audit_unavailable"
  | "internal"
  | "module_crashed"
  | "token_failed"
  | "signature_invalid"
  | "cancelled"
  | "module_missing"
  | "prompt_unavailable"
  | "paused"
  | "revocation_unavailable"
  | "shutting_down"
  | "module_timeout";
