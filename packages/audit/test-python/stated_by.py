"""The keys that count for what names the key that states it (docs/spec/handover-v1.md)."""

from verify_bundle import demand, keys_behind


def stated_by(said):
    """The keys that count for what has `vkey`, `v` and perhaps `handovers`: version 1 has none of these, and version 2 some."""
    handovers = said.get("handovers", [])
    demand(type(handovers) is list and type(said["v"]) is int and said["v"] == (2 if handovers else 1) and ("handovers" in said) == (said["v"] == 2))
    return keys_behind(said["vkey"], handovers)
