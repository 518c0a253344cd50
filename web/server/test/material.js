// Certificates and CMS by OpenSSL's command, so that the kit is not judged by itself.
import { execFileSync } from "node:child_process";
import { createHash, sign, X509Certificate, constants } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const folder = mkdtempSync(join(tmpdir(), "kyso-server-"));
process.on("exit", () => rmSync(folder, { recursive: true }));

export const DOCUMENT = Buffer.from("Kính gửi: Văn phòng Chính phủ");

/** Runs openssl in the folder; what it prints. */
function openssl(...words) {
  return execFileSync("openssl", words, { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
}

const CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n";
const LEAF = "basicConstraints=critical,CA:FALSE\nsubjectKeyIdentifier=hash\n";
const DOCUMENTS = `${LEAF}keyUsage=critical,nonRepudiation\n`;
const SIGN_IN = `${LEAF}keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n`;

/** Makes a key and a certificate; returns them with the issuers above, the root last. */
export function make(name, { issuer, key = "EC", extensions = CA, digest = "sha256", days = "30", subject } = {}) {
  const kind = key.startsWith("RSA")
    ? ["RSA", "-pkeyopt", `rsa_keygen_bits:${key.slice(3)}`]
    : ["EC", "-pkeyopt", `ec_paramgen_curve:${key === "EC" ? "P-256" : key}`];
  openssl("genpkey", "-algorithm", ...kind, "-out", `${name}.key`);
  openssl("req", "-new", "-key", `${name}.key`, "-subj", subject ?? `/CN=${name}/O=Kyso`, "-out", `${name}.csr`, "-utf8");
  writeFileSync(join(folder, `${name}.cnf`), extensions);
  const by = issuer ? ["-CA", `${issuer.name}.crt`, "-CAkey", `${issuer.name}.key`] : ["-signkey", `${name}.key`];
  const serial = String(1 + ++made);
  const about = ["-days", days, `-${digest}`, "-set_serial", serial, "-extfile", `${name}.cnf`, "-out", `${name}.crt`];
  openssl("x509", "-req", "-in", `${name}.csr`, ...by, ...about);
  const read = (ending) => readFileSync(join(folder, `${name}.${ending}`), "utf8");
  const certificate = new X509Certificate(read("crt"));
  return { name, pem: read("crt"), certificate, key: read("key"), above: issuer ? [issuer, ...issuer.above] : [] };
}
let made = 0;

export const root = make("root");
export const otherRoot = make("other", { subject: "/CN=root/O=Kyso" });
export const issuing = make("issuing", { issuer: root, extensions: CA.replace("TRUE", "TRUE,pathlen:0") });
export const person = make("person", { issuer: issuing, extensions: DOCUMENTS });
export const rsa = make("rsa", { issuer: issuing, key: "RSA2048", extensions: DOCUMENTS });
export const signIn = make("sign-in", { issuer: issuing, extensions: SIGN_IN });
export { CA, DOCUMENTS, LEAF };

/** A certificate as Kyso writes it into an answer. */
export function written({ certificate, above }) {
  const chain = above.filter((one) => one.above.length > 0).map((one) => one.certificate.raw.toString("base64"));
  const id = `sha256:${certificate.fingerprint256.replaceAll(":", "").toLowerCase()}`;
  return { id, der: certificate.raw.toString("base64"), chain };
}

/** An answer of `POST /v1/signatures` about these documents. */
export function signed(signer, { scheme = "ecdsa", hash = "sha-256", encoding = "der", documents = [DOCUMENT] } = {}) {
  const signatures = documents.map((document) => item(document, raw(signer, document, { scheme, hash, encoding }), hash));
  return { id: "1", certificate: written(signer), scheme, format: "raw", signatures };
}

/** The same with a CMS for each, made by `openssl cms`. */
export function cms(signer, { hash = "sha-256", scheme = "ecdsa", documents = [DOCUMENT], words = ["-cades"] } = {}) {
  const signatures = documents.map((document) => {
    writeFileSync(join(folder, "document"), document);
    const issuers = signer.above.filter((one) => one.above.length > 0);
    writeFileSync(join(folder, "issuers.pem"), issuers.map((one) => one.pem).join(""));
    const pss = scheme === "rsa-pss" ? ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:-1"] : [];
    const how = ["-signer", `${signer.name}.crt`, "-inkey", `${signer.name}.key`, "-certfile", "issuers.pem", ...pss];
    const made = ["-binary", "-nosmimecap", "-md", hash.replace("-", ""), "-in", "document", "-outform", "DER"];
    return item(document, openssl("cms", "-sign", ...how, ...made, ...words), hash);
  });
  return { id: "1", certificate: written(signer), scheme, format: "cms", signatures };
}

/** What a token makes of these bytes. */
export function raw(signer, bytes, { scheme = "ecdsa", hash = "sha-256", encoding = "der" } = {}) {
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  const dsaEncoding = encoding === "p1363" ? "ieee-p1363" : "der";
  const how = { "rsa-pkcs1": {}, "rsa-pss": pss, ecdsa: { dsaEncoding } }[scheme];
  return sign(hash.replace("-", ""), bytes, { key: signer.key, ...how });
}

/** An answer of `POST /v1/authentications`. */
export function signedIn(signer, origin, nonce) {
  const sha256 = (bytes) => createHash("sha256").update(bytes).digest();
  const text = Buffer.concat([Buffer.from("kyso sign-in v1\0"), sha256(origin), sha256(nonce)]);
  const signature = raw(signer, text).toString("base64");
  return { id: "1", origin, nonce: nonce.toString("base64"), certificate: written(signer), scheme: "ecdsa", signature };
}

function item(document, value, hash) {
  const digest = createHash(hash.replace("-", "")).update(document).digest();
  return { name: "Công văn.pdf", digest: { algorithm: hash, value: digest.toString("base64") }, value: value.toString("base64") };
}

/** The bytes with one bit the other way round, at this place from the end. */
export function flipped(base64, fromEnd = 1) {
  const bytes = Buffer.from(base64, "base64");
  bytes[bytes.length - fromEnd] ^= 1;
  return bytes.toString("base64");
}
