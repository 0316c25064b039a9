"""[directory] of config.toml: where the desk learns who works in the company; what the keys mean stands there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from maild.config.sections import Duration, Section, SourceOrNone
from maild.model.login import is_loopback


def _not_too_often(value: timedelta) -> timedelta:
    if value < timedelta(minutes=1):
        raise ValueError("is too often; write at least 1m")
    return value


class LdapAttributesSection(Section):
    addresses: tuple[str, ...] = ("mail", "proxyAddresses", "mailAlternateAddress")
    name: tuple[str, ...] = ("displayName", "cn")
    department: tuple[str, ...] = ("department", "departmentNumber", "ou")
    phone: tuple[str, ...] = ("telephoneNumber", "ipPhone", "mobile")
    location: tuple[str, ...] = ("physicalDeliveryOfficeName", "roomNumber", "l")
    manager: tuple[str, ...] = ("manager",)
    language: tuple[str, ...] = ("preferredLanguage",)
    zone: tuple[str, ...] = ()


class LdapSection(Section):
    host: str
    port: int = Field(636, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "tls"
    login: str = ""
    password_from: SourceOrNone = ""
    base: str
    filter: str = "(mail=*)"
    vip: str = ""
    shared: str = ""
    page: int = Field(500, ge=1, le=10_000)
    tls_ca: str = ""
    timeout: Duration = timedelta(seconds=20)
    attributes: LdapAttributesSection = LdapAttributesSection()

    @field_validator("filter", "vip", "shared")
    @classmethod
    def _in_brackets(cls, value: str) -> str:
        if value and not (value.startswith("(") and value.endswith(")")):
            raise ValueError("is no LDAP filter; write it in brackets like (mail=*)")
        return value

    @field_validator("password_from")
    @classmethod
    def _login_with_password(cls, value: str, info: ValidationInfo) -> str:
        if bool(value) != bool(info.data.get("login")):
            raise ValueError("and `login` go together: set both, or neither to read the directory as nobody")
        return value

    @field_validator("security")
    @classmethod
    def _not_in_the_clear(cls, value: str, info: ValidationInfo) -> str:
        # A host with a mistake in it is not in `data`, and is told of by itself.
        if value == "none" and not is_loopback(info.data.get("host", "localhost")):
            raise ValueError(
                'is for this machine alone, everybody on the way could read along; write "tls" or "starttls"'
            )
        return value


class DirectorySection(Section):
    source: Literal["", "csv", "ldap"] = ""
    every: Annotated[Duration, AfterValidator(_not_too_often)] = timedelta(hours=1)
    most_gone: float = Field(0.2, ge=0, le=1)
    csv: str = ""
    ldap: LdapSection | None = None

    @field_validator("csv")
    @classmethod
    def _file_named(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("source") == "csv" and not value:
            raise ValueError('is missing; source = "csv" reads that file')
        return value

    @field_validator("ldap")
    @classmethod
    def _server_named(cls, value: LdapSection | None, info: ValidationInfo) -> LdapSection | None:
        if info.data.get("source") == "ldap" and value is None:
            raise ValueError('is missing; source = "ldap" needs a table [directory.ldap] with host and base')
        return value


DIRECTORY_TABLES: Mapping[object, type[Section]] = {"ldap": LdapSection, "attributes": LdapAttributesSection}
"""The tables inside [directory], by their key."""
