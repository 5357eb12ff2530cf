"""Every setting of the server, read from the environment: QUORUMSCOPE_ and the field's name in capitals."""

import math
import secrets
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

PREFIX = "QUORUMSCOPE_"


class Settings(BaseSettings):
    """docs/settings.md lists every field; a test compares the two."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    host: str = Field(
        default="127.0.0.1", description="Address to serve on; 0.0.0.0 is every one of this machine's."
    )
    port: int = Field(default=8000, ge=0, le=65535, description="Port to serve on; 0 takes a free one.")
    log_level: Literal["critical", "error", "warning", "info", "debug"] = Field(
        default="warning", description="The least severe kind of line that the server writes to its log."
    )
    metrics: bool = Field(default=False, description="Serve figures for Prometheus at /metrics.")
    allowed_origins: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Further origins, separated by commas, whose pages may use the socket and the API; "
        "the server's own pages always may. Behind a proxy that changes Host, name the public one here.",
    )
    allowed_hosts: Annotated[list[str], NoDecode] = Field(
        default_factory=list,
        description="Names, separated by commas, by which the server may be called (Host), besides those of "
        "this machine itself; none is any.",
    )
    trusted_proxies: str = Field(
        default="127.0.0.1",
        description="Addresses, separated by commas, whose X-Forwarded- headers are believed; * is all.",
    )
    prefix: str = Field(
        default="",
        pattern=r"^(/[\w.~-]+)*/?$",
        description="Path below which a proxy serves all pages, such as `/quorumscope`; see "
        "docs/deployment.md.",
    )

    database: str = Field(
        default=".quorumscope/quorumscope.db",
        min_length=1,
        description="File in which rooms are kept, made when it is not there; `:memory:` keeps nothing "
        "beyond the server's end.",
    )
    keep_days: float = Field(
        default=30.0, gt=0, description="A room that nobody has used for so many days is forgotten."
    )
    max_kept_rooms: int = Field(
        default=2000, ge=1, description="Rooms that sleep in the file; beyond them the oldest are forgotten."
    )

    lessons: Path | None = Field(
        default=None,
        description="Folder with lessons of one's own, a folder each; they are read again whenever they "
        "are saved.",
    )

    live: bool = Field(default=True, description="Keep the room 'live', which is there from the start.")
    live_seed: int = Field(default=7, ge=0, le=2**53, description="Seed of the live room's chance.")
    speed: float = Field(
        default=0.02,
        description="Speed of the live room at the start, in virtual seconds a second: 1/1000 to 1 "
        "(`realtime`), or `max`: virtual time leaps while a ZooKeeper client waits.",
    )
    live_token: SecretStr = Field(
        default_factory=lambda: SecretStr(secrets.token_urlsafe(18)),
        min_length=8,
        description="Token in the live room's driver link, which the server prints; when it is not set, one "
        "is made with the database, or at each start where nothing is kept.",
    )
    live_loopback_drives: bool = Field(
        default=True, description="A visitor of the live room from this machine, through no proxy, drives it."
    )

    max_rooms: int = Field(
        default=100, ge=1, description="Rooms at once; those that nobody uses make way where rooms are kept."
    )
    max_viewers: int = Field(default=1500, ge=1, description="Viewers of one room at once.")
    max_connections: int = Field(default=5000, ge=1, description="Viewers of all rooms at once.")
    max_nodes: int = Field(default=25, ge=5, le=25, description="Nodes of one cluster.")
    max_events: int = Field(
        default=100_000,
        ge=2_000,
        description="Events of a branch's history that are kept; beyond them the oldest are trimmed.",
    )
    max_messages: int = Field(
        default=2_000,
        ge=100,
        description="Messages on their way in one branch; beyond them its time stands still until some are "
        "delivered or dropped.",
    )
    max_branches: int = Field(
        default=24,
        ge=2,
        description="Branches of one room; the oldest that nobody uses makes way for a new one.",
    )
    max_message_bytes: int = Field(default=16_384, ge=256, description="Size of one message from a viewer.")
    max_body_bytes: int = Field(default=1_048_576, ge=1024, description="Size of one HTTP request's body.")
    max_replay_events: int = Field(
        default=200_000,
        ge=100,
        description="Furthest event to which a journal that somebody opens is replayed.",
    )
    message_rate: float = Field(
        default=20.0, gt=0, description="Messages a second from one viewer, in the long run."
    )
    message_burst: int = Field(default=60, ge=1, description="Messages that one viewer may send at once.")
    rooms_per_minute: float = Field(default=30.0, gt=0, description="New rooms a minute from one address.")
    hello_seconds: float = Field(default=5.0, gt=0, description="Time that a connection has for its hello.")
    idle_minutes: float = Field(
        default=60.0,
        gt=0,
        description="A room that nobody has watched or used for so long sleeps in the file until somebody "
        "comes, or ends where nothing is kept; 'live' does neither.",
    )

    max_classes: int = Field(default=50, ge=1, description="Classes that are held at once.")
    max_seats: int = Field(default=600, ge=1, description="Seats of one class.")
    class_days: float = Field(
        default=30.0,
        ge=0,
        description="Days after its end that a class is kept, with its questions, answers and names.",
    )

    ticks_per_second: int = Field(default=20, ge=1, le=60, description="Batches of events a second.")
    events_per_tick: int = Field(
        default=500,
        ge=1,
        description="Events of one branch in one batch; a cluster that has more runs slower.",
    )
    resume_events: int = Field(
        default=5_000, ge=0, description="Missed events that a returning viewer is sent; beyond, a snapshot."
    )

    zookeeper: bool = Field(
        default=True, description="Let ZooKeeper clients connect to the live room's ensemble, over TCP."
    )
    zookeeper_host: str = Field(
        default="127.0.0.1",
        description="Address for ZooKeeper clients; whoever reaches it can use and disturb the live room.",
    )
    zookeeper_port: int = Field(
        default=2181,
        ge=0,
        le=65535,
        description="Port of the ensemble's first server; the next has the next. 0 takes free ones.",
    )
    zookeeper_words: str = Field(
        default="*", description="Four-letter words that are answered, separated by commas; * is all."
    )
    zookeeper_max_connections: int = Field(
        default=1000, ge=1, description="Connections of ZooKeeper clients at once."
    )
    zookeeper_max_connections_per_server: int = Field(
        default=600, ge=1, description="Connections of ZooKeeper clients to one server at once."
    )
    zookeeper_max_frame_bytes: int = Field(
        default=1_048_575, ge=1024, description="Size of one request of a ZooKeeper client."
    )
    zookeeper_max_outstanding: int = Field(
        default=1000,
        ge=1,
        description="Requests that one ZooKeeper client may have under way; beyond them it is not read from.",
    )
    zookeeper_max_unsent_bytes: int = Field(
        default=16_777_216,
        ge=1024,
        description="Bytes that one ZooKeeper client may have under way; a client that leaves so many unread "
        "is disconnected.",
    )
    zookeeper_hello_seconds: float = Field(
        default=10.0, gt=0, description="Time that a ZooKeeper client has for its handshake."
    )

    @field_validator("speed", mode="before")
    @classmethod
    def _pace(cls, value: object) -> object:
        if isinstance(value, str):
            words = {"realtime": 1.0, "max": math.inf}
            try:
                value = words[value] if value in words else float(Fraction(value))
            except (ValueError, ZeroDivisionError):
                value = 0.0
        if value != math.inf and not (isinstance(value, int | float) and 0.001 <= value <= 1):
            raise ValueError("it is 1/1000 to 1, realtime or max")
        return value

    @field_validator("prefix")
    @classmethod
    def _without_slash(cls, value: str) -> str:
        return value.rstrip("/")

    @field_validator("allowed_origins", "allowed_hosts", mode="before")
    @classmethod
    def _commas(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip().rstrip("/") for part in value.split(",") if part.strip()]
        return value


class BadSettings(Exception):
    """One sentence that names the variable, its value and what would be right."""


def load_settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = PREFIX + str(first["loc"][0]).upper()
        said = "a secret" if "token" in name.lower() else repr(first["input"])
        reason = first["msg"][0].lower() + first["msg"][1:]
        raise BadSettings(f"The setting {name} is {said}, which cannot be used: {reason}.") from None
