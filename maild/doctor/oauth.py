"""The logins by OAuth2: the token endpoint answers, and gives a token.

A provider may hand out a new refresh token in the place of the one that it was asked with. What a check gets so is kept
in the desk's database, where the daemon finds it: else the check itself would have ended the login.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from maild import desk
from maild.config import SecretMissing, Settings
from maild.doctor.finding import Finding
from maild.doctor.places import hidden_of
from maild.logins import Logins
from maild.model.login import NoToken


@contextmanager
def logins(settings: Settings, clock: Callable[[], datetime]) -> Iterator[Logins | None]:
    """The desk's logins on its own database; None if they need it and it is not there to keep what they get."""
    relay = settings.relay
    sections = [box.oauth for box in settings.mailboxes] + [relay.oauth if relay is not None else None]
    if all(section is None or section.flow == "client_credentials" for section in sections):
        yield Logins(settings, create_engine("sqlite://"), clock)
        return
    engine = _its_own(settings)
    if engine is None:
        yield None
        return
    try:
        yield Logins(settings, engine, clock)
    finally:
        engine.dispose()


def _its_own(settings: Settings) -> Engine | None:
    """The desk's database; None if it is not to be used, which `places.database` has told of with the remedy."""
    try:
        url = make_url(settings.database.url)
        if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
            # To look is not to make one.
            return None
        return desk.open_database(settings)
    except (desk.NotReady, SecretMissing, ArgumentError, NoSuchModuleError, DBAPIError, OSError):
        return None


def tokens(settings: Settings, its_logins: Logins | None) -> Iterator[Finding]:
    """Ask each token endpoint for a token, which the doors then use."""
    doors = {box.name: box for box in settings.mailboxes if box.oauth is not None}
    if not doors and (settings.relay is None or settings.relay.oauth is None):
        return
    if its_logins is None:
        yield Finding(
            "skip", "oauth", "not asked for a token: a new refresh token could not be kept without the database",
            "mend the database first (`maild db upgrade`), then check again",
        )  # fmt: skip
        return
    for source in its_logins.all():
        login = source.login
        what = "oauth of the relay" if login.name not in doors else f"oauth of mailbox {login.name}"
        if hidden_of(doors.get(login.name) or settings.relay):
            yield Finding("skip", what, "its secrets are there under systemd alone")
            continue
        try:
            source()
        except NoToken as error:
            yield Finding(
                "fail", what, str(error).removeprefix(f"login {login.name}: "), "", 78 if error.permanent else 69
            )
            continue
        host = urlsplit(login.token_url).hostname
        yield Finding("ok", what, f"{host} gave an access token, good for {source.left_s() / 60:.0f} minutes")
