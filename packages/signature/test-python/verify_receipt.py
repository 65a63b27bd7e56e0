"""Verifies receipts of signatures with public keys alone, as docs/spec tells them, and with nothing but Python's own modules.

Usage: verify_receipt.py FINGERPRINT FILE...     (FINGERPRINT is "-" where none is known)

Prints one line a file: `broken`, or `whole` or `self-consistent` with who signed, by what key, and what it says. Written from signature-v1.md,
signature-receipt-v1.md, record-proof-v1.md, handover-v1.md, WebAuthn Level 3, FIPS 186-5 and RFC 8032.
"""

import base64
import datetime
import hashlib
import json
import os
import re
import sys
from urllib.parse import urlsplit

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../audit/test-python"))

from stated_by import stated_by
from verify_bundle import Broken, canonical, demand, from_base64, from_json, is_signed, key_of, leaf_hash, open_by_any, open_note

# P-256: SP 800-186, section 3.2.1.3.
P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def p256_add(one, other):
    if one is None or other is None:
        return one or other
    (x1, y1), (x2, y2) = one, other
    if x1 == x2 and (y1 + y2) % P == 0:
        return None
    slope = (3 * x1 * x1 - 3) * pow(2 * y1, -1, P) if one == other else (y2 - y1) * pow(x2 - x1, -1, P)
    x = (slope * slope - x1 - x2) % P
    return x, (slope * (x1 - x) - y1) % P


def p256_times(scalar, point):
    sum_ = None
    while scalar:
        if scalar & 1:
            sum_ = p256_add(sum_, point)
        point, scalar = p256_add(point, point), scalar >> 1
    return sum_


def der_integers(data):
    demand(len(data) >= 8 and data[0] == 0x30 and data[1] == len(data) - 2)
    values, at = [], 2
    for _ in range(2):
        demand(at + 2 <= len(data) and data[at] == 2 and at + 2 + data[at + 1] <= len(data))
        values.append(int.from_bytes(data[at + 2 : at + 2 + data[at + 1]], "big", signed=True))
        at += 2 + data[at + 1]
    demand(at == len(data))
    return values


def is_signed_p256(key, message, signature):
    x, y = int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big")
    demand(len(key) == 64 and x < P and y < P and (y * y - x * x * x + 3 * x - B) % P == 0)
    r, s = der_integers(signature)
    if not (0 < r < N and 0 < s < N):
        return False
    e, w = int.from_bytes(hashlib.sha256(message).digest(), "big"), pow(s, -1, N)
    point = p256_add(p256_times(e * w % N, G), p256_times(r * w % N, (x, y)))
    return point is not None and point[0] % N == r


def from_base64url(text):
    demand(re.fullmatch(r"[A-Za-z0-9_-]*", text))
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    demand(base64.urlsafe_b64encode(data).decode().rstrip("=") == text)
    return data


def milliseconds(time):
    demand(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", time))
    return datetime.datetime.strptime(time, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc).timestamp() * 1000


MANIFEST = set("accountability author bytes deployment document meaning mediaType method nonce person preparedAt printedName sha256 signature site study supersedes type v version".split())
NOTE = re.compile(r"sallyport/signature/v1\n([a-z0-9]+)\n([0-9a-f]{64})\n(per_\w+)\n([\w-]+)\n(Ed25519|P-256) ([\w-]+)\n(\S+)\n(\w+) (proven|attested)\n(\S+)\n")


def manifest_of(text):
    manifest = from_json(text)
    demand(type(manifest) is dict and set(manifest) == MANIFEST and canonical(manifest) == text and manifest["v"] == 1)
    demand(manifest["meaning"] in ("authorship", "review", "approval", "responsibility"))
    demand(not (manifest["meaning"] == "approval" and manifest["author"] == manifest["person"]))
    return manifest


def check_signature(manifest, text, assertion, note, vkeys):
    """Section 5 of signature-v1.md; answers the kind of key."""
    demand(manifest["method"] == "passkey")
    found = NOTE.fullmatch(open_by_any(note, vkeys))
    demand(found)
    deployment, digest, person, credential, algorithm, key, origin, _, _, at = found.groups()
    demand(digest == hashlib.sha256(text.encode()).hexdigest() and deployment == manifest["deployment"] and person == manifest["person"])
    demand(-5000 <= milliseconds(at) - milliseconds(manifest["preparedAt"]) < 300_000)
    kept = from_json(assertion)
    demand(canonical(kept) == assertion and set(kept) == {"authenticatorData", "clientDataJSON", "credentialId", "signature"} and kept["credentialId"] == credential)
    client_bytes, authenticator = from_base64url(kept["clientDataJSON"]), from_base64url(kept["authenticatorData"])
    client = from_json(client_bytes.decode())
    demand(client["type"] == "webauthn.get" and from_base64url(client["challenge"]).hex() == digest and client["origin"] == origin)
    demand(client.get("crossOrigin", False) is False and "topOrigin" not in client)
    demand(len(authenticator) >= 37 and authenticator[:32] == hashlib.sha256(urlsplit(origin).hostname.encode()).digest() and authenticator[32] & 5 == 5)
    verify = is_signed if algorithm == "Ed25519" else is_signed_p256
    demand(verify(from_base64url(key), authenticator + hashlib.sha256(client_bytes).digest(), from_base64url(kept["signature"])))
    return algorithm


def check_record(manifest, text, proof, vkey):
    """record-proof-v1.md, section 2, and what the record has to say."""
    head, note = proof.split("\n\n", 1)
    title, extra, index, *hashes = head.split("\n")
    demand(title == "c2sp.org/tlog-proof@v1" and extra.startswith("extra ") and re.fullmatch("index (0|[1-9][0-9]*)", index))
    extra, index = from_json(from_base64(extra[6:]).decode()), int(index[6:])
    demand(set(extra) - {"handovers"} == {"line", "v", "vkey"} and stated_by(extra)[0] == vkey)
    line = extra["line"]
    record = from_json(line)
    demand(canonical(record) == line)
    origin, size, root = open_note(note, extra["vkey"]).split("\n")[:3]
    size, node, at, last = int(size), leaf_hash(line), index, int(size) - 1
    # RFC 9162, section 2.1.3.2.
    demand(index < size)
    for each in map(from_base64, hashes):
        demand(last > 0)
        if at & 1 or at == last:
            node = hashlib.sha256(b"\1" + each + node).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + each).digest()
        at, last = at >> 1, last >> 1
    demand(last == 0 and node == from_base64(root) and record["seq"] == index + 1)
    chain = "system" if manifest["site"] is None else f"site:{manifest['study']}/{manifest['site']}"
    demand(origin == f"{record['deployment']}.sallyport/{record['chain']}/{record['generation']}")
    demand(record["deployment"] == manifest["deployment"] and record["chain"] == chain and record["resource"] == manifest["document"])
    demand(record["action"] == "submission.sign" and record["decision"] == "allow")
    details = record["detail"].split(";")
    demand(f"signature={manifest['signature']}" in details and f"digest={hashlib.sha256(text.encode()).hexdigest()}" in details)


def verify(path, fingerprint):
    try:
        with open(path, encoding="utf-8", newline="") as file:
            content = file.read()
        receipt = from_json(content)
        demand(type(receipt) is dict and canonical(receipt) + "\n" == content)
        demand(set(receipt) - {"handovers"} == {"assertion", "manifest", "note", "proof", "type", "v", "vkey"} and receipt["type"] == "sallyport-signature-receipt")
        text, vkey = receipt["manifest"], receipt["vkey"]
        manifest = manifest_of(text)
        vkeys = stated_by(receipt)
        fingerprints = ["sha256:" + hashlib.sha256(key_of(each)[2]).hexdigest() for each in vkeys]
        demand(key_of(vkey)[0] == manifest["deployment"] + ".sallyport" and fingerprint in ("-", *fingerprints))
        if receipt["assertion"] is None:
            demand(receipt["note"] is None and manifest["method"] == "server-attested")
            by = "server"
        else:
            by = check_signature(manifest, text, receipt["assertion"], receipt["note"], vkeys)
        check_record(manifest, text, receipt["proof"], vkey)
        return f"{'whole' if fingerprint != '-' else 'self-consistent'} {by} {manifest['meaning']} {manifest['person']}"
    except (Broken, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "broken"


def main():
    for path in sys.argv[2:]:
        print(verify(path, sys.argv[1]))


if __name__ == "__main__":
    main()
