"""The subject line, made by code so that every client keeps a conversation together (PRODUCT §3.5)."""

import re
import unicodedata

from maild.model import Mail, Policy, Ticket, Words
from maild.outbound.headers import one_line

SUBJECT_CHARS = 120
# A subject with more prefixes than this was made by a loop; what is left of them is shown as it stands.
_ROUNDS = 60

_RECEIVED = Words("Received", "已收到 / Received")
_NO_SUBJECT = Words("(no subject)", "（无主题）")

# "Re", "Fw" and their kin in the languages that mail programs speak; "Re[2]:" and "Re(3):" count as well.
_PREFIX = re.compile(
    r"(?:re|fwd?|aw|wg|sv|vs|vb|tr|rif|antw?|doorst|odp|pd|ynt|ilt|res|enc|rv|回复|回覆|答复|答覆|转发|轉寄|轉發)"
    r"\s{0,3}(?:\[\d{1,3}\]|\(\d{1,3}\))?\s{0,3}:",
    re.IGNORECASE,
)
_WIDE = re.compile("[［］：－０-９Ａ-Ｚａ-ｚ]+")
# No prefix or banner is longer.
_FRONT = 40
# The banners that mail gateways put in front of mail from outside.
_BANNER = re.compile(r"[\[【(]\s{0,3}(?:外部(?:邮件)?|外来邮件|external|ext)\s{0,3}[\]】)]", re.IGNORECASE)


def tag(ticket: Ticket, policy: Policy) -> str:
    """`IT-1042`: how the ticket is called, in every text."""
    return f"{policy.desk.prefix}-{ticket.key}"


def subject_for(mail: Mail, ticket: Ticket | None, policy: Policy) -> str:
    """The subject of a mail as text, not yet encoded.

    `Re: [IT-12] <the ticket's first subject>` for the requester and for agents, the same for the ticket's life;
    `[IT-12]` and a fixed text for strangers, without a word of theirs; digests and admin mails bring their own.
    """
    if mail.audience == "stranger":
        fixed = _RECEIVED.for_(mail.language)
        return f"[{tag(ticket, policy)}] {fixed}" if ticket is not None else fixed
    if mail.subject and ticket is not None:
        # An admin's mail about one ticket, without a word of its requester's.
        return f"[{tag(ticket, policy)}] {one_line(mail.subject, 250)}"
    if ticket is None:
        return one_line(mail.subject, 250) or one_line(policy.desk.name.for_(mail.language), 250)
    own = bare_subject(ticket.subject, policy)
    return f"Re: [{tag(ticket, policy)}] {own or _NO_SUBJECT.for_(ticket.language)}"


def bare_subject(subject: str, policy: Policy) -> str:
    """A subject without reply prefixes, gateway banners and tags of this desk, one line of at most 120 characters."""
    prefixes = "|".join(re.escape(p) for p in (policy.desk.prefix, *policy.desk.former_prefixes))
    tags = re.compile(rf"[\[【]\s{{0,3}}(?:{prefixes})\s{{0,3}}-\s{{0,3}}\d{{1,12}}\s{{0,3}}[\]】]", re.IGNORECASE)
    text = one_line(subject)
    for found in reversed(list(tags.finditer(_narrow(text)))):
        text = f"{text[: found.start()]} {text[found.end() :]}"
    text = one_line(text)
    for _ in range(_ROUNDS):
        front = _narrow(text[:_FRONT])
        prefix = _PREFIX.match(front) or _BANNER.match(front)
        if prefix is None:
            break
        text = text[prefix.end() :].lstrip()
    return one_line(text, SUBJECT_CHARS)


def _narrow(text: str) -> str:
    """Full-width brackets, colons, digits and Latin letters as their ordinary forms (NFKC), one for one.

    Only for finding prefixes and tags at their places: the subject's own words keep their punctuation.
    """
    if text.isascii():
        return text
    return _WIDE.sub(lambda found: unicodedata.normalize("NFKC", found.group()), text)
