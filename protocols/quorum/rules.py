"""The rules that the store's nodes and its clients explain: sections of Dynamo's paper; "ABD" is Attiya,
Bar-Noy & Dolev 1995."""

from __future__ import annotations

from protocols.actor import Rule

RULES = {
    "coordinates-write": Rule("§4.5"),
    "stored": Rule("§4.5", knows="write"),
    "has-it-already": Rule("§4.4"),
    "write-acknowledged": Rule("§4.5"),
    "one-more-copy": Rule("§4.5"),
    "write-quorum": Rule("§4.5", mark="commit", decides="write"),
    "write-failed": Rule("§4.5", mark="abort"),
    "late-acknowledgement": Rule("§4.5"),
    "coordinates-read": Rule("§4.5"),
    "tells": Rule("§4.5"),
    "read-answered": Rule("§4.5"),
    "one-more-answer": Rule("§4.5"),
    "read-quorum": Rule("§4.5"),
    "read-failed": Rule("§4.5", mark="abort"),
    "late-answer": Rule("§4.5"),
    "request-seen": Rule("§4.5"),
    "siblings": Rule("§4.4"),
    "last-write-wins": Rule("§6.1"),
    "token-not-covered": Rule("§4.5"),
    "asks-again": Rule("§4.5"),
    "read-repair": Rule("§5"),
    "repaired": Rule("§5"),
    "writes-back": Rule("ABD §3"),
    "written-back": Rule("ABD §3"),
    "stands-in": Rule("§4.6"),
    "keeps-hint": Rule("§4.6"),
    "hands-off": Rule("§4.6"),
    "comes-home": Rule("§4.6"),
    "hint-delivered": Rule("§4.6"),
    "hint-stays": Rule("§4.6"),
    "compares": Rule("§4.7"),
    "agrees": Rule("§4.7"),
    "differs": Rule("§4.7"),
    "exchanged": Rule("§4.7"),
    "recovered": Rule("§4.5"),
}

CLIENT_RULES = {
    "issue": Rule("§4.5"),
    "queued": Rule("§4.5"),
    "answered": Rule("§4.5", mark="answer"),
    "failed": Rule("§4.5", mark="abort"),
    "timed-out": Rule("§4.5", mark="abort"),
    "late-answer": Rule("§4.5"),
    "sets-levels": Rule("§4.5"),
    "sets-route": Rule("§6.4"),
    "sets-window": Rule("§4.5"),
    "sets-token": Rule("§4.4"),
}
