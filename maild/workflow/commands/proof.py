"""Commands that need a mail for which the site's own mail server vouches (PRODUCT §2.5)."""

from dataclasses import replace

from maild.model import Policy, Words
from maild.workflow.commands.grammar import Parsed


def without_unproved(parsed: Parsed, proved: bool, policy: Policy, kind: str = "report") -> Parsed:
    """Where a mail server vouches for people, the verbs that do most harm need its word (PRODUCT §2.5)."""
    if not policy.authserv_id or proved:
        return parsed
    # On a mass incident's own ticket it answers a proposal, and lets nobody in.
    harm = _NEED_THE_PASS - {"accept"} if kind == "incident" else _NEED_THE_PASS
    refused = tuple((each.line, _UNPROVED) for each in parsed.commands if each.verb in harm)
    kept = tuple(each for each in parsed.commands if each.verb not in harm)
    return replace(parsed, commands=kept, problems=(*parsed.problems, *refused))


_NEED_THE_PASS = frozenset({"merge", "split", "cc", "for", "spam", "accept"})
_UNPROVED = Words(
    "this command needs a mail that your own mail server vouches for: write from the company's mailbox",
    "此命令要求邮件通过公司邮件服务器的认证，请用公司邮箱发送",
)
