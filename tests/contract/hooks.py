"""What schemathesis must know to get past the gate: a paired page for each call.

A site that asks for too many windows gets `busy` for a minute, as it should, so the cases are spread over many
sites. KYSO_CERTIFICATES holds ids that exist, comma-separated: made-up ones would always be unknown.
"""

import base64
import itertools
import os
import random

import requests
import schemathesis

NUMBERS = itertools.count(1)
CERTIFICATES = [id for id in os.environ.get("KYSO_CERTIFICATES", "").split(",") if id]
CALLS_A_SITE = 8
site = {"left": 0}


def paired(base):
    """The headers of a page that has just been paired."""
    if site["left"] == 0:
        origin = f"https://vanban{next(NUMBERS)}.example.vn"
        nonce = base64.b64encode(os.urandom(32)).decode()
        reply = requests.post(
            f"{base}/v1/pairings", headers={"Origin": origin}, json={"name": "contract", "nonce": nonce}, timeout=30
        )
        reply.raise_for_status()
        site.update(left=CALLS_A_SITE, origin=origin, token=reply.json()["token"])
    site["left"] -= 1
    return {"Origin": site["origin"], "Authorization": f"Bearer {site['token']}"}


@schemathesis.hook
def map_body(context, body):
    """Every other request names a certificate that is plugged in."""
    if isinstance(body, dict) and CERTIFICATES and "certificate" in body and random.random() < 0.5:
        body["certificate"] = random.choice(CERTIFICATES)
    return body


@schemathesis.hook
def before_call(context, case, kwargs):
    """One in eight keeps the headers it was made with, so that the gate's answers are looked at too."""
    if random.random() < 1 / 8:
        return
    case.headers.update(paired(case.operation.base_url.rstrip("/")))
    if case.operation.path == "/v1/pairings/current":
        site["left"] = 0
