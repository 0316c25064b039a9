"""All checks, in the order in which things are to be mended."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from maild.config import ConfigError, load
from maild.doctor.finding import Finding


def examine(path: Path, now: datetime, doors: bool = True) -> Iterator[Finding]:
    """Findings as they are made. `doors` False leaves the servers outside alone."""
    try:
        settings = load(path)
    except OSError as error:
        yield Finding("fail", "config", f"{path}: {error.strerror}", "name a file that this user may read", 78)
        return
    except ConfigError as error:
        # One file is to be mended, however many mistakes are in it: the remedy stands under the last one.
        for left, mistake in zip(range(len(error.mistakes) - 1, -1, -1), error.mistakes, strict=True):
            yield Finding("fail", "config", mistake, f"mend it in {path}" if not left else "", 78)
        return
    yield Finding("ok", "config", str(path))
    # The libraries behind these take half a second: a mistake in config.toml is told before that.
    from maild.doctor import directory, places, rules

    yield from rules.rules(settings, now.date())
    yield from places.credentials(settings)
    yield from places.letters(settings)
    yield from places.key(settings)
    yield from places.database(settings)
    yield from directory.directory(settings, doors)
    if doors:
        from maild.doctor import doors as servers
        from maild.doctor import oauth

        with oauth.logins(settings, lambda: now) as logins:
            yield from oauth.tokens(settings, logins)
            yield from servers.mailboxes(settings, now, logins)
            yield from servers.relay(settings, logins)
    else:
        # At the doors a missing password shows anyway.
        yield from places.passwords(settings)
