"""Addresses behind which no person reads."""

_LOCALS = (
    "noreply",
    "no-reply",
    "no_reply",
    "donotreply",
    "do-not-reply",
    "do_not_reply",
    "mailer-daemon",
    "postmaster",
)


def is_robot(address: str) -> bool:
    """Whether an address, in lower case, says by its name that nobody reads what is sent to it."""
    local = address.partition("@")[0]
    return local in _LOCALS or local.startswith(("noreply", "no-reply", "donotreply"))
