"""The rules that ZAB explains, each with where it is from: "FLE" is ZooKeeper's FastLeaderElection, phases
and steps are the paper's, "TCP" is what connections do for it, "server" what servers do around it.
"""

from __future__ import annotations

from protocols.actor import Rule

BROADCAST = {
    # phase 0
    "look-for-leader": Rule("FLE", mark="candidate"),
    "answer-looking": Rule("FLE"),
    "notification-ignored": Rule("FLE"),
    "older-round": Rule("FLE"),
    "newer-round": Rule("FLE"),
    "better-vote": Rule("FLE"),
    "vote-heard": Rule("FLE"),
    "settled-heard": Rule("FLE"),
    "join-established": Rule("FLE"),
    "resend-vote": Rule("FLE"),
    "quorum-of-votes": Rule("FLE"),
    "election-over": Rule("FLE"),
    # phase 1
    "lead": Rule("phase 1"),
    "connect": Rule("phase 1"),
    "not-leading": Rule("phase 1"),
    "connected-already": Rule("TCP"),
    "learner-connects": Rule("phase 1, l.1.1"),
    "new-epoch": Rule("phase 1, l.1.1"),
    "epoch-refused": Rule("phase 1, f.1.1"),
    "epoch-accepted": Rule("phase 1, f.1.1"),
    "epoch-accepted-before": Rule("phase 1, f.1.1"),
    "learner-joins": Rule("phase 1"),
    "follower-ahead": Rule("phase 1, l.1.2"),
    "epoch-ack-not-counted": Rule("phase 1, l.1.2"),
    "epoch-acknowledged": Rule("phase 1, l.1.2"),
    "epoch-quorum": Rule("phase 1, l.1.2"),
    # phase 2
    "send-diff": Rule("phase 2, l.2.1"),
    "send-trunc": Rule("phase 2, l.2.1"),
    "send-snap": Rule("phase 2, l.2.1"),
    "receive-diff": Rule("phase 2"),
    "truncate": Rule("phase 2"),
    "receive-snap": Rule("phase 2"),
    "receive-history": Rule("phase 2, f.2.1"),
    "new-leader": Rule("phase 2, f.2.1"),
    "leader-acknowledged": Rule("phase 2, l.2.2"),
    "established": Rule("phase 2, l.2.2", mark="election"),
    "up-to-date": Rule("phase 2, f.2.2"),
    # phase 3
    "forward-request": Rule("server"),
    "propose": Rule("phase 3, l.3.1"),
    "log-proposal": Rule("phase 3, f.3.2"),
    "acknowledged": Rule("phase 3, l.3.2"),
    "commit": Rule("phase 3, l.3.2", mark="commit", decides="zxid"),
    "commit-learned": Rule("phase 3, f.3.3", knows="zxid"),
    "informed": Rule("phase 3", knows="zxid"),
    "apply": Rule("phase 3, f.3.3"),
    "forward-sync": Rule("server"),
    "sync-behind": Rule("server"),
    "synced": Rule("server"),
    "ping": Rule("phase 3"),
    # when it is over
    "leader-silent": Rule("phase 3"),
    "learner-lost": Rule("phase 3"),
    "quorum-lost": Rule("phase 3"),
    "no-quorum-in-time": Rule("phase 1, phase 2"),
    "packet-dropped": Rule("TCP"),
    "packet-early": Rule("TCP"),
    "snapshot-taken": Rule("server"),
    "recovered": Rule("server"),
}
"""Every rule that a handler of ZAB itself explains. What they say is in the catalogues, not here."""

STORE = {
    "not-serving": Rule("server"),
    "read-locally": Rule("server"),
    "already-executed": Rule("server"),
    "already-forwarded": Rule("server"),
    "already-proposed": Rule("server"),
    "answer": Rule("server"),
}
"""Those of the key-value store on top."""

RULES = BROADCAST | STORE
