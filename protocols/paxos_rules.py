"""The rules of single-decree Paxos, with the sections of "Paxos Made Simple"."""

from protocols.actor import Rule

RULES = {
    "wanted": Rule("§2.2"),
    "redirect": Rule("§2.4"),
    "prepare": Rule("§2.2, phase 1(a)", mark="candidate"),
    "promise": Rule("§2.2, phase 1(b)"),
    "prepare-refused": Rule("§2.2, phase 1(b)"),
    "prepare-repeated": Rule("§2.2, phase 1(b)"),
    "promise-counted": Rule("§2.2, phase 1(b)"),
    "promise-late": Rule("§2.2, phase 1(b)"),
    "adopt": Rule("§2.2, phase 2(a), P2c"),
    "free": Rule("§2.2, phase 2(a), P2c"),
    "nothing-to-propose": Rule("§2.3"),
    "accept": Rule("§2.2, phase 2(b)"),
    "accept-refused": Rule("§2.2, phase 2(b)"),
    "acceptance-counted": Rule("§2.3"),
    "acceptance-late": Rule("§2.3"),
    "chosen": Rule("§2.2, §2.3", mark="commit", decides="value"),
    "learned": Rule("§2.3", knows="value"),
    "inquire": Rule("§2.3"),
    "inquiry": Rule("§2.3"),
    "nack": Rule("§2.2"),
    "abandon": Rule("§2.2, §2.4"),
    "retry": Rule("§2.4"),
    "answer": Rule("§2.3", mark="answer"),
    "recovered": Rule("§2.5"),
}
"""Every rule a handler explains, with its section. What they say is in the catalogues, not here."""
