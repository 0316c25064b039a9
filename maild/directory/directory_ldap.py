"""The only place that knows ldap3: a directory by LDAP (RFC 4511), read page by page, never changed.

What ldap3 2.9 does unless told otherwise, each told otherwise here: it follows referrals with our password, does not
check certificates, waits for ever, answers with a page as if that were all, and takes an empty password, which a server
understands as nobody's (RFC 4513 §5.1.2) and lets in.
"""

import contextlib
import ssl
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from maild.directory import words
from maild.directory.address import addresses_in
from maild.directory.failure import DirectoryError
from maild.directory.roll import Roll, called
from maild.model import Person

_PAGES_OID = "1.2.840.113556.1.4.319"
# RFC 4511 §4.1.9 and Active Directory: what the result codes of a search and a bind mean to an admin.
_CODES: Mapping[int, tuple[str, str]] = {
    3: ("gave up: it took too long", "raise [directory.ldap] timeout, or narrow `base` and `filter`"),
    4: ("gives no more entries", "lower [directory.ldap] page, or have the server's size limit raised for this login"),
    8: ("wants another kind of login", "set `login` and `password_from`, or `security`, in [directory.ldap]"),
    11: ("gives no more entries", "lower [directory.ldap] page, or have the server's limit raised for this login"),
    13: ("takes no password in the clear", 'set [directory.ldap] security = "starttls" or "tls"'),
    32: ("has no such place", "mend [directory.ldap] base"),
    34: ("cannot read the place or the login", "write [directory.ldap] base and login as distinguished names"),
    49: ("refuses the login", "check [directory.ldap] login and the password behind password_from"),
    50: ("does not let this login read", "give the login the right to read people"),
    51: ("is busy", "nothing to do unless it stays so"),
    52: ("is unavailable", "nothing to do unless it stays so"),
}
_ENTRY_IDS = ("objectGUID", "entryUUID")


@dataclass(frozen=True, slots=True)
class Ldap:
    """Where the directory is and how to read it. `password` is asked at each reading; None logs in as nobody.

    attributes  attribute of a Person → the directory's attributes to look into, the first that is there counts (for
                addresses: all of them)
    vip, shared LDAP filters that tell VIPs and shared mailboxes; empty: there are none
    """

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    login: str
    password: Callable[[], str] | None
    base: str
    filter: str
    attributes: Mapping[str, tuple[str, ...]]
    vip: str = ""
    shared: str = ""
    page: int = 500
    ca_file: str = ""
    timeout_s: float = 20.0


def read_ldap(source: Ldap) -> Roll:
    """Everybody whom the filter finds. Raises DirectoryError; SecretMissing comes through from the password."""
    try:
        import ldap3  # noqa: F401  - the extra may be missing, which is said before anything else is tried
    except ImportError as error:
        raise DirectoryError(
            "LDAP needs the package ldap3", "pip install 'maild[ldap]' into maild's environment", in_files=True
        ) from error
    # Once, before the server is asked for anything.
    password = source.password() if source.password is not None else None
    where = f"{source.host}:{source.port}"
    if source.login and not password:
        raise DirectoryError(
            f"the password for {where} is empty", "put it where [directory.ldap] password_from says", in_files=True
        )
    return _read(source, password, where)


def _read(source: Ldap, password: str | None, where: str) -> Roll:
    from ldap3.core.exceptions import LDAPException, LDAPInvalidFilterError

    connection = None
    try:
        connection = _connection(source, password)
        _enter(connection, source, where)
        wanted = sorted({name for names in source.attributes.values() for name in names})
        entries = list(_search(connection, source, source.filter, [*wanted, *_ENTRY_IDS], where))
        marked = {
            name: {dn.lower() for dn, _ in _search(connection, source, f"(&{source.filter}{extra})", ["1.1"], where)}
            for name, extra in (("vip", source.vip), ("shared", source.shared))
            if extra
        }
    except LDAPInvalidFilterError as error:
        raise DirectoryError(
            f"[directory.ldap] has a filter that is none: {error}",
            "write it like (&(objectClass=person)(mail=*))",
            in_files=True,
        ) from error
    except LDAPException as error:
        raise DirectoryError(f"{where}: {_plain(error)}", _remedy(error, source)) from error
    finally:
        if connection is not None:
            _leave(connection)
    return _roll(entries, marked, source.attributes)


def _connection(source: Ldap, password: str | None) -> Any:
    import ldap3

    tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=source.ca_file or None)
    server = ldap3.Server(
        source.host,
        source.port,
        use_ssl=source.security == "tls",
        tls=tls if source.security != "none" else None,
        # The schema of a large directory takes a second, and we know what we ask for.
        get_info=ldap3.NONE,
        connect_timeout=source.timeout_s,
    )
    return ldap3.Connection(
        server,
        user=source.login or None,
        password=password if source.login else None,
        authentication=ldap3.SIMPLE if source.login else ldap3.ANONYMOUS,
        client_strategy=ldap3.SAFE_SYNC,
        auto_bind=ldap3.AUTO_BIND_NONE,
        auto_referrals=False,
        check_names=False,
        read_only=True,
        # A whole number: ldap3 packs it into a C struct.
        receive_timeout=max(1, round(source.timeout_s)),
    )


def _enter(connection: Any, source: Ldap, where: str) -> None:
    connection.open(read_server_info=False)
    if source.security == "starttls" and not _done(connection.start_tls(read_server_info=False)):
        raise DirectoryError(f"{where} offers no StartTLS", 'set [directory.ldap] security = "tls" and port = 636')
    status, result, _, _ = connection.bind(read_server_info=False)
    if not status:
        raise _refusal(result, where, source)


def _leave(connection: Any) -> None:
    """Take leave, and close the socket, which ldap3 leaves open when the way in has failed."""
    from ldap3.core.exceptions import LDAPException

    socket = connection.socket
    # The server may be gone by now: then there is nobody to take leave of.
    with contextlib.suppress(LDAPException, OSError):
        connection.unbind()
    if socket is not None:
        socket.close()


def _done(answer: Any) -> bool:
    """ldap3 answers with a tuple under its thread-safe strategies, else with a truth value."""
    return bool(answer[0] if isinstance(answer, tuple) else answer)


def _search(
    connection: Any, source: Ldap, which: str, attributes: list[str], where: str
) -> Iterator[tuple[str, Mapping[str, list[bytes]]]]:
    """Every entry as (DN, raw values), page by page (RFC 2696). A search that breaks off is no shorter directory."""
    cookie = None
    while True:
        _, result, response, _ = connection.search(
            source.base,
            which,
            attributes=attributes,
            paged_size=source.page,
            paged_cookie=cookie,
            time_limit=max(1, int(source.timeout_s)),
        )
        if result["result"]:
            raise _refusal(result, where, source)
        for entry in response or ():
            # Active Directory mixes references to other domains in: they are not followed (RFC 4511 §4.5.3).
            if entry.get("type") == "searchResEntry":
                yield entry["dn"], entry["raw_attributes"]
        cookie = result.get("controls", {}).get(_PAGES_OID, {}).get("value", {}).get("cookie")
        if not cookie:
            return


def _refusal(result: Mapping[str, Any], where: str, source: Ldap) -> DirectoryError:
    code = int(result.get("result", -1))
    said = words.tidy(str(result.get("message") or result.get("description") or ""))
    if code == 10:
        return DirectoryError(
            f"{where} refers us to another server, which is not followed",
            "name the server that holds the people, or mend [directory.ldap] base",
        )
    what, remedy = _CODES.get(code, ("refuses", "look into the server's own log"))
    return DirectoryError(f"{where} {what} ({code}{f': {said}' if said else ''})", remedy)


def _plain(error: Exception) -> str:
    """ldap3's own words on one line, without the addresses and objects that it packs around the operating system's."""
    text = str(error)
    for cause in (error, *getattr(error, "args", ())):
        inner = getattr(cause, "__cause__", None) or getattr(cause, "__context__", None)
        if isinstance(inner, OSError):
            text = inner.strerror or str(inner)
    return words.tidy(text)


def _remedy(error: Exception, source: Ldap) -> str:
    text = _plain(error).lower()
    if "certificate" in text or "ssl" in text or "hostname" in text:
        return "check [directory.ldap] host, which must stand in the certificate, and tls_ca, who has signed it"
    return "check [directory.ldap] host, port and security, and that the server runs"


def _roll(
    entries: list[tuple[str, Mapping[str, list[bytes]]]],
    marked: Mapping[str, set[str]],
    attributes: Mapping[str, tuple[str, ...]],
) -> Roll:
    people: list[Person] = []
    troubles: dict[str, list[str]] = {}
    managers: dict[str, str] = {}
    for dn, raw in entries:
        lower = {name.lower(): values for name, values in raw.items()}
        addresses = _addresses(attributes.get("addresses", ()), lower)
        if not addresses:
            troubles.setdefault("has no address that mail could come from", []).append(dn)
            continue
        one = {name: _first(names, lower) for name, names in attributes.items() if name != "addresses"}
        managers[dn.lower()] = addresses[0]
        zone = words.zone(one.get("zone", ""))
        if one.get("zone") and not zone:
            troubles.setdefault("is no time zone; write it like Asia/Shanghai", []).append(one["zone"])
        people.append(
            Person(
                key=_entry_id(lower) or dn.lower(),
                addresses=addresses,
                name=one.get("name", ""),
                department=one.get("department", ""),
                phone=one.get("phone", ""),
                location=one.get("location", ""),
                manager=one.get("manager", ""),
                language=words.language(one.get("language", "")),
                zone=zone,
                vip=dn.lower() in marked.get("vip", ()),
                shared=dn.lower() in marked.get("shared", ()),
            )
        )
    return called((_with_manager(each, managers) for each in people), troubles)


def _with_manager(person: Person, managers: Mapping[str, str]) -> Person:
    from dataclasses import replace

    return replace(person, manager=managers.get(person.manager.lower(), person.manager))


def _addresses(names: tuple[str, ...], raw: Mapping[str, list[bytes]]) -> tuple[str, ...]:
    values = [each.decode("utf-8", "replace") for name in names for each in raw.get(name.lower(), ())]
    # Exchange marks the main one of `proxyAddresses` by capitals; without it the first attribute names it.
    values.sort(key=lambda value: not value.startswith("SMTP:"))
    return addresses_in(" ".join(values))


def _first(names: tuple[str, ...], raw: Mapping[str, list[bytes]]) -> str:
    for name in names:
        for value in raw.get(name.lower(), ()):
            text = words.tidy(value.decode("utf-8", "replace"))
            if text:
                return text
    return ""


def _entry_id(raw: Mapping[str, list[bytes]]) -> str:
    """What stays the same when somebody is renamed or moved; Active Directory's is 16 bytes, others write it out."""
    for name in _ENTRY_IDS:
        for value in raw.get(name.lower(), ()):
            return str(UUID(bytes_le=value)) if len(value) == 16 else value.decode("ascii", "replace")
    return ""
