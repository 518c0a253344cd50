/** For pages without modules: one global, `Kyso`, which has all else as its properties. */

import { base64, digestCode, fromBase64, Kyso, KysoError, sha256 } from "./kyso.js";

Object.assign(globalThis, { Kyso: Object.assign(Kyso, { KysoError, sha256, digestCode, base64, fromBase64 }) });
