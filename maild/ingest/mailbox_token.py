"""The login by token on IMAP, as imaplib wants it: a callable that is given each challenge (RFC 3501 §6.2.2)."""

from __future__ import annotations

from maild.model.login import sasl_first, sasl_last, sasl_reason

_MOST_CHALLENGES = 3


class Exchange:
    """One AUTHENTICATE. imapclient's own logins answer a server's reason for refusing by sending the token again."""

    def __init__(self, mechanism: str, login: str, token: str) -> None:
        self._mechanism, self._login, self._token = mechanism, login, token
        self._challenges = 0
        self.reason = ""

    def __call__(self, challenge: bytes) -> bytes | None:
        """The answer; None ends the exchange."""
        self._challenges += 1
        if self._challenges == 1:
            return sasl_first(self._mechanism, self._login, self._token)
        self.reason = sasl_reason(challenge, self._token)
        return sasl_last(self._mechanism) if self._challenges <= _MOST_CHALLENGES else None

    def explained(self, words: object) -> str:
        """The server's words, and its reason if it gave one."""
        return f"{sasl_reason(str(words).encode(), self._token)}{f' {self.reason}' if self.reason else ''}"
