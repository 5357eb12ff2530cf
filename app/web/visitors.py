"""Where a connection comes from: the same machine, one of our own pages, or elsewhere."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from app.settings import Settings
from app.sim.errors import Refused

FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via", "cf-connecting-ip")
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


def from_this_machine(connection: HTTPConnection) -> bool:
    """A person at this very machine: no proxy in between, and no foreign name that leads here.

    The name in Host is looked at because a page elsewhere can point a name of its own at 127.0.0.1,
    and its visitor's browser would then speak to us in that page's stead.
    """
    if any(header in connection.headers for header in FORWARDED):
        return False
    host = urlsplit("//" + connection.headers.get("host", "")).hostname or ""
    return host in LOCAL_NAMES and _is_loopback(connection.client.host if connection.client else "")


def _is_loopback(address: str) -> bool:
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def origin_allowed(connection: HTTPConnection, also: list[str]) -> bool:
    """Browsers say which page is asking. Ours may; other programs, which send no Origin, may too."""
    origin = connection.headers.get("origin")
    if origin is None or origin in also:
        return True
    return origin != "null" and urlsplit(origin).netloc == connection.headers.get("host")


def stranger(connection: HTTPConnection, settings: Settings) -> Refused | None:
    """Why this one is not spoken to: it calls us by a name that is not ours, or a foreign page is asking."""
    if settings.allowed_hosts:
        host = urlsplit("//" + connection.headers.get("host", "")).hostname or ""
        if host not in (*settings.allowed_hosts, *LOCAL_NAMES):
            return Refused("bad-host", host=host[:80])
    if not origin_allowed(connection, settings.allowed_origins):
        return Refused("bad-origin", origin=connection.headers["origin"][:80])
    return None


def prefix(connection: HTTPConnection) -> str:
    """What every address of ours begins with: nothing, or what a proxy puts before them."""
    known: str = connection.app.state.hub.settings.prefix
    return known


def address(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""
