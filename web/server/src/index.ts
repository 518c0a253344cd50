// What a document system's server must check of what its page got from Kyso. Nothing that came through the page is
// believed: documents, origin, nonces and roots are the server's own.

export type { Encoding, Hash, Scheme } from "./algorithms.js";
export type { Signer, Trust } from "./answer.js";
export type { Roots } from "./chain.js";
export { type CmsExpected, type VerifiedCms, verifyCms, verifyDetached } from "./cms.js";
export { type FailureCode, VerificationError } from "./errors.js";
export { type Talk, verifyHello, verifyPairing } from "./identity.js";
export type { Verified } from "./items.js";
export { Nonces } from "./nonces.js";
export { type SignInExpected, verifySignIn } from "./sign-in.js";
export type { Content } from "./signature.js";
export { type SignedExpected, verifySigned } from "./signed.js";
