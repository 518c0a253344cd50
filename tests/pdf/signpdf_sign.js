// Signs a PDF as a server with @signpdf does whose key is far away: the placeholder is an incremental update, the CMS
// comes from outside.
//
//   node signpdf_sign.js SOURCE TARGET NAME
//
// One line of JSON goes out, {"digest"}, one comes in, {"value"}: the digest of what the byte range covers, and the
// CMS over it; both base64.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

import { plainAddPlaceholder } from "@signpdf/placeholder-plain";
import { SignPdf } from "@signpdf/signpdf";
import { SUBFILTER_ETSI_CADES_DETACHED, Signer } from "@signpdf/utils";

class Kyso extends Signer {
  async sign(covered) {
    const digest = createHash("sha256").update(covered).digest("base64");
    const lines = createInterface({ input: process.stdin });
    const answer = once(lines, "line");
    process.stdout.write(`${JSON.stringify({ digest })}\n`);
    const { value } = JSON.parse((await answer)[0]);
    lines.close();
    return Buffer.from(value, "base64");
  }
}

const [source, target, name] = process.argv.slice(2);
const prepared = plainAddPlaceholder({
  pdfBuffer: readFileSync(source),
  subFilter: SUBFILTER_ETSI_CADES_DETACHED,
  name,
  reason: "",
  contactInfo: "",
  location: "",
});
writeFileSync(target, await new SignPdf().sign(prepared, new Kyso()));
