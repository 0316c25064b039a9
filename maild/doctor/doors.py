"""The servers outside: can we get in, and what can they do. Nothing is sent, moved or marked."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import create_engine

from maild import desk
from maild.config import SecretMissing, Settings
from maild.doctor.finding import Finding
from maild.doctor.places import hidden_of
from maild.ingest.mailbox import Mailbox
from maild.ingest.mailbox_errors import MailboxError
from maild.logins import Logins
from maild.outbound.smtp import Courier

# systemd-timesyncd leaves it when the clock has been set by a time server.
_SYNCHRONISED = Path("/run/systemd/timesync/synchronized")
_ERRNO = re.compile(r"\[Errno -?\d{1,5}\] ")
_CLOCK_SLACK = timedelta(minutes=2)


def mailboxes(settings: Settings, now: datetime, logins: Logins | None = None) -> Iterator[Finding]:
    """Log in to each mailbox, look at its folder and at what the server can do; then judge the clock by its mail.

    `logins`: those by OAuth2, from `oauth.logins`; whoever has none there is passed over.
    """
    engine = create_engine("sqlite://")
    try:
        # A fetcher keeps a database for later; to knock at its door none is needed.
        fetchers = desk.fetchers(settings, engine, logins=logins or Logins(settings, engine, lambda: now))
    except ValueError as error:
        yield Finding("fail", "mailbox", str(error), "", 78)
        return
    sections = {each.name: each for each in settings.mailboxes}
    newest: datetime | None = None
    for fetcher, poll in fetchers:
        box = fetcher.mailbox
        name = f"mailbox {box.account.name}"
        section = sections[box.account.name.partition("/")[0]]
        secrets = hidden_of(section)
        if secrets:
            yield Finding("skip", name, f"{' and '.join(secrets)}: there under systemd alone")
            continue
        if section.oauth is not None and logins is None:
            yield Finding("skip", name, "there is no access token to log in with")
            continue
        try:
            state = box.connect()
            received = _newest(box, state.uidnext)
        except SecretMissing as missing:
            yield Finding("fail", name, str(missing), "", 78)
            continue
        except MailboxError as error:
            # The line begins with the mailbox's name already.
            where = f"{box.account.host}:{box.account.port}"
            yield Finding("fail", name, plain(str(error)).replace(f"{name} ({where}): ", f"{where}: ", 1))
            continue
        finally:
            can = box.capabilities
            read_only = box.read_only
            box.close()
        newest = max(filter(None, (newest, received)), default=None)
        yield Finding("ok", name, f"logged in at {box.account.host}, {state.exists} mails in {box.account.folder}")
        yield _pushes(name, can, poll)
        yield _files_away(name, can, read_only)
    yield clock(newest, now, _SYNCHRONISED.exists())


def _newest(box: Mailbox, uidnext: int) -> datetime | None:
    """When the server received its newest mail."""
    found = box.sizes([uid for uid in box.uids(max(1, uidnext - 1)) if uid < uidnext][-1:])
    return max((received for _, received in found.values()), default=None)


def _pushes(name: str, can: frozenset[str], poll: float) -> Finding:
    identified = ", ID sent" if "ID" in can else ""
    if "IDLE" in can:
        return Finding("ok", name, f"IDLE: new mail is seen at once{identified}")
    return Finding("ok", name, f"no IDLE: the server is asked every {poll:g} s{identified}")


def _files_away(name: str, can: frozenset[str], read_only: bool) -> Finding:
    if read_only:
        return Finding(
            "warn", name, "the folder is read-only: mail stays where it is", "give the login the right to move mail"
        )
    if "MOVE" in can:
        return Finding("ok", name, "MOVE: done mail is filed away in one step")
    if "UIDPLUS" in can:
        return Finding("ok", name, "no MOVE: done mail is copied and the original expunged by UID")
    return Finding(
        "warn",
        name,
        "neither MOVE nor UIDPLUS: done mail stays in its folder",
        'nothing is lost; `file_away = "copy"` copies it',
    )


def clock(newest: datetime | None, now: datetime, synchronised: bool) -> Finding:
    """Judge our clock by the receive time of the newest mail: mail from the future means that our clock is slow."""
    if newest is not None and newest - now > _CLOCK_SLACK:
        minutes = int((newest - now).total_seconds() // 60)
        return Finding(
            "fail", "clock", f"at least {minutes} minutes behind the mail server", "have a time service set it (chrony)"
        )
    if synchronised:
        return Finding("ok", "clock", "set by systemd-timesyncd")
    return Finding(
        "skip", "clock", "IMAP and SMTP tell no time, and no mail is from the future", "see that a time service runs"
    )


def plain(text: str) -> str:
    """An error without the numbers that only programmers know: `[Errno 111] Connection refused`."""
    return _ERRNO.sub("", text)


def relay(settings: Settings, logins: Logins | None = None) -> Iterator[Finding]:
    """Ask the relay everything but to take a mail. `logins`: as for `mailboxes`."""
    if settings.relay is None:
        return
    shared = next((box for box in settings.mailboxes if box.name == settings.relay.oauth_of), None)
    secrets = hidden_of(settings.relay) + hidden_of(shared)
    if secrets:
        yield Finding("skip", "relay", f"{' and '.join(secrets)}: there under systemd alone")
        return
    if (settings.relay.oauth is not None or shared is not None) and logins is None:
        yield Finding("skip", "relay", "there is no access token to log in with")
        return
    try:
        courier = Courier(desk.relay(settings, logins or Logins(settings, create_engine("sqlite://"), desk.utc_now)))
    except ValueError as error:
        yield Finding("fail", "relay", str(error), "", 78)
        return
    try:
        found = courier.probe()
    except SecretMissing as missing:
        yield Finding("fail", "relay", str(missing), "", 78)
        return
    finally:
        courier.close()
    where = f"{settings.relay.host}:{settings.relay.port}"
    if found.error:
        said = plain(found.error).removeprefix("relay ")
        yield Finding("fail", "relay", said if where in said else f"{where}: {said}", "look at [relay] in config.toml")
        return
    login = "logged in" if found.logged_in else "without a login"
    yield Finding("ok", "relay", f"{where}: {found.tls or 'no TLS'}, {login}")
    wanted = settings.policy.message_bytes
    if found.size and found.size < wanted:
        yield Finding(
            "warn", "relay", f"takes mails of up to {found.size} bytes, less than [limits] message_bytes = {wanted}",
            f"set message_bytes = {found.size}",
        )  # fmt: skip
    elif found.size:
        yield Finding("ok", "relay", f"takes mails of up to {found.size} bytes")
    if found.null_sender:
        yield Finding("ok", "relay", "automatic mail can leave with an empty sender")
    elif settings.relay.null_sender == "yes":
        yield Finding(
            "fail", "relay", "refuses an empty sender, but null_sender is yes", 'set null_sender = "auto"', 78
        )
    else:
        yield Finding("ok", "relay", "wants a sender: automatic mail leaves with the desk's address")
