<?php
// What a server checks of Kyso's answers, with PHP's own openssl (PHP 8.1 or newer). Nothing that came through the page
// is believed: documents, origin, nonce and roots are the server's own.
//
//   php verify.php signed|cms ROOTS ANSWER DOCUMENT...
//   php verify.php sign-in ROOTS ANSWER ORIGIN NONCE

declare(strict_types=1);

/** The first word tells the failures apart. */
final class Refused extends RuntimeException {}

/** Raw signatures: each over the server's own document, by a certificate for documents. */
function verify_signed(array $answer, array $documents, string $roots): array
{
    [$leaf, $chain] = certificates($answer);
    foreach (pairs($answer, $documents) as [$item, $document]) {
        $hash = own_digest($item, $document);
        check($leaf, $answer['scheme'], $hash, $document, decode($item['value']));
    }
    return for_documents(trusted($leaf, $chain, $roots));
}

/** Detached CMS: over the server's own document, signed by the answer's certificate. */
function verify_cms(array $answer, array $documents, string $roots): array
{
    [$leaf, $chain] = certificates($answer);
    foreach (pairs($answer, $documents) as [$item, $document]) {
        own_digest($item, $document);
        $signer = cms_signer(decode($item['value']), $document);
        if (openssl_x509_fingerprint($signer, 'sha256') !== openssl_x509_fingerprint($leaf, 'sha256')) {
            refuse('signer', "the CMS is another certificate's than the answer's");
        }
    }
    return for_documents(trusted($leaf, $chain, $roots));
}

/** A sign-in: at this origin, on this nonce (taken out of the session, so that it works once). */
function verify_sign_in(array $answer, string $origin, string $nonce, string $roots): array
{
    $answer['origin'] === $origin || refuse('origin', 'it is for another site');
    decode($answer['nonce']) === $nonce || refuse('nonce', 'it is for another nonce');
    [$leaf, $chain] = certificates($answer);
    $text = "kyso sign-in v1\0" . hash('sha256', $origin, true) . hash('sha256', $nonce, true);
    check($leaf, $answer['scheme'], 'sha256', $text, decode($answer['signature']));
    return for_sign_in(trusted($leaf, $chain, $roots));
}

/** The signer's certificate and its issuers', PEM. */
function certificates(array $answer): array
{
    $lines = fn (string $der) => chunk_split($der, 64, "\n");
    $pem = fn (string $der) => "-----BEGIN CERTIFICATE-----\n{$lines($der)}-----END CERTIFICATE-----\n";
    return [$pem($answer['certificate']['der']), array_map($pem, $answer['certificate']['chain'])];
}

function pairs(array $answer, array $documents): array
{
    count($answer['signatures']) === count($documents) || refuse('count', 'not as many signatures as documents');
    return array_map(null, $answer['signatures'], $documents);
}

/** The hash function, once the answer is found to be about this document. */
function own_digest(array $item, string $document): string
{
    $hash = HASHES[$item['digest']['algorithm']] ?? refuse('algorithm', $item['digest']['algorithm']);
    $same = hash_equals(hash($hash, $document, true), decode($item['digest']['value']));
    return $same ? $hash : refuse('digest', 'it is about another document');
}

function check(string $leaf, string $scheme, string $hash, string $message, string $signature): void
{
    $key = openssl_pkey_get_public($leaf) ?: refuse('certificate', 'it can not be read');
    $kind = openssl_pkey_get_details($key)['type'];
    // RSA-PSS takes PHP 8.5 or phpseclib.
    $fits = [OPENSSL_KEYTYPE_RSA => 'rsa-pkcs1', OPENSSL_KEYTYPE_EC => 'ecdsa'][$kind] ?? null;
    $fits === $scheme || refuse('algorithm', "$scheme with this key");
    openssl_verify($message, $signature, $key, $hash) === 1
        || refuse('signature', "it is not this certificate's over this");
}

/** Who signed this detached CMS, whoever that is. */
function cms_signer(string $cms, string $document): string
{
    [$content, $signature, $signer] = [scratch($document), scratch($cms), scratch('')];
    $flags = OPENSSL_CMS_DETACHED | OPENSSL_CMS_BINARY | OPENSSL_CMS_NOVERIFY;
    openssl_cms_verify($content, $flags, $signer, [], null, null, null, $signature, OPENSSL_ENCODING_DER)
        || refuse('signature', 'the CMS is not over this document');
    return file_get_contents($signer);
}

/** The parsed certificate, once issued under one of the roots, now. Revocation is asked elsewhere: OCSP or the CRL. */
function trusted(string $leaf, array $chain, string $roots): array
{
    $facts = openssl_x509_parse($leaf);
    time() <= $facts['validTo_time_t'] || refuse('expired', 'it ended ' . date(DATE_ATOM, $facts['validTo_time_t']));
    // Without a folder of its own PHP adds the system's: every web server's issuer would be trusted, too.
    $own = [$roots, __DIR__];
    openssl_x509_checkpurpose($leaf, X509_PURPOSE_ANY, $own, scratch(implode('', $chain) ?: $leaf)) === true
        || refuse('untrusted', 'no path leads to a root');
    return $facts;
}

/** nonRepudiation, or no key usage at all. */
function for_documents(array $facts): array
{
    $usage = $facts['extensions']['keyUsage'] ?? 'Non Repudiation';
    str_contains($usage, 'Non Repudiation') || refuse('usage', 'the certificate is not for documents');
    return $facts;
}

/** digitalSignature with clientAuth, and not for documents. */
function for_sign_in(array $facts): array
{
    $usage = $facts['extensions']['keyUsage'] ?? '';
    $fit = str_contains($usage, 'Digital Signature') && !str_contains($usage, 'Non Repudiation')
        && str_contains($facts['extensions']['extendedKeyUsage'] ?? '', 'TLS Web Client Authentication');
    return $fit ? $facts : refuse('usage', 'the certificate is not for signing in');
}

function decode(string $text): string
{
    $bytes = base64_decode($text, true);
    return $bytes === false ? refuse('malformed', 'not base64') : $bytes;
}

/** A file that is gone with the process: these functions read files. */
function scratch(string $bytes): string
{
    static $kept = [];
    $kept[] = $file = tmpfile();
    fwrite($file, $bytes);
    return stream_get_meta_data($file)['uri'];
}

function refuse(string $code, string $why): never
{
    throw new Refused("$code: $why");
}

const HASHES = ['sha-256' => 'sha256', 'sha-384' => 'sha384', 'sha-512' => 'sha512'];

try {
    [, $kind, $roots, $answer] = $argv;
    $own = array_slice($argv, 4);
    $answer = json_decode(file_get_contents($answer), true, 16, JSON_THROW_ON_ERROR);
    $signer = match ($kind) {
        'signed' => verify_signed($answer, array_map('file_get_contents', $own), $roots),
        'cms' => verify_cms($answer, array_map('file_get_contents', $own), $roots),
        'sign-in' => verify_sign_in($answer, $own[0], decode($own[1]), $roots),
    };
    echo "ok: {$signer['subject']['CN']}\n";
} catch (Refused $refused) {
    fwrite(STDERR, $refused->getMessage() . "\n");
    exit(1);
}
