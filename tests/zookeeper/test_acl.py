"""Access control (Programmer's Guide, "ZooKeeper access control using ACLs")."""

from __future__ import annotations

import pytest

from protocols.zookeeper.acl import SUPER, Identities, allows, authenticate, digest_id, fixup
from protocols.zookeeper.errors import Code, ZooKeeperError
from protocols.zookeeper.operations import ALL, OPEN, READ, Acl, AddAuth, Delete, SetData
from protocols.zookeeper.prepare import TreeOptions
from tests.zookeeper.ensemble import ADDRESS, Server

SUPER_ID = "super:D/InIHSb7yEEbrWz8b9l71RjZJU="
"""The id of `super:test` in the real server's own tests."""


def test_digest_ids() -> None:
    assert digest_id(b"super:test") == SUPER_ID
    assert digest_id(b"alice:a:b").startswith("alice:")


def test_adding_identities() -> None:
    assert authenticate(AddAuth("digest", b"super:test"), SUPER_ID) == (SUPER, ("digest", SUPER_ID))
    assert authenticate(AddAuth("digest", b"super:test")) == (("digest", SUPER_ID),)
    assert authenticate(AddAuth("ip", b"")) == ()
    assert authenticate(AddAuth("kerberos", b"x")) is None


@pytest.mark.parametrize(
    ("acl", "address", "yes"),
    [
        ("10.0.0.7", "10.0.0.7", True),
        ("10.0.0.8", "10.0.0.7", False),
        ("10.0.0.0/8", "10.200.1.1", True),
        ("10.0.0.0/8", "11.0.0.1", False),
        ("10.9.9.9/8", "10.200.1.1", True),
        ("0.0.0.0/0", "1.2.3.4", True),
        ("::1", "::1", True),
        ("::1", "10.0.0.1", False),
    ],
)
def test_addresses(acl: str, address: str, yes: bool) -> None:
    assert allows((Acl(ALL, "ip", acl),), READ, (("ip", address),)) is yes


@pytest.mark.parametrize(
    ("scheme", "id", "is_valid"),
    [
        ("world", "anyone", True),
        ("world", "someone", False),
        ("digest", "a:b", True),
        ("digest", "a", False),
        ("digest", "a:", False),
        ("digest", "a:b:c", False),
        ("ip", "1.2.3.4/32", True),
        ("ip", "1.2.3.4/33", False),
        ("ip", "1.2.3.256", False),
        ("ip", "1.2.3.4/255.0.0.0", False),
        ("super", "", False),
        ("sasl", "x", False),
        ("auth", "", False),  # nobody here has proved anything: an address is no proof
    ],
)
def test_which_entries_are_valid(scheme: str, id: str, is_valid: bool) -> None:
    entries = (Acl(READ, scheme, id),)
    if is_valid:
        assert fixup(entries, ADDRESS, "/p") == entries
        return
    with pytest.raises(ZooKeeperError) as refused:
        fixup(entries, ADDRESS, "/p")
    assert refused.value.code is Code.INVALID_ACL


def test_auth_stands_for_all_that_the_requester_has_proved() -> None:
    who: Identities = (*ADDRESS, ("digest", "a:1"), ("digest", "b:2"), SUPER)
    entries = (Acl(READ, "auth", ""), *OPEN, *OPEN)
    assert fixup(entries, who, "/p") == (Acl(READ, "digest", "a:1"), Acl(READ, "digest", "b:2"), *OPEN)


def test_no_acl_at_all() -> None:
    with pytest.raises(ZooKeeperError):
        fixup((), ADDRESS, "/p")


def test_super_may_do_everything_but_delete_what_is_special() -> None:
    server = Server()
    server.create("/p", acl=(Acl(0, "world", "anyone"),))
    assert server.set("/p", b"") is Code.NO_AUTH
    server.identities = (SUPER,)
    assert server.set("/p", b"") is Code.OK
    assert server.code(SetData("/zookeeper/config", b"")) is Code.OK
    assert server.code(Delete("/zookeeper/config")) is Code.BAD_ARGUMENTS


def test_permissions_can_be_switched_off() -> None:
    server = Server(TreeOptions(skip_acl=True))
    server.create("/p", acl=(Acl(0, "world", "anyone"),))
    assert server.set("/p", b"") is Code.OK
