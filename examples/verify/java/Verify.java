// What a server checks of Kyso's answers, with the JDK (17 or newer), Bouncy Castle for CMS and Gson for JSON. Nothing
// that came through the page is believed: documents, origin, nonce and roots are the server's own.
//
//   java Verify signed|cms ROOTS ANSWER DOCUMENT...
//   java Verify sign-in ROOTS ANSWER ORIGIN NONCE

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.cert.*;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.*;
import org.bouncycastle.asn1.cms.Attribute;
import org.bouncycastle.asn1.cms.AttributeTable;
import org.bouncycastle.asn1.ess.SigningCertificateV2;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cms.*;
import org.bouncycastle.cms.jcajce.JcaSimpleSignerInfoVerifierBuilder;
import org.bouncycastle.jce.provider.BouncyCastleProvider;

public final class Verify {
    /** The first word tells the failures apart. */
    @SuppressWarnings("serial")
    static final class Refused extends Exception {
        Refused(String code, String why) {
            super(code + ": " + why);
        }
    }

    /** Raw signatures: each over the server's own document, by a certificate for documents. */
    static X509Certificate signed(JsonObject answer, List<byte[]> documents, Set<TrustAnchor> roots) throws Exception {
        var certificates = certificates(answer);
        var leaf = certificates.get(0);
        var items = items(answer, documents);
        for (int at = 0; at < documents.size(); at++) {
            var hash = ownDigest(items.get(at), documents.get(at));
            check(leaf.getPublicKey(), text(answer, "scheme"), hash, documents.get(at), bytes(items.get(at), "value"));
        }
        trusted(certificates, roots);
        return forDocuments(leaf);
    }

    /** Detached CMS (CAdES-B): attributes about the server's own document, signed by the answer's certificate. */
    static X509Certificate cms(JsonObject answer, List<byte[]> documents, Set<TrustAnchor> roots) throws Exception {
        var certificates = certificates(answer);
        var leaf = certificates.get(0);
        var items = items(answer, documents);
        for (int at = 0; at < documents.size(); at++) {
            ownDigest(items.get(at), documents.get(at));
            var info = signerInfo(bytes(items.get(at), "value"), documents.get(at));
            if (!info.getSID().match(new X509CertificateHolder(leaf.getEncoded()))) {
                throw new Refused("signer", "the CMS is another certificate's than the answer's");
            }
            known(HASH_IDENTIFIERS, info.getDigestAlgOID());
            known(SIGNATURE_IDENTIFIERS, info.getEncryptionAlgOID());
            checkAttributes(info, leaf);
            namesSigner(info.getSignedAttributes(), leaf);
        }
        trusted(certificates, roots);
        return forDocuments(leaf);
    }

    /** A sign-in: at this origin, on this nonce (taken out of the session, so that it works once). */
    static X509Certificate signIn(JsonObject answer, String origin, byte[] nonce, Set<TrustAnchor> roots)
            throws Exception {
        if (!text(answer, "origin").equals(origin)) throw new Refused("origin", "it is for another site");
        if (!Arrays.equals(bytes(answer, "nonce"), nonce)) throw new Refused("nonce", "it is for another nonce");
        var certificates = certificates(answer);
        var leaf = certificates.get(0);
        var sha256 = MessageDigest.getInstance("SHA-256");
        var signed = new ByteArrayOutputStream();
        signed.write("kyso sign-in v1\0".getBytes("UTF-8"));
        signed.write(sha256.digest(origin.getBytes("UTF-8")));
        signed.write(sha256.digest(nonce));
        check(leaf.getPublicKey(), text(answer, "scheme"), "SHA-256", signed.toByteArray(), bytes(answer, "signature"));
        trusted(certificates, roots);
        return forSignIn(leaf);
    }

    /** The signer's, then its issuers'. */
    static List<X509Certificate> certificates(JsonObject answer) throws Exception {
        var fields = answer.getAsJsonObject("certificate");
        var found = new ArrayList<X509Certificate>();
        found.add(certificate(bytes(fields, "der")));
        for (var der : fields.getAsJsonArray("chain")) {
            found.add(certificate(Base64.getDecoder().decode(der.getAsString())));
        }
        return found;
    }

    static X509Certificate certificate(byte[] der) throws CertificateException {
        var factory = CertificateFactory.getInstance("X.509");
        return (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(der));
    }

    static List<JsonObject> items(JsonObject answer, List<byte[]> documents) throws Refused {
        var items = new ArrayList<JsonObject>();
        answer.getAsJsonArray("signatures").forEach(item -> items.add(item.getAsJsonObject()));
        if (items.size() != documents.size()) throw new Refused("count", "not as many signatures as documents");
        return items;
    }

    /** The hash function, once the answer is found to be about this document. */
    static String ownDigest(JsonObject item, byte[] document) throws Exception {
        var digest = item.getAsJsonObject("digest");
        var hash = text(digest, "algorithm").toUpperCase(Locale.ROOT);
        if (!HASHES.contains(hash)) throw new Refused("algorithm", hash);
        if (!Arrays.equals(bytes(digest, "value"), MessageDigest.getInstance(hash).digest(document))) {
            throw new Refused("digest", "it is about another document");
        }
        return hash;
    }

    /** The one of a detached CMS (RFC 5652 §5.3). */
    static SignerInformation signerInfo(byte[] cms, byte[] document) throws Refused {
        try {
            var signers = new CMSSignedData(new CMSProcessableByteArray(document), cms).getSignerInfos().getSigners();
            if (signers.size() == 1) return signers.iterator().next();
        } catch (CMSException unreadable) {
            throw new Refused("attributes", unreadable.getMessage());
        }
        throw new Refused("attributes", "not one signer");
    }

    /** The certificate's key signed attributes that hold the document's digest. */
    static void checkAttributes(SignerInformation info, X509Certificate leaf) throws Exception {
        // The library would take a signature over the document itself, which says nothing of its signer.
        if (info.getSignedAttributes() == null) throw new Refused("attributes", "there are no signed attributes");
        try {
            var verifier = new JcaSimpleSignerInfoVerifierBuilder().setProvider(new BouncyCastleProvider());
            if (!info.verify(verifier.build(leaf))) throw new Refused("signature", "it is not this certificate's");
        } catch (CMSSignerDigestMismatchException mismatch) {
            throw new Refused("digest", "it is about another document");
        } catch (CMSException unreadable) {
            throw new Refused("signature", unreadable.getMessage());
        }
    }

    /** RFC 5035 §3: the attributes name the certificate, so that no other can be put in its place. */
    static void namesSigner(AttributeTable attributes, X509Certificate leaf) throws Exception {
        var found = attributes.getAll(PKCSObjectIdentifiers.id_aa_signingCertificateV2);
        if (found.size() != 1) throw new Refused("attributes", "not one signing-certificate-v2");
        var value = Attribute.getInstance(found.get(0)).getAttrValues().getObjectAt(0);
        var named = SigningCertificateV2.getInstance(value).getCerts()[0];
        var hash = MessageDigest.getInstance(
                known(HASH_IDENTIFIERS, named.getHashAlgorithm().getAlgorithm().getId()));
        if (!Arrays.equals(named.getCertHash(), hash.digest(leaf.getEncoded()))) {
            throw new Refused("signer", "the attributes name another certificate");
        }
    }

    static String known(Set<String> taken, String algorithm) throws Refused {
        if (!taken.contains(algorithm)) throw new Refused("algorithm", algorithm);
        return algorithm;
    }

    static void check(PublicKey key, String scheme, String hash, byte[] message, byte[] signature) throws Exception {
        var kind = scheme.equals("ecdsa") ? "EC" : "RSA";
        if (!SCHEMES.contains(scheme) || !key.getAlgorithm().equals(kind)) {
            throw new Refused("algorithm", scheme + " with this key");
        }
        var name = hash.replace("-", "") + (kind.equals("EC") ? "withECDSA" : "withRSA");
        var verifier = Signature.getInstance(scheme.equals("rsa-pss") ? "RSASSA-PSS" : name);
        if (scheme.equals("rsa-pss")) {
            var length = MessageDigest.getInstance(hash).getDigestLength();
            verifier.setParameter(new PSSParameterSpec(hash, "MGF1", new MGF1ParameterSpec(hash), length, 1));
        }
        verifier.initVerify(key);
        verifier.update(message);
        try {
            if (verifier.verify(signature)) return;
        } catch (SignatureException malformed) {
            // As bad as a wrong one.
        }
        throw new Refused("signature", "it is not this certificate's over this");
    }

    /** Issued under one of the roots, now. Revocation is asked elsewhere: OCSP or the CRL. */
    static void trusted(List<X509Certificate> certificates, Set<TrustAnchor> roots) throws Exception {
        try {
            certificates.get(0).checkValidity();
        } catch (CertificateExpiredException expired) {
            throw new Refused("expired", expired.getMessage());
        }
        var signer = new X509CertSelector();
        signer.setCertificate(certificates.get(0));
        var rules = new PKIXBuilderParameters(roots, signer);
        rules.setRevocationEnabled(false);
        rules.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(certificates)));
        try {
            CertPathBuilder.getInstance("PKIX").build(rules);
        } catch (CertPathBuilderException noPath) {
            throw new Refused("untrusted", noPath.getMessage());
        }
    }

    /** nonRepudiation, or no key usage at all. */
    static X509Certificate forDocuments(X509Certificate leaf) throws Refused {
        var usage = leaf.getKeyUsage();
        if (usage != null && !usage[NON_REPUDIATION]) throw new Refused("usage", "it is not for documents");
        return leaf;
    }

    /** digitalSignature with clientAuth, and not for documents. */
    static X509Certificate forSignIn(X509Certificate leaf) throws Exception {
        var usage = leaf.getKeyUsage();
        var extended = leaf.getExtendedKeyUsage();
        var fit = usage != null && usage[DIGITAL_SIGNATURE] && !usage[NON_REPUDIATION];
        if (!fit || extended == null || !extended.contains(CLIENT_AUTH)) {
            throw new Refused("usage", "it is not for signing in");
        }
        return leaf;
    }

    static String text(JsonObject object, String name) {
        return object.get(name).getAsString();
    }

    static byte[] bytes(JsonObject object, String name) {
        return Base64.getDecoder().decode(text(object, name));
    }

    static final Set<String> HASHES = Set.of("SHA-256", "SHA-384", "SHA-512");
    static final Set<String> HASH_IDENTIFIERS = Set.of(
            CMSSignedDataGenerator.DIGEST_SHA256,
            CMSSignedDataGenerator.DIGEST_SHA384,
            CMSSignedDataGenerator.DIGEST_SHA512);
    static final Set<String> SIGNATURE_IDENTIFIERS = Set.of(
            CMSSignedDataGenerator.ENCRYPTION_RSA,
            PKCSObjectIdentifiers.sha256WithRSAEncryption.getId(),
            PKCSObjectIdentifiers.sha384WithRSAEncryption.getId(),
            PKCSObjectIdentifiers.sha512WithRSAEncryption.getId(),
            CMSSignedDataGenerator.ENCRYPTION_RSA_PSS,
            X9ObjectIdentifiers.ecdsa_with_SHA256.getId(),
            X9ObjectIdentifiers.ecdsa_with_SHA384.getId(),
            X9ObjectIdentifiers.ecdsa_with_SHA512.getId());
    static final Set<String> SCHEMES = Set.of("rsa-pkcs1", "rsa-pss", "ecdsa");
    static final int DIGITAL_SIGNATURE = 0;
    static final int NON_REPUDIATION = 1;
    static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

    public static void main(String[] words) throws Exception {
        var roots = new HashSet<TrustAnchor>();
        try (var pem = Files.newInputStream(Path.of(words[1]))) {
            for (var root : CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
                roots.add(new TrustAnchor((X509Certificate) root, null));
            }
        }
        var answer = JsonParser.parseString(Files.readString(Path.of(words[2]))).getAsJsonObject();
        try {
            X509Certificate signer;
            if (words[0].equals("sign-in")) {
                signer = signIn(answer, words[3], Base64.getDecoder().decode(words[4]), roots);
            } else {
                var documents = new ArrayList<byte[]>();
                for (int at = 3; at < words.length; at++) documents.add(Files.readAllBytes(Path.of(words[at])));
                signer = words[0].equals("cms") ? cms(answer, documents, roots) : signed(answer, documents, roots);
            }
            System.out.println("ok: " + signer.getSubjectX500Principal());
        } catch (Refused refused) {
            System.err.println(refused.getMessage());
            System.exit(1);
        } catch (RuntimeException | CertificateException malformed) {
            System.err.println("malformed: " + malformed);
            System.exit(1);
        }
    }
}
