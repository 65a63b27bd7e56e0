"""Verifies one generation's JSONL with its audit key, as DESIGN section 6 tells it, and with nothing but Python's own modules.

Usage: verify_chain.py KEY_HEX DEPLOYMENT CHAIN GENERATION FILE...

Prints one line a file: `seed WHERE strict WHERE`, where WHERE is the first bad line from 1, or 0 for none. `seed` is the chain as the
seed article has it: HMAC over sorted JSON, each record citing the MAC of the one before. `strict` adds what DESIGN asks for: records
of this place only, numbered without gaps, in their one spelling.
"""

import hashlib
import hmac
import json
import sys

MEMBERS = {
    "v", "deployment", "chain", "generation", "seq", "timestamp_utc", "principal", "role", "workload", "action",
    "resource", "site", "decision", "reason", "request_id", "policy", "detail", "prev_mac", "mac",
}
INTEGERS = {"v", "generation", "seq"}
FIRST = "0" * 64


def canonical(record):
    return json.dumps(record, sort_keys=True, separators=(",", ":"))


def mac_of(key, record):
    return hmac.new(key, canonical(record).encode("utf-8"), hashlib.sha256).hexdigest()


def links(key, line, previous):
    """The seed's test of one line: the MAC of the line if it follows `previous`, else None."""
    try:
        record = json.loads(line)
        stored = record.pop("mac")
        if record["prev_mac"] != previous or not hmac.compare_digest(mac_of(key, record), stored):
            return None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return stored


def is_strict(line, number, place):
    """What DESIGN asks for beyond the seed: the line is the one spelling of a record of this log at this position."""
    record = json.loads(line)
    if set(record) != MEMBERS or canonical(record) != line:
        return False
    for name, value in record.items():
        if name in INTEGERS:
            if type(value) is not int:
                return False
        elif type(value) is not str or not all(" " <= character <= "~" for character in value):
            return False
    return record["v"] == 1 and record["seq"] == number and (record["deployment"], record["chain"], record["generation"]) == place


def verify(key, place, lines):
    """The first bad line by both readings, 0 for none."""
    previous, strict = FIRST, 0
    for number, line in enumerate(lines, start=1):
        mac = links(key, line, previous)
        if mac is None:
            return number, strict or number
        if not strict and not is_strict(line, number, place):
            strict = number
        previous = mac
    return 0, strict


def main():
    key, deployment, chain, generation = bytes.fromhex(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4])
    for path in sys.argv[5:]:
        with open(path, "rb") as file:
            lines = file.read().decode("utf-8", errors="replace").split("\n")
        if lines[-1] == "":
            lines.pop()
        print("seed %d strict %d" % verify(key, (deployment, chain, generation), lines))


if __name__ == "__main__":
    main()
