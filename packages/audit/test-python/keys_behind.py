"""The keys behind a key that states something, as docs/spec/handover-v1.md tells them."""

import re

from verify_bundle import canonical, demand, from_json, key_of, open_note


def handover_of(note):
    """From which key to which; both signed it."""
    demand(type(note) is str)
    title, text, last = (note[: note.find("\n\n") + 1].split("\n") + ["", ""])[:3]
    said = from_json(text)
    demand(title == "sallyport-handover-v1" and last == "" and type(said) is dict and set(said) == {"at", "from", "to", "v"} and canonical(said) == text)
    demand(said["v"] == 1 and all(type(said[name]) is str for name in ("at", "from", "to")))
    demand(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["at"], re.ASCII))
    demand(said["from"] != said["to"] and key_of(said["from"])[0] == key_of(said["to"])[0])
    for vkey in (said["from"], said["to"]):
        demand(open_note(note, vkey) == f"{title}\n{text}\n")
    return said["from"], said["to"]


def keys_behind(vkey, handovers):
    """The key itself, and each from which handovers lead to it, nearest first."""
    demand(len(handovers) <= 64)
    turns = [handover_of(note) for note in handovers]
    demand(all(key_of(one)[0] == key_of(vkey)[0] for one, _ in turns))
    keys = [vkey]
    for key in keys:
        keys.extend({one: None for one, other in turns if other == key and one not in keys})
    return keys


def stated_by(said):
    """The keys that count for what has `vkey`, `v` and perhaps `handovers`: version 1 has none of these, and version 2 some."""
    handovers = said.get("handovers", [])
    demand(type(handovers) is list and type(said["v"]) is int and said["v"] == (2 if handovers else 1) and ("handovers" in said) == (said["v"] == 2))
    return keys_behind(said["vkey"], handovers)
