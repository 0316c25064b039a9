"""A button as it stands in the subject of the mail that a press opens, `#VERB [ARGUMENT] TOKEN`; what a press is."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

_BLANK = r"(?:[ \t\u3000]|%20|\+){1,3}"
# A token has 22 characters; what is nearly as long was one, before a mail program had it in hands.
_REST = rf"(?:{_BLANK}([a-z0-9][a-z0-9,_%-]{{0,100}}?))?{_BLANK}([a-z2-7]{{19,24}})(?![a-z0-9])"
# (verb, argument or None, token)
PRESSED = re.compile(rf"#([a-z][a-z0-9-]{{1,20}}){_REST}", re.IGNORECASE)
# The same in the address of a link that somebody quotes.
QUOTED = re.compile(rf"(?:#|%23)([a-z][a-z0-9-]{{1,20}}){_REST}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Press:
    """A button that was pressed: one that holds, or one that does not, and why.

    verb      what it is to do; argument: what stands beside it on the button ("phone,location", "IT-87")
    made      when it was made
    uses      what is on record once it is used up; empty where a second press does no harm
    denied    "" where it holds; used (at `used`) · expired · foreign (another person's, ticket's or verb's, or torn)
    """

    verb: str = ""
    argument: str = ""
    made: datetime | None = None
    uses: str = ""
    denied: Literal["", "used", "expired", "foreign"] = ""
    used: datetime | None = None

    @property
    def line(self) -> str:
        """The command that it stands for."""
        return f"#{self.verb} {self.argument}".rstrip()


NOT_PRESSED = Press()
