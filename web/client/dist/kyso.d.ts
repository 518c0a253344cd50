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
    agent?: {
        ports?: number[];
    } | undefined;
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
    key: {
        type: "rsa" | "ec" | "ed25519" | "other";
        bits?: number;
        curve?: string;
        algorithm?: string;
    };
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
    signatures: {
        name: string;
        digest: {
            algorithm: DigestAlgorithm;
            value: string;
        };
        value: string;
    }[];
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
export type OwnCode = "not_installed" | "not_running" | "permission_pending" | "permission_denied" | "mixed_content" | "version_too_old" | "identity_changed" | "insecure_context" | "pairing_refused" | "connection_lost" | "cancelled";
/**
 * All codes that this client knows: its own and the API's. What it does not know, of an agent newer than itself, it
 * carries all the same: a `switch` needs its `default`.
 */
export type ErrorCode = OwnCode | "bad_request" | "digest_mismatch" | "pairing_required" | "origin_missing" | "origin_denied" | "user_denied" | "not_found" | "token_absent" | "certificate_unknown" | "method_not_allowed" | "user_timeout" | "token_removed" | "pin_must_change" | "token_changed" | "too_large" | "media_type" | "wrong_host" | "certificate_unfit" | "certificate_revoked" | "certificate_untrusted" | "scheme_unsupported" | "pin_locked" | "busy" | "audit_unavailable" | "internal" | "module_crashed" | "token_failed" | "signature_invalid" | "cancelled" | "module_missing" | "prompt_unavailable" | "paused" | "revocation_unavailable" | "shutting_down" | "module_timeout";

/** The one error of this client: the API's error, or one of its own codes in the same form. */
export declare class KysoError extends Error {
    readonly name = "KysoError";
    /** Stable: what a page branches on. An agent newer than this client may say one that is not listed. */
    readonly code: ErrorCode;
    /** What the person can do. */
    readonly hint: string;
    readonly retry: Retry;
    /** The item that failed, counted from 0. */
    readonly item?: number;
    /** The request's id in Kyso's log. */
    readonly request?: string;
    constructor(about: {
        code: ErrorCode;
        message?: string;
        hint?: string;
        retry?: Retry;
        item?: number;
        request?: string;
    });
}

/** Bytes and how they are written. */
/** RFC 4648 §4. */
export declare function base64(bytes: Uint8Array): string;
export declare function fromBase64(text: string): Uint8Array;
/** SHA-256 of a file or of bytes. */
export declare function sha256(data: Blob | BufferSource): Promise<Uint8Array>;
/** The first and last four groups of a digest, as Kyso's window shows it, to be compared by eye. */
export declare function digestCode(digest: Uint8Array): string;

/**
 * Asks Kyso, the signing agent on the person's own machine, for signatures by their token. This client only carries
 * what comes back: the server verifies it.
 */
export declare class Kyso {
    #private;
    /** The language of errors and of Kyso's window; may be changed at any time. */
    language: Language;
    private constructor();
    /** Finds the agent, and makes sure that it is the one this page was paired with, if it was. */
    static connect(options: Options): Promise<Kyso>;
    /**
     * Asks the desktop to start Kyso; call it from a click. The browser asks the person first, and nothing tells whether
     * Kyso started: connect again after a moment.
     */
    static launch(): void;
    /** Drops what this page keeps of its agent: once a person has said that `identity_changed` is in order. */
    static forget(storage?: Options["storage"]): void;
    get transport(): Transport;
    /** Whether this page holds a pairing; only a call shows whether it still counts. */
    get paired(): boolean;
    /** Asks the person whether this page may ask for signatures. Every call but `events` does so where need be. */
    pair({ signal }?: CallOptions): Promise<void>;
    /**
     * Ends this page's pairing. What the page keeps of it is dropped in any case; where the agent can't be told, this
     * throws after that, and the site stays in the agent's list until the person takes it out.
     */
    forget({ signal }?: CallOptions): Promise<void>;
    /** The tokens that are plugged in. */
    tokens({ signal }?: CallOptions): Promise<Token[]>;
    /** The certificates on them; those that sign now where no filter is given. */
    certificates(filter?: Filter, { signal }?: CallOptions): Promise<Certificate[]>;
    /** Signs digests with one consent and one PIN, all or none: raw signatures, for servers that embed them. */
    sign(items: RawItem[], options?: SignOptions): Promise<Signed>;
    /** The same, but complete detached CMS signatures (CAdES-B, or PAdES-B for PDF). */
    signCms(items: Item[], options?: SignCmsOptions): Promise<Signed>;
    /** Signs in: with a certificate for it, over this page's origin and the server's nonce (16 to 64 bytes). */
    authenticate(nonce: Uint8Array, options?: AskOptions): Promise<SignIn>;
    /** Tokens that come and go, until `signal` aborts or the loop is left. Needs a pairing. */
    events({ signal }?: CallOptions): AsyncGenerator<KysoEvent, void, undefined>;
}
