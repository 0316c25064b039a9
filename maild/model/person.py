"""A person as the company's directory knows them (PRODUCT §2.5 "Persons", §3.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person, or one shared mailbox, with all of their addresses.

    key        what the directory itself calls them by (staff number, entry id), else their first address
    addresses  in lower case, the main one first; the others are aliases
    manager    the main address of whom they report to; empty when the directory does not say
    language   zh-CN or en; empty when the directory does not say
    zone       an IANA time zone; empty when the directory does not say
    vip        their matters are important (manual 2.3.2, 业务重要性)
    shared     a mailbox that several people use: a `group`, no single person
    """

    key: str
    addresses: tuple[str, ...]
    name: str = ""
    department: str = ""
    phone: str = ""
    location: str = ""
    manager: str = ""
    language: str = ""
    zone: str = ""
    vip: bool = False
    shared: bool = False

    @property
    def address(self) -> str:
        """The main address."""
        return self.addresses[0]
