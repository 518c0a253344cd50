// What a server checks of Kyso's answers, with kyso-server. Nothing that came through the page is believed: documents,
// origin, nonce, roots and the agent's key are the server's own.
//
//   node verify.mjs signed|cms ROOTS ANSWER DOCUMENT...
//   node verify.mjs sign-in ROOTS ANSWER ORIGIN NONCE
//   node verify.mjs pairing|hello KEY ANSWER ORIGIN NONCE PORT

import { createReadStream, readFileSync } from "node:fs";

// Where it is installed: from "kyso-server".
import * as kyso from "../../../web/server/dist/index.js";

const [kind, known, answerPath, ...own] = process.argv.slice(2);
const answer = JSON.parse(readFileSync(answerPath, "utf8"));
const roots = () => readFileSync(known, "utf8");
const documents = () => own.map((path) => createReadStream(path));
const base64 = (text) => Buffer.from(text, "base64");
const talk = () => ({ origin: own[0], nonce: base64(own[1]), port: Number(own[2]) });

try {
  const found = await {
    signed: () => kyso.verifySigned(answer, { documents: documents(), roots: roots() }),
    cms: () => kyso.verifyCms(answer, { documents: documents(), roots: roots() }),
    "sign-in": async () => {
      const [origin, nonce] = own;
      return { signer: await kyso.verifySignIn(answer, { origin, nonce: base64(nonce), roots: roots() }) };
    },
    pairing: () => ({ key: kyso.verifyPairing(answer, talk()).toString("base64") }),
    hello: () => kyso.verifyHello(answer, { ...talk(), agentKey: base64(known) }) ?? { key: known },
  }[kind]();
  console.log(`ok: ${found.key ?? found.signer.subject.CN}`);
} catch (error) {
  if (!(error instanceof kyso.VerificationError)) throw error;
  console.error(`${error.code}: ${error.message}`);
  process.exitCode = 1;
}
