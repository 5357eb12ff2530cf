"""A class over real connections: its lead, its students, each with the cookies of a browser of its own."""

from __future__ import annotations

from typing import Any

import httpx

from tests.serving import Member, Served


class Browser:
    def __init__(self, served: Served) -> None:
        self.served = served
        self.http = httpx.Client(
            base_url=served.address, timeout=10, limits=httpx.Limits(max_keepalive_connections=0)
        )

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())}

    def post(self, path: str, status: int = 201, **body: Any) -> dict[str, Any]:
        answer = self.http.post(f"/api/{path}", json=body)
        assert answer.status_code == status, answer.text
        found: dict[str, Any] = answer.json() if answer.content else {}
        return found

    def talk(self, id: str, role: str) -> Talk:
        return Talk(self, id, role)

    def watch(self, room: str, role: str = "student") -> Member:
        return Member(self.served.address, f"{room}?as={role}", headers=self.headers)


class Talk(Member):
    """The socket of a class."""

    def __init__(self, browser: Browser, id: str, role: str) -> None:
        super().__init__(browser.served.address, id, at="classes", headers=browser.headers, role=role)

    def does(self, tag: str, **fields: Any) -> dict[str, Any]:
        return self.ask("say", event={"type": tag} | fields)

    def until(self, type: str, **wanted: Any) -> dict[str, Any]:
        """The next message of that type in which these fields have these values."""
        while True:
            message = self.hear(type)
            if wanted.items() <= message.items():
                return message


class Class:
    """Opened by its lead on a room of its own."""

    def __init__(self, served: Served, **config: Any) -> None:
        self.served = served
        self.room = served.make(config={"seed": 3} | config)
        self.lead = Browser(served)
        self.lead.http.headers["Authorization"] = f"Bearer {self.room['token']}"
        self.made = self.lead.post("classes", room=self.room["id"])
        self.id, self.code, self.token = self.made["id"], self.made["code"], self.made["token"]

    def student(self, name: str = "Ada", **by: str) -> Browser:
        browser = Browser(self.served)
        found: dict[str, Any] = {"code": self.code} | by
        browser.post("join", name=name, **found)
        return browser
