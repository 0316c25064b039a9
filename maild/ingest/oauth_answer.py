"""What a token endpoint's answer means: pure. RFC 6749 §5.1 (tokens) and §5.2 (errors)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from maild.model.login import NoToken

# How much of a provider's own words an error repeats.
QUOTED_CHARACTERS = 240
LONGEST_TOKEN = 64 * 1024
# No token is believed to live longer than a day: asking again costs nothing.
LONGEST_LIFE_S = 86_400.0

_GRANT = (
    "the refresh token is worth nothing any more (withdrawn, expired or used up): consent again and put the new one"
    " where `refresh_token_from` says"
)
_CLIENT = "check `client_id`, and put a valid secret where `client_secret_from` says (they expire)"
# RFC 6749 §5.2, and what Microsoft and Google add to it.
_REMEDIES: Mapping[str, str] = {
    "invalid_grant": _GRANT,
    "invalid_client": _CLIENT,
    "unauthorized_client": "allow this flow for the client at the provider, and check `client_id`",
    "invalid_scope": "check `scope`",
    "unsupported_grant_type": "check `flow` and `token_url`",
    "interaction_required": _GRANT,
    "consent_required": "have an administrator consent to the permissions of the client",
}
_PASSING = frozenset({"temporarily_unavailable", "server_error", "slow_down", "rate_limit_exceeded"})


@dataclass(frozen=True, slots=True)
class Answer:
    """Tokens. `expires_in`: seconds, 0 if the provider does not say; `refresh_token`: empty if it gave no new one."""

    access_token: str = field(repr=False)
    expires_in: float
    refresh_token: str = field(repr=False)


def read_answer(fields: Mapping[str, object], status: int) -> Answer:
    """The tokens in an answer. Raises NoToken if there is none that a login could carry."""
    access = fields.get("access_token")
    if not isinstance(access, str) or not _fit(access):
        permanent = 400 <= status < 500 and status not in (408, 425, 429)
        raise NoToken(f"HTTP {status} and no access_token in the answer: check `token_url`", permanent)
    kind = fields.get("token_type", "Bearer")
    if not isinstance(kind, str) or kind.lower() != "bearer":
        raise NoToken("the token is of a kind that no mail server takes: check `token_url`", permanent=True)
    refresh = fields.get("refresh_token")
    return Answer(
        access, _life(fields.get("expires_in")), refresh if isinstance(refresh, str) and _fit(refresh) else ""
    )


def _fit(token: str) -> bool:
    """Whether these are the characters of a token (RFC 6749 A.12, without the blank): no separator of SASL's."""
    return 0 < len(token) <= LONGEST_TOKEN and all("!" <= c <= "~" for c in token)


def _life(given: object) -> float:
    """Seconds; some providers write them as text. 0 for what is no positive number."""
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 12:
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given < float("inf"):
        return 0.0
    return min(float(given), LONGEST_LIFE_S)


def told(error: str, description: str) -> tuple[str, bool]:
    """An error of RFC 6749 §5.2 as words with their remedy, and whether it is permanent."""
    words = f"{error}: {description}" if description else error or "an error without a name"
    if error in _PASSING:
        return f"says {words}: maild asks again by itself", False
    return f"says {words}: {_REMEDIES.get(error, 'check the oauth settings in config.toml')}", True


def said(words: object, hidden: Iterable[str]) -> str:
    """A provider's words on one printable line of at most QUOTED_CHARACTERS characters, our secrets taken out."""
    text = "" if words is None else str(words)[: 16 * QUOTED_CHARACTERS]
    for secret in hidden:
        text = text.replace(secret, "…")
    clean = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return clean if len(clean) <= QUOTED_CHARACTERS else clean[: QUOTED_CHARACTERS - 1] + "…"
