"""Clients' requests (section 8), each executed once (diss. 6.3; the sessions are in `key_value.py`)."""

from __future__ import annotations

from protocols.actor import Effects
from protocols.client import ClientReply, ClientRequest
from protocols.log import Entry
from protocols.raft.reads import Reads
from protocols.raft.state import RaftState


class Clients(Reads):
    """A server that clients talk to."""

    def on_client_request(self, s: RaftState, src: str, m: ClientRequest, out: Effects) -> None:
        c = m.command
        session = s.sessions.get(c.client)
        if s.role != "leader":
            out.explain("redirect", client=src, leader=s.leader_id)
            out.send(src, ClientReply(c.serial, "redirect", leader=s.leader_id))
        elif s.transfer is not None:
            out.explain("request-refused", client=src, target=s.transfer)
            out.send(src, ClientReply(c.serial, "redirect"))
        elif session is not None and session.serial >= c.serial:
            out.explain("already-executed", client=src, serial=c.serial)
            out.send(src, ClientReply(c.serial, "ok", session.result))
        elif any(s.log.entry(i).command == c for i in s.waiting):
            out.explain("already-in-log", client=src, serial=c.serial)
        elif self.is_query(c):
            self.query(s, src, c, out)
        else:
            self.append_own(s, Entry(s.current_term, c), out)
            s.waiting = {**s.waiting, s.log.last_index: src}
            out.explain("accept-command", client=src, index=s.log.last_index, op=c)
            out.save(s)
            self.broadcast(s, out)
            self.commit_alone(s, out)
