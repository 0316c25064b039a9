"""What lies on this machine: letters, signing key, database."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from maild import desk
from maild.config import SecretMissing, Settings, read_secret
from maild.config.sections import MailboxSection, RelaySection
from maild.doctor.finding import Finding, unit_check
from maild.outbound.compose import Composer
from maild.store import migrate
from maild.store.engine import open_engine
from maild.tokens import Tokens

_KEY_BYTES = 16


def hidden(source: str) -> bool:
    """Whether a secret is a systemd credential and we do not run under systemd: only the service is shown it."""
    return source.startswith("credential:") and "CREDENTIALS_DIRECTORY" not in os.environ


def sources_of(settings: Settings) -> dict[str, str]:
    """Where the secrets of the logins stand → what each one is, as a person calls it."""
    found: dict[str, str] = {}
    doors: list[tuple[str, MailboxSection | RelaySection]] = [
        (f"mailbox {box.name}", box) for box in settings.mailboxes
    ]
    doors += [("relay", settings.relay)] if settings.relay is not None else []
    for name, door in doors:
        found.setdefault(door.password_from, f"password of {name}")
        if door.oauth is not None:
            found.setdefault(door.oauth.client_secret_from, f"client secret of {name}")
            found.setdefault(door.oauth.refresh_token_from, f"refresh token of {name}")
    found.pop("", None)
    return found


def hidden_of(door: MailboxSection | RelaySection | None) -> list[str]:
    """The secrets of one door that are shown to the service alone."""
    if door is None:
        return []
    oauth = door.oauth
    sources = [door.password_from, *((oauth.client_secret_from, oauth.refresh_token_from) if oauth is not None else ())]
    return [each for each in sources if hidden(each)]


def credentials(settings: Settings) -> Iterator[Finding]:
    """Say which secrets cannot be looked at from a shell, and the command that can."""
    sources = [*sources_of(settings), settings.database.password_from]
    if settings.directory.source == "ldap" and settings.directory.ldap is not None:
        sources.append(settings.directory.ldap.password_from)
    sources += [settings.secrets.signing_key_from, settings.secrets.former_signing_key_from]
    names = [each.partition(":")[2] for each in dict.fromkeys(sources) if hidden(each)]
    if not names:
        return
    yield Finding(
        "skip",
        "credentials",
        f"only a systemd service is shown {', '.join(names)}: what needs them is not checked here",
        f"as root: {unit_check(Path(settings.path), names)}",
    )


def letters(settings: Settings) -> Iterator[Finding]:
    """Render every letter in every language with examples."""
    override = Path(settings.templates.dir) if settings.templates.dir else None
    if override is not None and not override.is_dir():
        yield Finding("fail", "templates", f"{override} is no folder", "mend [templates] dir, or leave it empty", 78)
        return
    # A key for this one look: nothing that is made with it leaves.
    mistakes = Composer(settings.policy, Tokens([os.urandom(32)], "check.invalid"), override).check_templates()
    for mistake in mistakes:
        yield Finding("fail", "templates", mistake, "", 78)
    if not mistakes:
        yield Finding(
            "ok", "templates", f"every letter can be written{f', some of them from {override}' if override else ''}"
        )


def passwords(settings: Settings) -> Iterator[Finding]:
    """Every password, client secret and refresh token that config.toml names can be read."""
    for source, what in sources_of(settings).items():
        if hidden(source):
            yield Finding("skip", what, f"{source} is there under systemd alone")
            continue
        try:
            empty = not read_secret(source)
        except SecretMissing as missing:
            yield Finding("fail", what, str(missing), "", 78)
            continue
        if empty:
            yield Finding("fail", what, f"{source} is empty", f"put the {what.split(' of ')[0]} there", 78)
        else:
            yield Finding("ok", what, f"read from {source}")


def key(settings: Settings) -> Iterator[Finding]:
    """The signing key: there, long enough, and nobody else's to read."""
    source = settings.secrets.signing_key_from
    if hidden(source):
        yield Finding("skip", "signing key", f"{source} is there under systemd alone")
        return
    if source:
        try:
            found = read_secret(source)
        except SecretMissing as missing:
            yield Finding("fail", "signing key", str(missing), "make one with `maild init --key FILE`", 78)
            return
        if len(found.encode()) < _KEY_BYTES:
            yield Finding(
                "fail", "signing key", f"shorter than {_KEY_BYTES} bytes", "make one with `maild init --key FILE`", 78
            )
        else:
            yield Finding("ok", "signing key", f"read from {source}")
        return
    if make_url(settings.database.url).get_backend_name() != "sqlite":
        yield Finding(
            "fail", "signing key", "[secrets] signing_key_from is missing: daemons on one database must share one key",
            "make one with `maild init --key FILE`", 78,
        )  # fmt: skip
        return
    own = settings.state_dir / "signing.key"
    try:
        mode = own.stat().st_mode
    except FileNotFoundError:
        yield Finding("ok", "signing key", f"{own} is made at the first start")
        return
    except OSError as error:
        yield Finding("fail", "signing key", f"{own}: {error.strerror}", "run the check as the daemon's own user", 78)
        return
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        yield Finding("fail", "signing key", f"other users may read {own}", f"run `chmod 600 {own}`", 78)
    else:
        yield Finding("ok", "signing key", str(own))


def database(settings: Settings) -> Iterator[Finding]:
    """Reachable, and of this version's schema. An SQLite file that is not there is not made."""
    if hidden(settings.database.password_from):
        yield Finding("skip", "database", f"{settings.database.password_from} is there under systemd alone")
        return
    try:
        url = make_url(settings.database.url)
        shown = url.render_as_string(hide_password=True)
        if url.get_backend_name() == "sqlite" and url.database:
            file = Path(url.database)
            try:
                file.stat()
            except FileNotFoundError:
                yield Finding("fail", "database", f"there is no {file.absolute()} yet", "run `maild db upgrade`", 78)
                return
            except OSError as error:
                yield Finding(
                    "fail", "database", f"{file.absolute()}: {error.strerror}",
                    "run the check as the daemon's own user", 78,
                )  # fmt: skip
                return
        engine = open_engine(desk.database_url(settings))
        try:
            state = migrate.state(engine)
        finally:
            engine.dispose()
    except ArgumentError as error:
        yield Finding("fail", "database", f"[database] url: {error}", "write it as config.toml shows", 78)
    except SecretMissing as missing:
        yield Finding("fail", "database", str(missing), "", 78)
    except (DBAPIError, OSError) as error:
        said = str(error.orig if isinstance(error, DBAPIError) else error).strip().split("\n")[0]
        yield Finding("fail", "database", f"{shown}: {said}", "is the server running, and may this user use it?")
    else:
        yield {
            "current": Finding("ok", "database", f"{shown}, schema {migrate.HEAD}"),
            "empty": Finding("fail", "database", f"{shown} is empty", "run `maild db upgrade`", 78),
            "behind": Finding("fail", "database", f"{shown} is older than this maild", "run `maild db upgrade`", 78),
            "future": Finding(
                "fail",
                "database",
                f"{shown} was written by a newer maild",
                "install that version, or restore the backup",
                78,
            ),
        }[state]
