"""Who may do what: identities, ACLs, and ZooKeeper's schemes `world`, `auth`, `digest`, `ip` and `super`.

An identity is a pair (scheme, id). A connection begins with one, ("ip", its address); `addauth` adds more.
"""

from __future__ import annotations

import ipaddress
from base64 import b64encode
from hashlib import sha1

from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import ADMIN, READ, Acl, AddAuth

Identity = tuple[str, str]
Identities = tuple[Identity, ...]

SUPER: Identity = ("super", "")
"""Whoever is this may do everything."""


def digest_id(credential: bytes) -> str:
    """`user:password` as the id that an ACL has: `user:base64(sha1("user:password"))`."""
    user = credential.partition(b":")[0].decode(errors="replace")
    return f"{user}:{b64encode(sha1(credential).digest()).decode()}"


def authenticate(operation: AddAuth, super_digest: str = "") -> Identities | None:
    """The identities that this proves; None when it proves none, and the session is to end (AuthFailed).
    With `ip` a connection gets what it has already."""
    if operation.scheme == "ip":
        return ()
    if operation.scheme != "digest":
        return None
    identity = digest_id(operation.auth)
    mine: Identities = (("digest", identity),)
    return (SUPER, *mine) if identity == super_digest else mine


def fixup(acl: tuple[Acl, ...], identities: Identities, path: str) -> tuple[Acl, ...]:
    """The ACL as it is stored: each entry once, and for `auth` whoever the requester has proved to be."""
    stored: list[Acl] = []
    for entry in dict.fromkeys(acl):
        if entry.scheme == "auth":
            proved = [Acl(entry.perms, scheme, id) for scheme, id in identities if scheme == "digest"]
            if not proved:
                raise ZooKeeperError(Code.INVALID_ACL, path)
            stored += proved
        elif is_valid(entry):
            stored.append(entry)
        else:
            raise ZooKeeperError(Code.INVALID_ACL, path)
    if not stored:
        raise ZooKeeperError(Code.INVALID_ACL, path)
    return tuple(stored)


def is_valid(entry: Acl) -> bool:
    match entry.scheme:
        case "world":
            return entry.id == "anyone"
        case "digest":
            return entry.id.rstrip(":").count(":") == 1
        case "ip":
            return network(entry.id) is not None
    return False


def network(id: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """`address` or `address/bits`."""
    _, slash, bits = id.partition("/")
    if slash and not (bits.isascii() and bits.isdigit()):
        return None
    try:
        return ipaddress.ip_network(id, strict=False)
    except ValueError:
        return None


def matches(entry: Acl, identity: Identity) -> bool:
    scheme, id = identity
    if scheme != entry.scheme:
        return False
    if scheme != "ip":
        return id == entry.id
    of, at = network(entry.id), network(id)
    return of is not None and at is not None and at.network_address in of


def allows(acl: tuple[Acl, ...], perms: int, identities: Identities) -> bool:
    """Whether somebody with these identities has one of `perms`."""
    for entry in acl:
        if entry.perms & perms and (entry.scheme == "world" or any(matches(entry, i) for i in identities)):
            return True
    return any(scheme == "super" for scheme, _ in identities)


def check(acl: tuple[Acl, ...], perms: int, identities: Identities, path: str) -> None:
    if not allows(acl, perms, identities):
        raise ZooKeeperError(Code.NO_AUTH, path)


def shown(acl: tuple[Acl, ...], identities: Identities, path: str) -> tuple[Acl, ...]:
    """What getACL answers: who may not set the ACL does not see the digests' hashes."""
    check(acl, READ | ADMIN, identities, path)
    if allows(acl, ADMIN, identities):
        return acl
    return tuple(masked(entry) if entry.scheme == "digest" else entry for entry in acl)


def masked(entry: Acl) -> Acl:
    return Acl(entry.perms, entry.scheme, entry.id.partition(":")[0] + ":x")


def user_of(identity: Identity) -> Identity:
    """What whoAmI tells of an identity: of a digest the user alone."""
    scheme, id = identity
    return scheme, id.partition(":")[0] if scheme == "digest" else id
