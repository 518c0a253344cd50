// A page that loads the classic script from its package; only its types are looked at.

import "kyso-client/classic";

export async function page(file: File): Promise<string> {
  const kyso = await Kyso.connect({ name: "Hệ thống văn bản" });
  try {
    const { signatures } = await kyso.sign([{ name: file.name, digest: await Kyso.sha256(file) }]);
    return signatures[0]?.value ?? Kyso.base64(new Uint8Array());
  } catch (error) {
    // @ts-expect-error there is no such function
    Kyso.install();
    return error instanceof Kyso.KysoError ? error.code : "";
  }
}
