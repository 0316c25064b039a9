"""Addresses as directories hold them."""

import re

_CLEAN = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?")
_BETWEEN = re.compile(r"[\s;,；，、|<>]+")


def addresses_in(cell: str) -> tuple[str, ...]:
    """The clean addresses of a cell in lower case, in order: separated by blanks, commas or semicolons in any width.

    Exchange writes them with a scheme (`SMTP:` the main one, `smtp:` an alias); other schemes (X500, SIP) are none.
    """
    found: dict[str, None] = {}
    for word in _BETWEEN.split(cell):
        scheme, colon, rest = word.partition(":")
        if colon and scheme.lower() not in ("smtp", "mailto"):
            continue
        bare = (rest if colon else word).strip().lower()
        if _CLEAN.fullmatch(bare) and len(bare) <= 254:
            found[bare] = None
    return tuple(found)
