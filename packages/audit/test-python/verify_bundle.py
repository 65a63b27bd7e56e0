"""Verifies export bundles with public keys alone, as docs/spec tells them, and with nothing but Python's own modules.

Usage: verify_bundle.py [--together] [--witness VKEY] FINGERPRINT FOLDER...     (FINGERPRINT is "-" where none is known)

Prints one line a folder: `none` (no bundle at all), `broken`, `whole`, or `self-consistent` (whole, its key not pinned). With --together before the
fingerprint, one line for all of them as one trail. Written from bundle-v1.md, bundle-v2.md, checkpoint-v1.md, audit-record-v1.md, C2SP's signed-note, tlog-checkpoint and tlog-cosignature, RFC 6962 and RFC 8032.
"""

import base64
import functools
import hashlib
import json
import os
import re
import sys

import verify_chain

# Ed25519: RFC 8032, section 5.1.
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def recover_x(y, sign):
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - square) % P != 0 or (x == 0 and sign):
        return None
    return P - x if x & 1 != sign else x


def point_of(data):
    """Extended coordinates of an encoded point, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    x = recover_x(y, sign) if y < P else None
    return None if x is None else (x, y, 1, x * y % P)


def add(one, other):
    a, b = (one[1] - one[0]) * (other[1] - other[0]) % P, (one[1] + one[0]) * (other[1] + other[0]) % P
    c, d = 2 * one[3] * other[3] * D % P, 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(scalar, point):
    result = (0, 1, 1, 0)
    while scalar:
        if scalar & 1:
            result = add(result, point)
        point, scalar = add(point, point), scalar >> 1
    return result


BASE_Y = 4 * pow(5, -1, P) % P
BASE = (recover_x(BASE_Y, 0), BASE_Y, 1, recover_x(BASE_Y, 0) * BASE_Y % P)


@functools.lru_cache(maxsize=None)
def is_signed(key, message, signature):
    public, first, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if len(signature) != 64 or public is None or first is None or s >= L:
        return False
    h = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    left, right = times(s, BASE), add(first, times(h, public))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


class Broken(Exception):
    """The bundle isn't whole."""


def demand(is_met):
    if not is_met:
        raise Broken


def from_base64(text):
    demand(re.fullmatch(r"[A-Za-z0-9+/]*={0,2}", text) and len(text) % 4 == 0)
    data = base64.b64decode(text)
    demand(base64.b64encode(data).decode() == text)
    return data


def from_json(text):
    def refuse(constant):
        raise Broken

    try:
        return json.loads(text, parse_constant=refuse)
    except ValueError:
        raise Broken from None


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def is_count(value):
    return type(value) is int and 0 <= value < 2**53


def is_hash(value):
    return type(value) is str and re.fullmatch("[0-9a-f]{64}", value) is not None


def key_of(vkey, kind=1):
    """Name, key id and raw public key of a verifier key; a witness's is of kind 4."""
    demand(type(vkey) is str and vkey.count("+") >= 2)
    name, key_id, data = vkey.split("+", 2)
    data = from_base64(data)
    demand(len(data) == 33 and data[0] == kind and re.fullmatch(r"[^\s+]+", name))
    demand(hashlib.sha256(name.encode() + b"\n" + data).hexdigest()[:8] == key_id)
    return name, bytes.fromhex(key_id), data[1:]


def open_note(note, vkey):
    """The text of a note that this key signed."""
    name, key_id, key = key_of(vkey)
    cut = note.rfind("\n\n")
    demand(cut != -1 and note.endswith("\n") and not re.search("[\x00-\x09\x0b-\x1f]", note))
    text, lines = note[: cut + 1], note[cut + 2 : -1].split("\n")
    signatures = []
    for line in lines:
        dash, signer, data = (line.split(" ") + ["", "", ""])[:3]
        data = from_base64(data)
        demand(dash == "\u2014" and len(line.split(" ")) == 3 and re.fullmatch(r"[^\s+]+", signer) and len(data) >= 5)
        if signer == name and data[:4] == key_id:
            signatures.append(data[4:])
    demand(0 < len(signatures) and len(lines) <= 64)
    demand(all(is_signed(key, text.encode(), signature) for signature in signatures))
    return text


def open_by_any(note, vkeys):
    """The text of a note that one of these keys signed, and none of them that is named in it didn't."""
    named = {(name, key_id): vkey for vkey in reversed(vkeys) for name, key_id, _ in [key_of(vkey)]}
    lines = [line.split(" ") for line in note[note.rfind("\n\n") + 2 : -1].split("\n")]
    signers = {named[line[1], from_base64(line[2])[:4]] for line in lines if len(line) == 3 and (line[1], from_base64(line[2])[:4]) in named}
    demand(signers)
    return {open_note(note, vkey) for vkey in signers}.pop()


def is_cosigned(note, vkey):
    """Whether a witness cosigned a note's text. A line that says it is the witness's and isn't takes the others with it."""
    name, key_id, key = key_of(vkey, 4)
    cut = note.index("\n\n")
    found = False
    for line in note[cut + 2 : -1].split("\n"):
        signer, data = line.split(" ")[1], from_base64(line.split(" ")[2])
        if signer == name and data[:4] == key_id:
            seconds = int.from_bytes(data[4:12], "big")
            message = "cosignature/v1\ntime %d\n%s" % (seconds, note[: cut + 1])
            if len(data) != 76 or seconds >= 2**53 or not is_signed(key, message.encode(), data[12:]):
                return False
            found = True
    return found


def check_cosigned(bundle, statement, stated, witness):
    """Whether the witness cosigned the generation's cosigned checkpoint, which has to be one of its checkpoints."""
    name = "cosigned-%d.note" % stated["generation"]
    if name not in bundle.names:
        return False
    note = bundle.text(name)
    demand(open_by_any(note, statement["keys"]) in ["".join(lines) for lines in checkpoint_texts(bundle, stated)])
    return witness is not None and is_cosigned(note, witness)


def checkpoint_texts(bundle, stated):
    lines = bundle.lines("checkpoints-%d.txt" % stated["generation"])
    return [lines[at : at + 3] for at in range(0, len(lines), 6)]


def leaf_hash(line):
    return hashlib.sha256(b"\0" + line.encode()).digest()


def root_of(subtrees):
    """Root over the hashes of the full subtrees, the largest first (RFC 6962, section 2.1)."""
    root = None
    for _, node in reversed(subtrees):
        root = node if root is None else hashlib.sha256(b"\1" + node + root).digest()
    return hashlib.sha256(b"").digest() if root is None else root


def append(subtrees, node):
    size = 1
    while subtrees and subtrees[-1][0] == size:
        node, size = hashlib.sha256(b"\1" + subtrees.pop()[1] + node).digest(), 2 * size
    subtrees.append((size, node))


STATED = {"generation", "auditKey", "size", "root", "head", "checkpoints", "checkpointsSha256"}
ARCHIVED = {"generation", "size", "root", "head", "manifest"}
STATEMENT = {"v", "deployment", "chain", "generations", "keys", "exportedAt", "requestedBy", "requestId"}
TITLES = {"sallyport-export-v1": (1, STATEMENT), "sallyport-export-v2": (2, STATEMENT | {"scope", "archived"})}


class Bundle:
    def __init__(self, folder):
        self.folder = folder
        self.names = set(os.listdir(folder))

    def data(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def text(self, name):
        try:
            return self.data(name).decode("utf-8")
        except ValueError:
            raise Broken from None

    def lines(self, name):
        """Each with its newline; the last may have none."""
        return re.findall(r"[^\n]*\n|[^\n]+\Z", self.data(name).decode("utf-8", errors="replace"))


def keys_of(bundle):
    demand("statement.note" in bundle.names and "keys.json" in bundle.names)
    text = bundle.text("keys.json")
    try:
        vkeys = [entry["vkey"] for entry in from_json(text)["keys"]]
        handovers = from_json(text).get("handovers", [])
        entries = [{"fingerprint": "sha256:" + hashlib.sha256(key_of(vkey)[2]).hexdigest(), "vkey": vkey} for vkey in vkeys]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Broken from None
    spelled = {"keys": entries, "v": 1} if not handovers else {"handovers": handovers, "keys": entries, "v": 2}
    demand(vkeys and canonical(spelled) + "\n" == text and keys_behind(vkeys[0], handovers) == vkeys)
    return vkeys, [entry["fingerprint"] for entry in entries]


def handover_of(note):
    """From which key to which, both of which signed it (handover-v1.md)."""
    demand(type(note) is str)
    title, text, last = (note[: note.find("\n\n") + 1].split("\n") + ["", ""])[:3]
    handover = from_json(text)
    demand(title == "sallyport-handover-v1" and last == "" and type(handover) is dict and set(handover) == {"at", "from", "to", "v"})
    demand(canonical(handover) == text and type(handover["v"]) is int and handover["v"] == 1)
    one, other = handover["from"], handover["to"]
    demand(type(one) is str and type(other) is str and one != other and key_of(one)[0] == key_of(other)[0])
    demand(type(handover["at"]) is str and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", handover["at"], re.ASCII))
    demand(all(open_note(note, vkey) == "%s\n%s\n" % (title, text) for vkey in (one, other)))
    return one, other


def keys_behind(vkey, handovers):
    """The key itself, and those from which handovers lead to it, nearest first."""
    demand(type(handovers) is list and len(handovers) <= 64)
    turns = [handover_of(note) for note in handovers]
    demand(all(key_of(one)[0] == key_of(vkey)[0] for one, _ in turns))
    keys = [vkey]
    for key in keys:
        keys.extend(one for one in dict.fromkeys(one for one, other in turns if other == key) if one not in keys)
    return keys


def statement_of(bundle, vkeys):
    title, text, last = (open_note(bundle.text("statement.note"), vkeys[0]).split("\n") + ["", ""])[:3]
    statement = from_json(text)
    demand(title in TITLES and last == "" and canonical(statement) == text)
    version, members = TITLES[title]
    demand(set(statement) == members and type(statement["v"]) is int and statement["v"] == version and statement["keys"] == vkeys)
    demand(key_of(vkeys[0])[0] == statement["deployment"] + ".sallyport")
    generations = statement["generations"]
    demand(type(generations) is list and generations)
    for number, stated in enumerate(generations):
        demand(set(stated) == STATED and stated["generation"] == generations[0]["generation"] + number)
        demand(all(is_count(stated[name]) for name in ("generation", "size", "checkpoints")))
        demand(all(is_hash(stated[name]) for name in ("root", "head", "checkpointsSha256")))
    if version == 1:
        statement["archived"] = []
        return statement
    archived = statement["archived"]
    demand(type(archived) is list and len(archived) == generations[0]["generation"] - 1)
    demand(statement["scope"] == "chain" or (statement["scope"] == "generation" and len(generations) == 1))
    for number, each in enumerate(archived, start=1):
        demand(set(each) == ARCHIVED and each["generation"] == number and is_count(each["size"]))
        demand(all(is_hash(each[name]) for name in ("root", "head", "manifest")))
    return statement


def checkpoints_of(bundle, statement, stated):
    """Size and root of each checkpoint, all of them signed, in order, and those that the statement means."""
    name = "checkpoints-%d.txt" % stated["generation"]
    demand(hashlib.sha256(bundle.data(name)).hexdigest() == stated["checkpointsSha256"])
    lines = bundle.lines(name)
    demand(len(lines) % 6 == 5 and all(lines[at] == "\n" for at in range(5, len(lines), 6)))
    found = []
    for at in range(0, len(lines), 6):
        text = open_by_any("".join(lines[at : at + 5]), statement["keys"])
        origin, size, root = (text.split("\n") + ["", ""])[:3]
        demand(text.count("\n") == 3 and origin == "%s.sallyport/%s/%d" % (statement["deployment"], statement["chain"], stated["generation"]))
        demand(re.fullmatch("0|[1-9][0-9]{0,15}", size) and len(from_base64(root)) == 32)
        size, root = int(size), from_base64(root)
        demand(not found or size > found[-1][0] or (size, root) == found[-1])
        found.append((size, root))
    demand(len(found) == stated["checkpoints"] and found[-1] == (stated["size"], bytes.fromhex(stated["root"])))
    return found


def check_generation(bundle, statement, stated, previous):
    checkpoints = checkpoints_of(bundle, statement, stated)
    generation = stated["generation"]
    leaves = bundle.lines("leaves-%d.txt" % generation)
    lines = bundle.lines("generation-%d.jsonl" % generation)
    demand(len(lines) == stated["size"] == len(leaves))
    place, mac, subtrees, roots = (statement["deployment"], statement["chain"], generation), "0" * 64, [], {}
    roots[0] = root_of(subtrees)
    for number, (line, leaf) in enumerate(zip(lines, leaves), start=1):
        demand(line.endswith("\n"))
        line = line[:-1]
        record = from_json(line)
        demand(type(record) is dict and verify_chain.is_strict(line, number, place) and record["prev_mac"] == mac and is_hash(record["mac"]))
        if number == 1 and previous is not None:
            cited = "previous generation=%d seq=%d mac=%s" % (previous["generation"], previous["size"], previous["head"])
            demand(record["action"] == "generation.open" and record["detail"] == cited)
        mac, node = record["mac"], leaf_hash(line)
        demand(re.fullmatch("[0-9a-f]{64} [A-Za-z0-9+/]{86}==\n", leaf) and leaf[:64] == node.hex())
        append(subtrees, node)
        roots[number] = root_of(subtrees)
    demand(mac == stated["head"] and all(roots.get(size) == root for size, root in checkpoints))


def check_manifest(bundle):
    text = bundle.text("manifest.json")
    try:
        files = from_json(text)["files"]
        names = [file["name"] for file in files]
        demand(all(set(file) == {"name", "bytes", "sha256"} and is_count(file["bytes"]) for file in files))
        demand(canonical({"files": sorted(files, key=lambda file: file["name"]), "v": 1}) + "\n" == text)
    except (AttributeError, KeyError, TypeError):
        raise Broken from None
    demand(len(set(names)) == len(names) and set(names) == bundle.names - {"manifest.json"})
    for file in files:
        data = bundle.data(file["name"])
        demand(len(data) == file["bytes"] and hashlib.sha256(data).hexdigest() == file["sha256"])


def verify(folder, fingerprint, found=None, witness=None):
    """One word on a folder; its statement and the digest of its manifest are put into `found`."""
    bundle = Bundle(folder)
    if not bundle.names & {"statement.note", "manifest.json"}:
        return "none"
    try:
        vkeys, signed_by = keys_of(bundle)
        demand(fingerprint in ("-", *signed_by))
        statement = statement_of(bundle, vkeys)
        parts = [pattern % stated["generation"] for stated in statement["generations"] for pattern in ("generation-%d.jsonl", "leaves-%d.txt", "checkpoints-%d.txt")]
        cosigned = {"cosigned-%d.note" % stated["generation"] for stated in statement["generations"]}
        demand(bundle.names - cosigned == {"statement.note", "manifest.json", "keys.json", "names.json", "dictionary.json", "README.txt", *parts})
        previous = statement["archived"][-1] if statement["archived"] else None
        for stated in statement["generations"]:
            check_generation(bundle, statement, stated, previous)
            previous = stated
        seen = [check_cosigned(bundle, statement, stated, witness) for stated in statement["generations"]]
        demand(witness is None or any(seen))
        demand(all(type(from_json(bundle.text(name))) is dict for name in ("names.json", "dictionary.json")))
        check_manifest(bundle)
    except Broken:
        return "broken"
    if found is not None:
        found.append((statement, hashlib.sha256(bundle.data("manifest.json")).hexdigest()))
    return "self-consistent" if fingerprint == "-" else "whole"


def verify_together(folders, fingerprint, witness=None):
    """One word on bundles of one chain: each by itself, by one line of keys, and what was archived as what is left says it was."""
    found = []
    words = {verify(folder, fingerprint, found, witness) for folder in folders}
    if words & {"none", "broken"}:
        return "none" if "none" in words else "broken"
    here = [(stated, manifest) for statement, manifest in found for stated in statement["generations"]]
    numbers = [stated["generation"] for stated, _ in here]
    try:
        demand(len({(statement["deployment"], statement["chain"]) for statement, _ in found}) == 1 and len(set(numbers)) == len(numbers))
        line = max((statement for statement, _ in found), key=lambda statement: statement["generations"][0]["generation"])["keys"]
        demand(all(statement["keys"][0] in line for statement, _ in found))
        for statement, _ in found:
            for archived in statement["archived"]:
                for stated, manifest in here:
                    if stated["generation"] == archived["generation"]:
                        demand(manifest == archived["manifest"] and all(stated[name] == archived[name] for name in ("size", "root", "head")))
    except Broken:
        return "broken"
    return words.pop()


def main():
    asked = sys.argv[1:]
    is_together = asked[0] == "--together"
    asked = asked[1:] if is_together else asked
    witness, asked = (asked[1], asked[2:]) if asked[0] == "--witness" else (None, asked)
    if is_together:
        return print(verify_together(asked[1:], asked[0], witness))
    for folder in asked[1:]:
        print(verify(folder, asked[0], None, witness))


if __name__ == "__main__":
    main()
