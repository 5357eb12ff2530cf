"""The rules that Raft explains, each with its section: of the paper, or of the dissertation ("diss.")."""

from __future__ import annotations

from protocols.actor import Rule

RULES = {
    "election-timeout": Rule("§5.2"),
    "start-pre-vote": Rule("diss. §9.6"),
    "start-election": Rule("§5.2", mark="candidate"),
    "pre-vote-granted": Rule("diss. §9.6"),
    "pre-vote-denied": Rule("diss. §9.6"),
    "vote-granted": Rule("§5.2, §5.4.1"),
    "vote-denied-term": Rule("§5.1"),
    "vote-denied-already-voted": Rule("§5.2"),
    "vote-denied-log": Rule("§5.4.1"),
    "vote-ignored-leader-alive": Rule("diss. §4.2.3"),
    "vote-counted": Rule("§5.2"),
    "vote-refused": Rule("§5.2"),
    "vote-reply-ignored": Rule("§5.2"),
    "become-leader": Rule("§5.2", mark="election"),
    "append-no-op": Rule("§8, diss. §6.4"),
    "newer-term": Rule("§5.1"),
    "recognise-leader": Rule("§5.2"),
    "heartbeat": Rule("§5.2"),
    "heartbeat-received": Rule("§5.2"),
    "append-denied-term": Rule("§5.1"),
    "append-denied-log": Rule("§5.3"),
    "append-stored": Rule("§5.3"),
    "append-truncated": Rule("§5.3"),
    "append-confirmed": Rule("§5.3"),
    "back-up": Rule("§5.3"),
    "reply-ignored": Rule("§5.1"),
    "commit": Rule("§5.3, §5.4.2", mark="commit", decides="index", upto=True),
    "commit-not-own-term": Rule("§5.4.2"),
    "commit-learned": Rule("§5.3", knows="index", upto=True),
    "apply": Rule("§5.3"),
    "accept-command": Rule("§5.3"),
    "already-executed": Rule("diss. §6.3"),
    "already-in-log": Rule("diss. §6.3"),
    "redirect": Rule("§8"),
    "answer": Rule("§5.3, §8"),
    "quorum-checked": Rule("diss. §6.2"),
    "quorum-lost": Rule("diss. §6.2"),
    "recovered": Rule("§5.1"),
}
"""Every rule a handler explains, with its section. What they say is in the catalogues, not here."""
