"""OpenLDAP's slapd as a test server: TLS with our own authority, paging, a size limit, people from a table."""

import base64
import shutil
import signal
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests import servers

BASE = "dc=corp,dc=example"
PEOPLE = f"ou=people,{BASE}"
READER = f"cn=maild,{BASE}"
PASSWORD = "reader's secret"

_CONFIG = """
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/slapd.pid
argsfile {folder}/slapd.args
TLSCertificateFile {certificate}
TLSCertificateKeyFile {certificate}
TLSVerifyClient never
# Nobody gets more than this many entries at once, in pages as many as they like.
sizelimit size.soft={limit} size.hard={limit} size.pr={limit} size.prtotal=unlimited
database mdb
maxsize 104857600
suffix {base}
rootdn {reader}
rootpw "{password}"
directory {folder}/db
index mail eq
access to * by users read by anonymous auth
"""


class Slapd(servers.Server):
    """A directory under dc=corp,dc=example. `host` is the name in its certificate."""

    def __init__(
        self,
        folder: Path,
        certificate: Path,
        limit: int = 500,
        encrypted_only: bool = False,
        people: Iterable[str] = (),
    ) -> None:
        super().__init__(folder)
        self.port, self.tls_port = servers.free_port(), servers.free_port()
        self._child: servers.Child | None = None
        (folder / "db").mkdir(parents=True, exist_ok=True)
        self._config = folder / "slapd.conf"
        # The administrator of the database is bound by no limit, so the tests read as an ordinary entry.
        self._config.write_text(
            _CONFIG.format(
                folder=folder, certificate=certificate, limit=limit, base=BASE, reader=f"cn=admin,{BASE}",
                password=PASSWORD,
            ),
            encoding="utf-8",
        )  # fmt: skip
        top = [
            entry(BASE, objectClass=("dcObject", "organization"), o="Corp", dc="corp"),
            entry(
                READER, objectClass=("organizationalRole", "simpleSecurityObject"), cn="maild", userPassword=PASSWORD
            ),
            entry(PEOPLE, objectClass="organizationalUnit", ou="people"),
        ]
        ldif = folder / "data.ldif"
        ldif.write_text("\n".join([*top, *people]), encoding="utf-8")
        subprocess.run([_program("slapadd"), "-q", "-f", str(self._config), "-l", str(ldif)], check=True)

    def start(self) -> None:
        if self._child is None:
            where = f"ldap://127.0.0.1:{self.port}/ ldaps://127.0.0.1:{self.tls_port}/"
            command = [_program("slapd"), "-f", str(self._config), "-h", where, "-d", "0"]
            self._child = servers.Child(command, self.folder / "slapd.out")
            self._child.wait_until(lambda: servers.answers(self.port) and servers.answers(self.tls_port), "slapd")

    def stop(self) -> None:
        if self._child is not None:
            self._child.end(signal.SIGTERM, 5)
            self._child = None


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")
    if found is None:
        raise FileNotFoundError(f"{name} is not installed")
    return found


def entry(dn: str, **attributes: str | tuple[str, ...]) -> str:
    """One entry as LDIF (RFC 2849), every value in Base64."""
    lines = [f"dn:: {base64.b64encode(dn.encode()).decode()}"]
    for name, values in attributes.items():
        for value in (values,) if isinstance(values, str) else values:
            lines.append(f"{name}:: {base64.b64encode(value.encode()).decode()}")
    return "\n".join(lines) + "\n"


def person(uid: str, name: str, department: str = "", **more: str | tuple[str, ...]) -> str:
    """One inetOrgPerson of PEOPLE with the address UID@corp.example."""
    given: dict[str, str | tuple[str, ...]] = {"mail": f"{uid}@corp.example", **more}
    if department:
        given["departmentNumber"] = department
    return entry(f"uid={uid},{PEOPLE}", objectClass="inetOrgPerson", uid=uid, cn=name, sn=name[:1], **_said(given))


def _said(given: Mapping[str, str | tuple[str, ...]]) -> dict[str, str | tuple[str, ...]]:
    return {name: value for name, value in given.items() if value}
