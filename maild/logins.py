"""The OAuth2 logins of a desk: settings, database and `ingest.oauth` brought together."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from maild.config import Settings, read_secret
from maild.config.sections import OAuthSection
from maild.ingest.oauth import OAuthLogin, TokenSource
from maild.model.login import NoToken
from maild.store import oauth_tokens
from maild.store.engine import reading, trouble

# No mailbox can be called so.
RELAY = "[relay]"


class Logins:
    """One source of tokens for each login that is written in config.toml, however many doors use it."""

    def __init__(self, settings: Settings, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine, self._clock = engine, clock
        self._sources: dict[OAuthSection, TokenSource] = {}
        self._mailboxes = {box.name: box.oauth for box in settings.mailboxes if box.oauth is not None}
        relay = settings.relay
        self._relay = relay.oauth if relay is not None else None
        self._shared = relay.oauth_of if relay is not None else ""

    def mailbox(self, name: str) -> TokenSource | None:
        """What logs this mailbox in; None if a password does. Raises ValueError for a wrong `token_url`."""
        section = self._mailboxes.get(name)
        return self._source(section, name) if section is not None else None

    def relay(self) -> TokenSource | None:
        """What logs in at the relay, which may be the mailbox's; None if a password does, or nothing."""
        if self._shared:
            return self.mailbox(self._shared)
        return self._source(self._relay, RELAY) if self._relay is not None else None

    def all(self) -> list[TokenSource]:
        """Each source once."""
        for name in self._mailboxes:
            self.mailbox(name)
        self.relay()
        return list(self._sources.values())

    def _source(self, section: OAuthSection, name: str) -> TokenSource:
        if section not in self._sources:
            login = OAuthLogin(
                name=name,
                flow=section.flow,
                token_url=section.token_url,
                client_id=section.client_id,
                scope=section.scope,
                secret=partial(read_secret, section.client_secret_from) if section.client_secret_from else None,
                refresh_token=partial(read_secret, section.refresh_token_from) if section.refresh_token_from else None,
                ca_file=section.tls_ca,
                timeout_s=section.timeout.total_seconds(),
            )
            self._sources[section] = TokenSource(login, Shelf(self._engine, name, self._clock))
        return self._sources[section]


class Shelf:
    """Where refresh tokens are kept: an `ingest.oauth.Keeper` on the desk's database. All raise NoToken."""

    def __init__(self, engine: Engine, name: str, clock: Callable[[], datetime]) -> None:
        self._engine, self._name, self._clock = engine, name, clock

    @contextmanager
    def held(self, given: str) -> Iterator[None]:
        """Inside, no other thread and no other daemon renews this login."""
        with self._told(), oauth_tokens.held(self._engine, given):
            yield

    def newest(self, given: str) -> str:
        """The refresh token last handed out; empty if none was."""
        with self._told(), reading(self._engine) as connection:
            return oauth_tokens.newest(connection, given)

    def keep(self, given: str, refresh_token: str) -> None:
        """Commit a new one."""
        with self._told(), self._engine.begin() as connection:
            oauth_tokens.keep(connection, self._name, given, refresh_token, self._clock())

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            raise NoToken(f"login {self._name}: {trouble(error)}", permanent=False) from None
