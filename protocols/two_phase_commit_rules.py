"""The rules that 2PC explains, each with its section: "BHG" is Bernstein, Hadzilacos & Goodman (1987),
"ML" is Mohan & Lindsay (1983, presumed abort)."""

from __future__ import annotations

from protocols.actor import Rule
from protocols.atomic_commit import SHARED_RULES

RULES = {
    **SHARED_RULES,
    "commit": Rule("BHG §7.4", mark="commit", decides="txn"),
    "abort": Rule("BHG §7.4", mark="abort", decides="txn"),
    "abort-presumed": Rule("ML §3", mark="abort", decides="txn"),
    "committed": Rule("BHG §7.4", knows="txn"),
    "aborted": Rule("BHG §7.4", knows="txn"),
    "ask-coordinator": Rule("BHG §7.4"),
    "ask-peers": Rule("BHG §7.4"),
    "blocked": Rule("BHG §7.4"),
    "tell-decision": Rule("BHG §7.4"),
    "tell-uncertain": Rule("BHG §7.4"),
    "peer-uncertain": Rule("BHG §7.4"),
    "undecided": Rule("BHG §7.4"),
    "no-information": Rule("ML §2, §3"),
    "recovered-undecided": Rule("BHG §7.4"),
    "recovered-decided": Rule("BHG §7.4"),
    "recovered-in-doubt": Rule("BHG §7.4"),
}
"""Every rule a handler explains, with its section. What they say is in the catalogues, not here."""
