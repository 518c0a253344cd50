"""Signs a PDF as a server with pyHanko does whose key is far away: the server prepares the document and the signed
attributes, hands out what Kyso is asked with, and embeds the raw signature that comes back.

    pyhanko_sign.py SOURCE TARGET FIELD CERTIFICATE ISSUER

One line of JSON goes out, `{"digest", "signed_attributes"}`, one comes in, `{"value"}`; all base64. The certificates
are DER.
"""

import asyncio
import json
import sys
from base64 import b64decode, b64encode
from pathlib import Path

from asn1crypto.x509 import Certificate
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko_certvalidator.registry import SimpleCertificateStore

HASH = "sha256"
# Long enough for RSA of 4,096 bits.
PLACEHOLDER = 512


async def main(source, target, field, certificate, issuer):
    certificate, issuer = (Certificate.load(Path(path).read_bytes()) for path in (certificate, issuer))
    store = SimpleCertificateStore.from_certs([certificate, issuer])

    def signer(value):
        return ExternalSigner(signing_cert=certificate, cert_registry=store, signature_value=value)

    pades = PdfSignatureMetadata(field_name=field, md_algorithm=HASH, subfilter=SigSeedSubFilter.PADES)
    with open(source, "rb") as document:
        writer = IncrementalPdfFileWriter(document)
        prepared, _, output = await PdfSigner(pades, signer=signer(PLACEHOLDER)).async_digest_doc_for_signing(writer)
    attributes = await signer(PLACEHOLDER).signed_attrs(prepared.document_digest, HASH, use_pades=True)
    value = ask(digest=prepared.document_digest, signed_attributes=attributes.dump())["value"]
    cms = await signer(value).async_sign_prescribed_attributes(HASH, signed_attrs=attributes)
    await PdfTBSDocument.async_finish_signing(output, prepared, cms)
    Path(target).write_bytes(output.getbuffer())


def ask(**question):
    print(json.dumps({key: b64encode(value).decode() for key, value in question.items()}), flush=True)
    return {key: b64decode(value) for key, value in json.loads(sys.stdin.readline()).items()}


asyncio.run(main(*sys.argv[1:]))
