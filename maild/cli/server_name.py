"""A mail server as people write it: `mail.corp.example`, or with its port behind."""

from maild.cli.providers import Security

_USUAL: dict[int, Security] = {993: "tls", 465: "tls", 143: "starttls", 587: "starttls", 25: "starttls"}


def split(given: str, port: int, security: Security) -> tuple[str, int, Security]:
    """`HOST:PORT` → host, port, and the security that is usual on that port; `port` and `security` hold without one.

    An IPv6 address with a port stands in brackets. Raises ValueError with what to write.
    """
    host, colon, number = given.strip().rpartition(":")
    if given.strip().startswith("[") and given.strip().endswith("]"):
        host, colon = given.strip(), ""
    elif not colon or (":" in host and not host.startswith("[")):
        # No port, or an IPv6 address without brackets, which cannot have one.
        host, colon = given.strip(), ""
    host = host.removeprefix("[").removesuffix("]")
    if not host or any(c.isspace() or c in "/@" for c in host):
        raise ValueError(f"{given or 'this'} is no server; write it like mail.corp.example or mail.corp.example:993")
    if not colon:
        return host, port, security
    if not (number.isascii() and number.isdigit() and 0 < int(number[:6]) < 65536):
        raise ValueError(f"{number or 'nothing'} is no port; write it like {host}:993")
    return host, int(number), usual_security(int(number), security)


def usual_security(port: int, otherwise: Security) -> Security:
    """What is spoken on this port as a rule."""
    return _USUAL.get(port, otherwise)
