"""What pyHanko finds of each signature in a PDF, oldest first: a JSON array.

    pyhanko_verify.py PDF ROOT

`valid`: signature, certificate (nonRepudiation included) and later changes are as they should be. `ades`: the verdict
of the basic validation of ETSI EN 319 102-1 §5.3, which wants the ESS certificate. `whole`: it covers the file's end.
"""

import asyncio
import json
import sys

from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import SignatureCoverageLevel, validate_pdf_signature
from pyhanko.sign.validation.ades import ades_basic_validation
from pyhanko.sign.validation.policy_decl import SignatureValidationSpec
from pyhanko_certvalidator.authority import CertTrustAnchor
from pyhanko_certvalidator.context import CertValidationPolicySpec, ValidationContext
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, CertRevTrustPolicy
from pyhanko_certvalidator.registry import SimpleTrustManager


def main(path, root):
    root = load_cert_from_pemder(root)
    with open(path, "rb") as file:
        print(json.dumps([judge(signature, root) for signature in PdfFileReader(file).embedded_signatures]))


def judge(signature, root):
    context = ValidationContext(trust_roots=[root], allow_fetching=False, revocation_mode="soft-fail")
    status = validate_pdf_signature(signature, context)
    trust = SimpleTrustManager.build([CertTrustAnchor(root)])
    # Nobody keeps a list of revoked certificates for a token made a moment ago.
    policy = CertValidationPolicySpec(trust, CertRevTrustPolicy(NO_REVOCATION))
    basic = ades_basic_validation(
        signature.signed_data, SignatureValidationSpec(policy), raw_digest=signature.compute_digest()
    )
    kinds = [attribute["type"].native for attribute in signature.signer_info["signed_attrs"]]
    return {
        "field": signature.field_name,
        "signer": status.signing_cert.subject.native["common_name"],
        "valid": status.bottom_line,
        "ades": str(asyncio.run(basic).ades_subindic),
        "whole": status.coverage == SignatureCoverageLevel.ENTIRE_FILE,
        "sub_filter": signature.sig_object["/SubFilter"],
        "signing_time": "signing_time" in kinds,
        "signing_certificate_v2": "signing_certificate_v2" in kinds,
    }


main(*sys.argv[1:])
