"""Who has written a mail in somebody else's name (RFC 5322 §3.6.2, the Sender field)."""

from maild.ingest.headers import is_addr_spec, parse_address_text
from maild.model import Message


def sent_by(message: Message) -> str:
    """The address of the one Sender field in lower case; empty without one, with several, with anything odd in it, or
    where it is the From itself."""
    fields = message.header_all("sender")
    found = parse_address_text(fields[0]) if len(fields) == 1 else ()
    if len(found) != 1 or not found[0].address.isascii() or not is_addr_spec(found[0].address):
        return ""
    return found[0].key if found[0].key != message.from_.key else ""
