// What a document system's server must check of what its page got from Kyso. Nothing that came through the page is
// believed: documents, origin, nonces and roots are the server's own.
export { verifyCms, verifyDetached } from "./cms.js";
export { VerificationError } from "./errors.js";
export { verifyHello, verifyPairing } from "./identity.js";
export { Nonces } from "./nonces.js";
export { verifySignIn } from "./sign-in.js";
export { verifySigned } from "./signed.js";
