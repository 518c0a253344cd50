/**
 * Asks Kyso, the signing agent on the person's own machine, for signatures by their token. This client only carries
 * what comes back: the server verifies it.
 */

import { base64 } from "./bytes.js";
import type { Answer, Call, Place } from "./call.js";
import { CARRIERS, find, type Found } from "./discovery.js";
import { KysoError, own } from "./errors.js";
import { freshNonce, isShown } from "./identity.js";
import { Memory } from "./memory.js";
import { Shared } from "./shared.js";
import { Closed, messages, overSocket, REVOKED } from "./socket.js";
import type * as Shape from "./types.js";

export { base64, digestCode, fromBase64, sha256 } from "./bytes.js";
export { KysoError } from "./errors.js";
export type * from "./types.js";

/** A call before it is known where it goes. */
type Request = Omit<Call, "language" | "token"> & {
  isPaired?: boolean | undefined;
  isRepeated?: boolean;
  state?: Shape.State;
  /** Hears where the call goes. */
  onPlace?: (place: Place) => void;
};

export class Kyso {
  /** The language of errors and of Kyso's window; may be changed at any time. */
  language: Shape.Language;
  readonly #options: Shape.Options;
  readonly #memory: Memory;
  #place: Place | undefined;
  /** Whether the agent there holds the key of the pairing: no other gets the token. */
  #isOurs = false;
  /** When the agent last showed who it is. */
  #proven = 0;
  /** What is under way for the person to see, the newest last. */
  readonly #shown: Shape.State[] = [];
  readonly #pairing = new Shared((signal) => this.#pair(signal));
  readonly #finding = new Shared((signal) => this.#find(signal));

  private constructor(options: Shape.Options) {
    this.#options = options;
    this.#memory = new Memory(options.storage);
    this.language = options.language ?? "vi";
  }

  /** Finds the agent, and makes sure that it is the one this page was paired with, if it was. */
  static async connect(options: Shape.Options): Promise<Kyso> {
    const kyso = new Kyso(options);
    await kyso.#find(options.signal);
    return kyso;
  }

  /**
   * Asks the desktop to start Kyso; call it from a click. The browser asks the person first, and nothing tells whether
   * Kyso started: connect again after a moment.
   */
  static launch(): void {
    const frame = document.createElement("iframe");
    // In a frame: browsers leave the page for an address that no program opens.
    frame.hidden = true;
    frame.src = "kyso:start";
    document.body.append(frame);
    setTimeout(() => frame.remove(), LAUNCH_MS);
  }

  /** Drops what this page keeps of its agent: once a person has said that `identity_changed` is in order. */
  static forget(storage?: Shape.Options["storage"]): void {
    new Memory(storage).forget();
  }

  get transport(): Shape.Transport {
    return this.#place?.transport ?? "http";
  }

  /** Whether this page holds a pairing; only a call shows whether it still counts. */
  get paired(): boolean {
    return this.#token !== null;
  }

  /** Asks the person whether this page may ask for signatures. Every call but `events` does so where need be. */
  async pair({ signal }: Shape.CallOptions = {}): Promise<void> {
    return this.#pairing.join(signal, this.#cancelled);
  }

  /**
   * Ends this page's pairing. What the page keeps of it is dropped in any case; where the agent can't be told, this
   * throws after that, and the site stays in the agent's list until the person takes it out.
   */
  async forget({ signal }: Shape.CallOptions = {}): Promise<void> {
    try {
      if (this.paired) await this.#send({ method: "DELETE", path: "/v1/pairings/current", isPaired: true, signal });
    } catch (error) {
      if (codeOf(error) !== "pairing_required") throw error;
    } finally {
      this.#memory.forget();
    }
  }

  /** The tokens that are plugged in. */
  async tokens({ signal }: Shape.CallOptions = {}): Promise<Shape.Token[]> {
    return (await this.#paired({ method: "GET", path: "/v1/tokens", signal })).tokens;
  }

  /** The certificates on them; those that sign now where no filter is given. */
  async certificates(
    filter: Shape.Filter = { purpose: "sign", valid: "now" },
    { signal }: Shape.CallOptions = {},
  ): Promise<Shape.Certificate[]> {
    const given = Object.entries(filter).filter(([, value]) => value !== undefined);
    const query = new URLSearchParams(given).toString();
    return (await this.#paired({ method: "GET", path: "/v1/certificates", query, signal })).certificates;
  }

  /** Signs digests with one consent and one PIN, all or none: raw signatures, for servers that embed them. */
  async sign(items: Shape.RawItem[], options: Shape.SignOptions = {}): Promise<Shape.Signed> {
    return this.#sign(items, options, { encoding: options.encoding });
  }

  /** The same, but complete detached CMS signatures (CAdES-B, or PAdES-B for PDF). */
  async signCms(items: Shape.Item[], options: Shape.SignCmsOptions = {}): Promise<Shape.Signed> {
    return this.#sign(items, options, { format: "cms", profile: options.profile });
  }

  /** Signs in: with a certificate for it, over this page's origin and the server's nonce (16 to 64 bytes). */
  async authenticate(nonce: Uint8Array, options: Shape.AskOptions = {}): Promise<Shape.SignIn> {
    const { certificate, timeout, signal } = options;
    const body = { nonce: base64(nonce), certificate, timeout_s: timeout };
    const answer = await this.#paired({ method: "POST", path: "/v1/authentications", body, signal, state: "signing" });
    if (answer.nonce !== body.nonce || answer.origin !== globalThis.origin) {
      throw own("signature_invalid", this.language);
    }
    return answer;
  }

  /** Tokens that come and go, until `signal` aborts or the loop is left. Needs a pairing. */
  async *events({ signal }: Shape.CallOptions = {}): AsyncGenerator<Shape.KysoEvent, void, undefined> {
    let token: string | undefined;
    try {
      const found = await this.#at(signal);
      token = this.#neededToken(found);
      for await (const message of messages(socketOf(found.place), token, signal)) {
        if (message.error) throw new KysoError(message.error);
        if (message.event && !message.id) yield message;
      }
    } catch (error) {
      if (!signal?.aborted) throw this.#failed(error, token);
    }
  }

  async #sign(items: Shape.RawItem[], options: Shape.SignOptions, kind: object): Promise<Shape.Signed> {
    const { certificate, filter, scheme, timeout, signal, onProgress } = options;
    const body = {
      certificate,
      filter,
      scheme,
      ...kind,
      items: items.map(({ name, digest, algorithm = "sha-256", signedAttributes }) => ({
        name,
        digest: { algorithm, value: base64(digest) },
        signed_attributes: signedAttributes && base64(signedAttributes),
      })),
      timeout_s: timeout,
    };
    const answer: Shape.Signed = await this.#paired({
      method: "POST",
      path: "/v1/signatures",
      body,
      // A browser may send a request twice by itself; with the key there is one window all the same.
      idempotencyKey: options.idempotencyKey ?? crypto.randomUUID(),
      signal,
      state: "signing",
      onEvent: ({ event, done, total }) => {
        if (event === "progress") onProgress?.({ done, total });
      },
    });
    const wrong = body.items.findIndex(({ digest }, at) => {
      const signed = answer.signatures?.[at]?.digest;
      return signed?.algorithm !== digest.algorithm || signed.value !== digest.value;
    });
    if (wrong >= 0 || answer.signatures?.length !== items.length) {
      throw own("signature_invalid", this.language, wrong >= 0 ? wrong : undefined);
    }
    return answer;
  }

  /** A call of a paired page. A pairing that ended is replaced by one new one, never more. */
  async #paired(request: Request): Promise<any> {
    if (!this.paired) await this.pair(request);
    try {
      return await this.#send({ ...request, isPaired: true });
    } catch (error) {
      // One that was taken back under this very call was meant.
      if (codeOf(error) !== "pairing_required" || (error as KysoError).cause) throw error;
      // A call beside this one may have a new one already.
      if (!this.paired) await this.pair(request);
      return this.#send({ ...request, isPaired: true });
    }
  }

  async #pair(signal: AbortSignal): Promise<void> {
    const nonce = freshNonce();
    const body = { name: this.#options.name, nonce: base64(nonce) };
    let place: Place | undefined;
    const onPlace = (asked: Place) => (place = asked);
    let answer;
    try {
      answer = await this.#send({ method: "POST", path: "/v1/pairings", body, signal, state: "pairing", onPlace });
    } catch (error) {
      throw codeOf(error) === "user_denied" ? own("pairing_refused", this.language) : error;
    }
    const key = this.#memory.key ?? answer.agent_key;
    if (!place || !(await isShown("pairing", answer, key, nonce, place.port))) {
      if (place) await this.#giveUp(place, answer.token);
      throw own("identity_changed", this.language);
    }
    this.#memory.paired(answer.token, key);
    this.#keep({ place, isOurs: true });
  }

  /** Whoever answered has made a pairing that this page can't use: it shall stay in nobody's list. */
  async #giveUp(place: Place, token: string): Promise<void> {
    const { language } = this;
    const call: Call = { method: "DELETE", path: "/v1/pairings/current", token, language };
    await CARRIERS[place.transport](place, { ...call, signal: AbortSignal.timeout(GIVE_UP_MS) }).catch(() => {});
  }

  async #send({ state, isPaired, isRepeated, onPlace, ...request }: Request): Promise<any> {
    const call: Call = { ...request, language: this.language };
    try {
      const found = await this.#at(call.signal);
      onPlace?.(found.place);
      if (isPaired) call.token = this.#neededToken(found);
      const { status, body } = await this.#during(state, () => this.#carry(found.place, call, !!state));
      if (status !== 204 && (typeof body !== "object" || !body)) throw new Error("no answer of Kyso's");
      if (!body?.error) return body;
      // This client asks for nothing that a present agent does not have.
      throw status === 404 && body.error.code === "not_found"
        ? own("version_too_old", this.language)
        : new KysoError(body.error);
    } catch (error) {
      if (error instanceof KysoError) throw this.#failed(error, call.token);
      if (call.signal?.aborted) throw this.#cancelled();
      const lost = this.#failed(error, call.token);
      // The agent may have started anew elsewhere, or be gone; only what asks nobody is sent twice.
      if (call.method !== "GET" || isRepeated) throw lost;
      return await this.#send({ ...request, isPaired, isRepeated: true });
    }
  }

  /**
   * What waits for a person goes over a socket where one opens: browsers give up on an HTTP answer after five minutes.
   * One that failed says nothing of the next: the agent may have been busy.
   */
  async #carry(place: Place, call: Call, waits: boolean): Promise<Answer> {
    if (waits) {
      try {
        return await overSocket(socketOf(place), call);
      } catch (error) {
        if (call.signal?.aborted || (error instanceof Closed && error.open)) throw error;
      }
    }
    return CARRIERS[place.transport](place, call);
  }

  /**
   * Where the agent is, and whether it is the one that was paired: as one value, for a call beside this one may find
   * another. It shows who it is again after a while: another program may have taken its port.
   */
  async #at(signal: AbortSignal | undefined): Promise<Found> {
    const place = this.#place;
    // Calls at the same time search once: each by itself, they would take all places that a page has at the agent.
    if (!place || Date.now() - this.#proven > PROOF_MS) return this.#finding.join(signal, this.#cancelled);
    return { place, isOurs: this.#isOurs };
  }

  get #token(): string | null {
    return this.#isOurs ? this.#memory.token : null;
  }

  #neededToken({ isOurs }: Found): string {
    const token = isOurs ? this.#memory.token : null;
    if (!token) throw own("pairing_required", this.language);
    return token;
  }

  async #find(signal: AbortSignal | undefined): Promise<Found> {
    const { agent, onState = () => {} } = this.#options;
    const search = { memory: this.#memory, language: this.language, ports: agent?.ports ?? PORTS, onState, signal };
    const state = this.#place ? undefined : "searching";
    this.#place = undefined;
    const found = await this.#during(state, () => find(search));
    this.#keep(found);
    return found;
  }

  #keep({ place, isOurs }: Found): void {
    this.#place = place;
    this.#isOurs = isOurs;
    this.#proven = Date.now();
  }

  /** Shows the state until the work ends, then what else is under way. */
  async #during<T>(state: Shape.State | undefined, work: () => Promise<T>): Promise<T> {
    if (!state) return work();
    const tell = () => this.#options.onState?.(this.#shown.at(-1) ?? "idle");
    this.#shown.push(state);
    tell();
    try {
      return await work();
    } finally {
      this.#shown.splice(this.#shown.indexOf(state), 1);
      tell();
    }
  }

  #cancelled = (): KysoError => own("cancelled", this.language);

  /** Whatever went wrong, as a [`KysoError`]; `token` is what the agent was sent. */
  #failed(error: unknown, token?: string | null): KysoError {
    const typed = error instanceof KysoError ? error : this.#lost(error);
    // The word of the agent that got it; a call beside this one may have a new one already.
    if (typed.code === "pairing_required" && token && token === this.#memory.token) this.#memory.dropToken();
    return typed;
  }

  #lost(cause: unknown): KysoError {
    this.#place = undefined;
    const isRevoked = cause instanceof Closed && cause.code === REVOKED;
    return Object.assign(own(isRevoked ? "pairing_required" : "connection_lost", this.language), { cause });
  }
}

function socketOf({ transport, port }: Place): Place {
  return { transport: transport === "https" || transport === "wss" ? "wss" : "ws", port };
}

function codeOf(error: unknown): Shape.ErrorCode | undefined {
  return error instanceof KysoError ? error.code : undefined;
}

/** Where an agent may listen: on a shared machine each user has one. */
const PORTS = Array.from({ length: 64 }, (_, index) => 21480 + index);
/** How long an agent that showed who it is is believed. */
const PROOF_MS = 60_000;
const LAUNCH_MS = 5_000;
const GIVE_UP_MS = 3_000;
