"""What Active Directory's entries mean; no server is asked (tests/integration/test_directory_ldap.py asks one)."""

from collections.abc import Mapping
from uuid import UUID

from maild.config.directory import LdapAttributesSection
from maild.directory.directory_ldap import _roll

ATTRIBUTES = LdapAttributesSection().model_dump()
GUID = UUID("12345678-9abc-def0-1234-56789abcdef0")
LI = "CN=李雷,OU=财务部,DC=corp,DC=example"
HAN = "CN=韩梅梅,OU=财务部,DC=corp,DC=example"


def test_an_entry_of_active_directory() -> None:
    entries: list[tuple[str, Mapping[str, list[bytes]]]] = [
        (
            LI,
            {
                "objectGUID": [GUID.bytes_le],
                "mail": [b"li.lei@corp.example"],
                "proxyAddresses": [
                    b"smtp:lily@corp.example", b"SMTP:Li.Lei@corp.example", b"X500:/o=Corp/cn=li",
                    b"sip:li.lei@corp.example",
                ],
                "displayName": ["李雷".encode()],
                "department": ["财务部".encode()],
                "telephoneNumber": [],
                "mobile": [b"+86 138 0000 1111"],
                "physicalDeliveryOfficeName": ["3楼302".encode()],
                "manager": [HAN.encode()],
                "preferredLanguage": [b"zh-CN"],
            },
        ),
        (HAN, {"objectGUID": [UUID(int=2).bytes_le], "mail": [b"han@corp.example"], "cn": ["韩梅梅".encode()]}),
    ]  # fmt: skip
    li, han = _roll(entries, {"vip": {HAN.lower()}, "shared": set()}, ATTRIBUTES).people
    assert li.key == str(GUID)
    assert li.addresses == ("li.lei@corp.example", "lily@corp.example")
    assert (li.name, li.department, li.phone, li.location) == ("李雷", "财务部", "+86 138 0000 1111", "3楼302")
    assert (li.manager, li.language, li.vip, han.vip, han.name) == ("han@corp.example", "zh-CN", False, True, "韩梅梅")


def test_bytes_that_are_no_text_break_nothing() -> None:
    roll = _roll([("CN=x", {"mail": [b"x@corp.example"], "cn": [b"\xff\xfe\x00name\n"]})], {}, ATTRIBUTES)
    assert roll.people[0].name.endswith("name") and roll.people[0].key == "cn=x"
