<?php
// What a server checks of Kyso's answers, with PHP's openssl (PHP 8.1 or newer), and phpseclib 3 for CMS and RSA-PSS.
// Nothing that came through the page is believed: documents, origin, nonce and roots are the server's own.
//
//   php verify.php signed|cms ROOTS ANSWER DOCUMENT...
//   php verify.php sign-in ROOTS ANSWER ORIGIN NONCE

declare(strict_types=1);

use phpseclib3\Crypt\PublicKeyLoader;
use phpseclib3\Crypt\RSA;
use phpseclib3\File\ASN1;

require 'phpseclib3/autoload.php'; // where Composer installed it: vendor/autoload.php

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

/** Detached CMS (CAdES-B): attributes about the server's own document, signed by the answer's certificate. */
function verify_cms(array $answer, array $documents, string $roots): array
{
    [$leaf, $chain] = certificates($answer);
    foreach (pairs($answer, $documents) as [$item, $document]) {
        own_digest($item, $document);
        [, $signer, $digest, $attributes, $algorithm, $signature] = signer_info(decode($item['value']));
        parts($signer, SEQUENCE) === issuer_and_serial($leaf)
            || refuse('signer', "the CMS is another certificate's than the answer's");
        $hash = hash_function($digest);
        $set = chr(SET) . substr($attributes, 1); // RFC 5652 §5.4: as it is signed, without the tag that it has here.
        are_about($document, $hash, attributes($set));
        name_signer($leaf, attributes($set));
        check($leaf, scheme($algorithm), $hash, $set, content($signature, OCTET_STRING));
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
    $schemes = [OPENSSL_KEYTYPE_RSA => ['rsa-pkcs1', 'rsa-pss'], OPENSSL_KEYTYPE_EC => ['ecdsa']][$kind] ?? [];
    in_array($scheme, $schemes, true) || refuse('algorithm', "$scheme with this key");
    $good = $scheme === 'rsa-pss'
        ? pss($key, $hash)->verify($message, $signature)
        : openssl_verify($message, $signature, $key, $hash) === 1;
    $good || refuse('signature', "it is not this certificate's over this");
}

/** RSA-PSS as Kyso makes it; PHP's own openssl has none before PHP 8.5. */
function pss(OpenSSLAsymmetricKey $key, string $hash): RSA
{
    $salt = strlen(hash($hash, '', true));
    return PublicKeyLoader::load(openssl_pkey_get_details($key)['key'])
        ->withPadding(RSA::SIGNATURE_PSS)->withHash($hash)->withMGFHash($hash)->withSaltLength($salt);
}

/** The fields of a CMS's one SignerInfo (RFC 5652 §5.3), which has signed attributes. */
function signer_info(string $cms): array
{
    [$kind, $wrapped] = parts($cms, SEQUENCE) + ['', ''];
    oid($kind) === SIGNED_DATA || refuse('attributes', 'it is no SignedData');
    $fields = parts(parts($wrapped, CONTEXT_0)[0] ?? '', SEQUENCE);
    $signers = parts(end($fields) ?: '', SET);
    count($signers) === 1 || refuse('attributes', 'not one signer');
    $info = parts($signers[0], SEQUENCE);
    is($info[3] ?? '', CONTEXT_0) || refuse('attributes', 'there are no signed attributes');
    return $info + array_fill(0, 6, '');
}

/** How a SignerInfo names this certificate. */
function issuer_and_serial(string $leaf): array
{
    $fields = parts(parts(der($leaf), SEQUENCE)[0], SEQUENCE);
    // The version, which the first kind of certificates does not have.
    is($fields[0], CONTEXT_0) && array_shift($fields);
    [$serial, , $issuer] = $fields;
    return [$issuer, $serial];
}

/** Attributes by their identifiers; each is there once, with one value. */
function attributes(string $set): array
{
    $found = [];
    foreach (parts($set, SET) as $attribute) {
        [$kind, $values] = parts($attribute, SEQUENCE) + ['', ''];
        [$name, $values] = [oid($kind), parts($values, SET)];
        $once = count($values) === 1 && !isset($found[$name]);
        $found[$name] = $once ? $values[0] : refuse('attributes', "$name is not there once");
    }
    return $found;
}

/** RFC 5652 §11: their digest is the document's. */
function are_about(string $document, string $hash, array $attributes): void
{
    oid($attributes[CONTENT_TYPE] ?? '') === ID_DATA || refuse('attributes', 'they are not about a document');
    content($attributes[MESSAGE_DIGEST] ?? '', OCTET_STRING) === hash($hash, $document, true)
        || refuse('digest', 'it is about another document');
}

/** RFC 5035 §3: they name the certificate, so that no other can be put in its place. */
function name_signer(string $leaf, array $attributes): void
{
    $value = $attributes[SIGNING_CERTIFICATE_V2] ?? refuse('attributes', 'no signing-certificate-v2');
    $first = parts(parts($value, SEQUENCE)[0] ?? '', SEQUENCE)[0] ?? '';
    $fields = parts($first, SEQUENCE) + ['', ''];
    $hash = is($fields[0], SEQUENCE) ? hash_function(array_shift($fields)) : 'sha256';
    content($fields[0], OCTET_STRING) === hash($hash, der($leaf), true)
        || refuse('signer', 'the attributes name another certificate');
}

/** Of an AlgorithmIdentifier. */
function hash_function(string $algorithm): string
{
    $name = oid(parts($algorithm, SEQUENCE)[0] ?? '');
    return HASH_IDENTIFIERS[$name] ?? refuse('algorithm', "$name is not taken");
}

/** Of an AlgorithmIdentifier. */
function scheme(string $algorithm): string
{
    $name = oid(parts($algorithm, SEQUENCE)[0] ?? '');
    return SCHEME_IDENTIFIERS[$name] ?? refuse('algorithm', "$name is not taken");
}

function der(string $pem): string
{
    return decode(preg_replace('/-----[A-Z ]+-----|\s/', '', $pem));
}

/** The elements, DER, within this one. */
function parts(string $der, int $tag): array
{
    return array_map(fn ($part) => substr($der, $part['start'], $part['length']), content($der, $tag));
}

/** What is in a DER element with this tag, as phpseclib reads it; there is nothing behind it. */
function content(string $der, int $tag): mixed
{
    $found = is($der, $tag) ? ASN1::decodeBER($der)[0] ?? false : false;
    $whole = $found && $found['length'] === strlen($der);
    return $whole ? $found['content'] : refuse('attributes', 'a part is missing or of another kind');
}

function oid(string $der): string
{
    return content($der, OBJECT_IDENTIFIER);
}

function is(string $der, int $tag): bool
{
    return str_starts_with($der, chr($tag));
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
const HASH_IDENTIFIERS = [
    '2.16.840.1.101.3.4.2.1' => 'sha256',
    '2.16.840.1.101.3.4.2.2' => 'sha384',
    '2.16.840.1.101.3.4.2.3' => 'sha512',
];
const SCHEME_IDENTIFIERS = [
    '1.2.840.113549.1.1.1' => 'rsa-pkcs1',
    '1.2.840.113549.1.1.11' => 'rsa-pkcs1',
    '1.2.840.113549.1.1.12' => 'rsa-pkcs1',
    '1.2.840.113549.1.1.13' => 'rsa-pkcs1',
    '1.2.840.113549.1.1.10' => 'rsa-pss',
    '1.2.840.10045.4.3.2' => 'ecdsa',
    '1.2.840.10045.4.3.3' => 'ecdsa',
    '1.2.840.10045.4.3.4' => 'ecdsa',
];
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const ID_DATA = '1.2.840.113549.1.7.1';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_CERTIFICATE_V2 = '1.2.840.113549.1.9.16.2.47';
const OCTET_STRING = 0x04, OBJECT_IDENTIFIER = 0x06, SEQUENCE = 0x30, SET = 0x31, CONTEXT_0 = 0xa0;

// What is missing in an answer ends here, too, as does what phpseclib warns of.
set_error_handler(fn (int $level, string $what) => throw new ErrorException($what), E_WARNING);
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
} catch (ErrorException | JsonException | TypeError | ValueError $malformed) {
    fwrite(STDERR, "malformed: {$malformed->getMessage()}\n");
    exit(1);
}
