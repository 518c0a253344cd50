// A page as its developer writes it; only its types are looked at.

import { base64, digestCode, fromBase64, Kyso, KysoError, sha256 } from "kyso-client";
import type { Certificate, ErrorCode, KysoEvent, Options, Signed, SignIn, State, Token } from "kyso-client";

export async function page(file: File, chosen: string | undefined): Promise<Signed | undefined> {
  const leave = new AbortController();
  const options: Options = {
    name: "Hệ thống văn bản",
    language: "vi",
    storage: sessionStorage,
    onState: (state: State) => console.log(state),
    signal: leave.signal,
  };
  try {
    const kyso = await Kyso.connect(options);
    if (!kyso.paired) await kyso.pair({ signal: leave.signal });
    const tokens: Token[] = await kyso.tokens();
    const certificates: Certificate[] = await kyso.certificates({ purpose: "sign", key: "rsa" });
    const digest = await sha256(file);
    console.log(tokens[0]?.pin, certificates[0]?.subject.common_name, digestCode(digest), kyso.transport);
    const items = [{ name: file.name, digest, algorithm: "sha-256" as const }];
    await kyso.sign(items, { certificate: chosen, scheme: "ecdsa", encoding: "p1363", timeout: 60 });
    const signIn: SignIn = await kyso.authenticate(fromBase64(base64(digest)), { certificate: chosen });
    console.log(signIn.signature);
    for await (const event of kyso.events()) console.log((event satisfies KysoEvent).token.serial);
    // @ts-expect-error there is no such algorithm
    await kyso.sign([{ name: "x", digest, algorithm: "sha-1" }]);
    // @ts-expect-error a page can't make one by itself
    new Kyso(options);
    return await kyso.signCms(items, { profile: "pades", onProgress: ({ done, total }) => console.log(done / total) });
  } catch (error) {
    if (!(error instanceof KysoError)) throw error;
    const words: Partial<Record<ErrorCode, string>> = { user_denied: "Bạn đã từ chối ký.", not_installed: "Cài Kyso." };
    if (error.code in words) console.log(words[error.code]);
    // @ts-expect-error a code that neither the API nor the client has
    if (error.code === "user_denyed") return undefined;
    console.log(error.code, error.message, error.hint, error.retry === "now", error.item, error.request);
    Kyso.launch();
    return undefined;
  }
}
