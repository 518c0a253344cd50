import type { Options } from "./types.js";

/** What a page remembers of its agent from one visit to the next. */
export class Memory {
  readonly #storage: NonNullable<Options["storage"]>;

  constructor(storage = local()) {
    this.#storage = storage;
  }

  /** The bearer token. Without the key that the agent must show first it is never sent. */
  get token(): string | null {
    return this.key && this.#storage.getItem(TOKEN);
  }

  /** The agent's public key, base64. */
  get key(): string | null {
    return this.#storage.getItem(KEY);
  }

  /** Where the agent answered last, such as `http:21480`. */
  get place(): string | null {
    return this.#storage.getItem(PLACE);
  }

  found(place: string): void {
    this.#storage.setItem(PLACE, place);
  }

  paired(token: string, key: string): void {
    this.#storage.setItem(TOKEN, token);
    this.#storage.setItem(KEY, key);
  }

  /** The token died; the key still tells whether the same agent answers. */
  dropToken(): void {
    this.#storage.removeItem(TOKEN);
  }

  forget(): void {
    this.dropToken();
    this.#storage.removeItem(KEY);
  }
}

/** A browser that keeps nothing for this page refuses even the name. */
function local(): NonNullable<Options["storage"]> {
  try {
    return localStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (name) => kept.get(name) ?? null,
      setItem: (name, value) => void kept.set(name, value),
      removeItem: (name) => void kept.delete(name),
    };
  }
}

const TOKEN = "kyso.token";
const KEY = "kyso.agent_key";
const PLACE = "kyso.place";
