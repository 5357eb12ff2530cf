"""The rules that 3PC explains, each with its section: "BHG" is Bernstein, Hadzilacos & Goodman (1987),
"KD" is Keidar & Dolev (1998)."""

from __future__ import annotations

from protocols.actor import Rule
from protocols.atomic_commit import SHARED_RULES

RULES = {
    **SHARED_RULES,
    "precommit": Rule("Skeen §6, BHG §7.5"),
    "prepared": Rule("Skeen §6, BHG §7.5"),
    "prepared-to-abort": Rule("KD §4"),
    "ballot-passed": Rule("KD §4"),
    "ack-counted": Rule("BHG §7.5"),
    "acks-missing": Rule("BHG §7.5"),
    "commit": Rule("BHG §7.5", mark="commit", decides="txn"),
    "abort": Rule("BHG §7.5", mark="abort", decides="txn"),
    "committed": Rule("BHG §7.5", knows="txn"),
    "aborted": Rule("BHG §7.5", knows="txn"),
    "decided-without": Rule("BHG §7.5"),
    "timeout-commits": Rule("Skeen §7", mark="commit", knows="txn"),
    "timeout-aborts": Rule("Skeen §7", mark="abort", knows="txn"),
    "stand": Rule("BHG §7.5", mark="candidate"),
    "tell-decision": Rule("BHG §7.5"),
    "no-information": Rule("BHG §7.5"),
    "tell-state": Rule("BHG §7.5"),
    "state-counted": Rule("BHG §7.5"),
    "terminate-commit": Rule("BHG §7.5, KD §4"),
    "terminate-abort": Rule("BHG §7.5, KD §4"),
    "terminated-commit": Rule("BHG §7.5", mark="commit", knows="txn"),
    "terminated-abort": Rule("BHG §7.5", mark="abort", knows="txn"),
    "no-quorum": Rule("KD §4"),
    "recovered-decided": Rule("BHG §7.5"),
    "recovered-undecided": Rule("BHG §7.5"),
    "recovered-prepared": Rule("BHG §7.5"),
    "recovered-in-doubt": Rule("BHG §7.5"),
    "ask-all": Rule("BHG §7.5"),
    "total-failure": Rule("BHG §7.5"),
}
"""Every rule a handler explains, with its section. What they say is in the catalogues, not here."""
