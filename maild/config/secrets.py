"""Where secrets come from: a file, a systemd credential, or the environment. Never config.toml, argv or a log.

And where they may go to over HTTP.
"""

import os
import stat
from pathlib import Path
from urllib.parse import urlsplit

from maild.model.login import is_loopback

_HINT = 'write "credential:NAME" (systemd LoadCredential), "file:/path" or "env:VARIABLE"'


class SecretMissing(Exception):
    """A secret cannot be read; the text names where it was looked for and the remedy."""


def check_source(source: str) -> str:
    """Refuse anything that does not name a place, above all a password written into config.toml itself."""
    kind, _, name = source.partition(":")
    if kind not in ("credential", "file", "env") or not name:
        raise ValueError(f"does not say where the secret stands; {_HINT}, never the secret itself")
    if kind == "credential" and ("/" in name or name in (".", "..")):
        raise ValueError("a credential has a plain name without slashes")
    return source


def read_secret(source: str) -> str:
    """The secret that `source` names, without its final line end. Read anew at each call, so a rotated one counts."""
    kind, _, name = source.partition(":")
    if kind == "env":
        value = os.environ.get(name)
        if value is None:
            raise SecretMissing(f"the environment has no {name}: set it, or name another source")
        return value
    if kind == "credential":
        folder = os.environ.get("CREDENTIALS_DIRECTORY")
        if folder is None:
            raise SecretMissing(
                f"there is no systemd credential {name} here: run under systemd with LoadCredential={name}:…"
                f" or name a file instead"
            )
        path = Path(folder, name)
    else:
        path = Path(name)
    try:
        mode = path.stat().st_mode
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise SecretMissing(f"cannot read the secret in {path}: {error.strerror}") from error
    # systemd's own folder is private already; in a file of the admin's, other readers are a mistake.
    if kind == "file" and mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise SecretMissing(f"other users may read {path}: run `chmod 600 {path}`")
    return text.rstrip("\r\n")


def check_token_url(url: str) -> str:
    """The URL of a token endpoint, if secrets may be sent there: https, or http on this machine. Raises ValueError."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        parts, host = urlsplit(""), None
    if not host or parts.scheme not in ("https", "http") or parts.username is not None or not url.isprintable():
        raise ValueError("is no URL of a token endpoint; write it like https://login.corp.example/oauth2/token")
    if parts.scheme == "http" and not is_loopback(host):
        raise ValueError("would send the secrets in clear text; write it with https://")
    return url
