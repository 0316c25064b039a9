"""Where the directory is read from, as the settings say."""

from functools import partial
from pathlib import Path

from maild.config import DirectorySection, read_secret
from maild.directory.directory_ldap import Ldap, read_ldap
from maild.directory.roll import Roll
from maild.directory.table import read_table


def read(section: DirectorySection) -> Roll:
    """Everybody whom the directory names. Raises DirectoryError or SecretMissing; ValueError without a source."""
    if section.source == "csv":
        return read_table(Path(section.csv))
    if section.source == "ldap" and section.ldap is not None:
        return read_ldap(ldap_of(section))
    raise ValueError("[directory] names no source")


def ldap_of(section: DirectorySection) -> Ldap:
    """[directory.ldap] as the door wants it."""
    found = section.ldap
    if found is None:
        raise ValueError("there is no [directory.ldap]")
    return Ldap(
        host=found.host,
        port=found.port,
        security=found.security,
        login=found.login,
        password=partial(read_secret, found.password_from) if found.password_from else None,
        base=found.base,
        filter=found.filter,
        attributes=found.attributes.model_dump(),
        vip=found.vip,
        shared=found.shared,
        page=found.page,
        ca_file=found.tls_ca,
        timeout_s=found.timeout.total_seconds(),
    )
