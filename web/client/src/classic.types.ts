/** What the classic script adds to a page: one global. */

import type * as client from "./kyso.js";

declare global {
  var Kyso: typeof client.Kyso &
    Pick<typeof client, "KysoError" | "sha256" | "digestCode" | "base64" | "fromBase64">;
}

export {};
