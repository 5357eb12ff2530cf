"""The rules that ZooKeeper's servers and clients explain; those of ZAB are among the servers'. The words
name the chapter of ZooKeeper's documentation that says so.
"""

from __future__ import annotations

from protocols.actor import Rule
from protocols.zab.rules import BROADCAST

RULES = BROADCAST | {
    # connections and sessions
    "refuses-clients": Rule("sessions"),
    "client-connected-already": Rule("TCP"),
    "client-ahead": Rule("sessions"),
    "session-begins": Rule("sessions"),
    "session-goes-on": Rule("sessions"),
    "revalidates": Rule("sessions"),
    "session-open": Rule("sessions"),
    "session-gone": Rule("sessions"),
    "session-expires": Rule("sessions", mark="abort"),
    "no-such-connection": Rule("TCP"),
    "client-hangs-up": Rule("TCP"),
    "client-alive": Rule("sessions"),
    "ends-connection": Rule("sessions"),
    "authenticated": Rule("ACLs"),
    "auth-failed": Rule("ACLs"),
    # requests
    "takes-write": Rule("guarantees"),
    "asks-sync": Rule("guarantees"),
    "answers-read": Rule("guarantees"),
    "answers-write": Rule("guarantees"),
    "too-long": Rule("configuration"),
    "quota-passed": Rule("quotas"),
    # watches
    "watch-fires": Rule("watches"),
    "watch-missed": Rule("watches"),
    # nodes that go by themselves
    "container-over": Rule("data model"),
}

CLIENT_RULES = {
    "client-connects": Rule("sessions"),
    "not-this-connection": Rule("TCP"),
    "session-established": Rule("sessions"),
    "session-expired": Rule("sessions", mark="abort"),
    "server-alive": Rule("sessions"),
    "server-hung-up": Rule("sessions"),
    "server-silent": Rule("sessions"),
    "watches-again": Rule("watches"),
    "client-asks": Rule("guarantees"),
    "answer-to": Rule("guarantees", mark="answer"),
    "event": Rule("watches"),
    "types": Rule("shell"),
    "program-begins": Rule("recipes"),
    "program-ends": Rule("recipes"),
    "says": Rule("recipes"),
}
