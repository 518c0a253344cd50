import { base64 } from "./bytes.js";
import type { Call, Carry, Place } from "./call.js";
import { KysoError, own } from "./errors.js";
import { overHttp } from "./http.js";
import { freshNonce, isShown } from "./identity.js";
import type { Memory } from "./memory.js";
import { localPermission, StillAsked, whileAsked } from "./permission.js";
import { overSocket } from "./socket.js";
import type { Language, Options, Transport } from "./types.js";

export interface Search {
  memory: Memory;
  language: Language;
  ports: number[];
  onState: NonNullable<Options["onState"]>;
  signal?: AbortSignal | undefined;
}

/** Where the agent is, and whether it has shown the key that this page was paired with. */
export interface Found {
  place: Place;
  isOurs: boolean;
}

/** What answers at a place, the best last. */
const enum Rank {
  Nothing,
  /** An agent that has no time for this page, or goes. */
  Refusing,
  /** An agent that lacks what this client needs. */
  Old,
  /** It does not hold the key that this page was paired with. */
  Impostor,
  /** An agent that knows of no pairing with this page. */
  Stranger,
  Ours,
}

interface Seen {
  rank: Rank;
  /** What the agent says of it. */
  error?: ConstructorParameters<typeof KysoError>[0];
}

interface Finding extends Seen {
  place: Place;
}

/**
 * Finds the agent: where it answered last, then the first eight ports over HTTP, then all others, and beside them
 * whatever else this browser may let through (some systems take seconds to refuse a port), last of all on the others.
 * A paired page goes on looking behind whoever can't show the agent's key.
 */
export async function find(search: Search): Promise<Found> {
  if (globalThis.isSecureContext === false) throw own("insecure_context", search.language);
  if (globalThis.origin === "null") throw own("origin_missing", search.language);
  if (search.signal?.aborted) throw own("cancelled", search.language);
  if ((await localPermission()) === "denied") throw own("permission_denied", search.language);
  const enough = search.memory.key ? Rank.Ours : Rank.Stranger;
  let best: Finding | undefined;
  for (const places of rounds(search)) {
    // Whatever carried an answer works: only silence is a reason to try another way.
    const works = best?.place.transport;
    const found = await look(
      places.filter(({ transport }) => !works || transport === works),
      enough,
      search,
    );
    if (found && found.rank > (best?.rank ?? Rank.Nothing)) best = found;
    if (best && best.rank >= enough) break;
  }
  if (search.signal?.aborted) throw own("cancelled", search.language);
  if (!best) throw await absent(search);
  if (best.error) throw new KysoError(best.error);
  if (best.rank === Rank.Old) throw own("version_too_old", search.language);
  if (best.rank === Rank.Impostor) throw own("identity_changed", search.language);
  search.memory.found(name(best.place));
  return { place: best.place, isOurs: best.rank === Rank.Ours };
}

function rounds({ memory, ports }: Search): Place[][] {
  const above = (transport: Transport) => (transport === "https" || transport === "wss" ? TLS : 0);
  const over = (transport: Transport, some: number[]) =>
    some.map((port) => ({ transport, port: port + above(transport) }));
  const transports = Object.keys(CARRIERS) as Transport[];
  const last = transports.flatMap((transport) => over(transport, ports)).find((place) => name(place) === memory.place);
  const [first, rest] = [ports.slice(0, 8), ports.slice(8)];
  const elsewhere = (some: number[]) => [...over("ws", some), ...over("https", some), ...over("wss", some)];
  return [last ? [last] : [], over("http", first), [...over("http", rest), ...elsewhere(first)], elsewhere(rest)];
}

/** What a place is remembered by, such as `http:21480`. */
function name({ transport, port }: Place): string {
  return `${transport}:${port}`;
}

/** The best of what answers at these places; at once if it is good enough. */
async function look(places: Place[], enough: Rank, search: Search): Promise<Finding | undefined> {
  if (!places.length) return undefined;
  let answered = 0;
  const found: Finding[] = [];
  const probeAll = (signal: AbortSignal) =>
    new Promise<boolean>((resolve) => {
      signal.addEventListener("abort", () => resolve(false));
      for (const place of places) {
        void probe(place, { ...search, signal }).then((seen) => {
          answered += 1;
          if (seen.rank) found.push({ place, ...seen });
          if (seen.rank >= enough || answered === places.length) resolve(found.length > 0);
        });
      }
    });
  const allSilent = () => places.length > 1 && answered === 0;
  try {
    await whileAsked(probeAll, { ...search, allSilent });
  } catch (error) {
    throw error instanceof StillAsked ? own("permission_pending", search.language) : error;
  }
  return found.sort((one, other) => other.rank - one.rank)[0];
}

async function probe(place: Place, { memory, language, signal }: Search): Promise<Seen> {
  const carry = CARRIERS[place.transport];
  const ask = (call: Partial<Call>) => carry(place, { method: "GET", path: "/v1/health", language, signal, ...call });
  try {
    const { body: health } = await ask({});
    if (health.agent !== "kyso") return refusing(health);
    if (health.api !== API) return { rank: Rank.Old };
    if (!memory.key) return { rank: Rank.Stranger };
    const nonce = freshNonce();
    const hello = await ask({ method: "POST", path: "/v1/hello", body: { nonce: base64(nonce) } });
    if (hello.status === 404) return { rank: Rank.Old };
    if (hello.body.error?.code === "pairing_required") return { rank: Rank.Stranger };
    if (hello.body.error) return refusing(hello.body);
    const isOurs = await isShown("hello", hello.body, memory.key, nonce, place.port);
    return { rank: isOurs ? Rank.Ours : Rank.Impostor };
  } catch {
    return { rank: Rank.Nothing };
  }
}

/** An error with all that Kyso's errors have; other programs have errors, too. */
function refusing({ error }: any): Seen {
  const isKysos = ["code", "message", "hint", "retry", "request"].every((name) => typeof error?.[name] === "string");
  return isKysos ? { rank: Rank.Refusing, error } : { rank: Rank.Nothing };
}

/** Why nothing answers. */
async function absent({ memory, language }: Search): Promise<KysoError> {
  if ((await localPermission()) === "denied") return own("permission_denied", language);
  const { location, navigator } = globalThis;
  // Safari lets no https page reach plain http on this machine, and does not tell; nothing speaks to it but TLS.
  const wantsTls = location?.protocol === "https:" && navigator.vendor?.startsWith("Apple");
  if (wantsTls && !/^(https|wss):/.test(memory.place ?? "")) return own("mixed_content", language);
  return own(memory.place ? "not_running" : "not_installed", language);
}

export const CARRIERS: Record<Transport, Carry> = {
  http: overHttp,
  https: overHttp,
  ws: overSocket,
  wss: overSocket,
};

/** The version of the API that this client speaks. */
const API = 1;
/** How far above its plain port an agent speaks TLS. */
const TLS = 100;
