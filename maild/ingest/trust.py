"""Who the writer of a mail is to the ticket that it claims (PRODUCT §2.5): a value, stored with the mail.

Identity never comes from a header alone: a From is anybody's to write. Rights need evidence: the site's own mail
server vouches for the domain, or the mail answers a signed mail that was sent to this very address.
"""

from collections.abc import Set
from dataclasses import replace
from datetime import date, datetime, timedelta

from maild.ingest.authres import Authentication, authenticate
from maild.model import Agent, Message, Policy, SignedId, Thread, Trust
from maild.tokens import Tokens

# How long an answer to a signed mail counts as evidence: shorter where no mail server vouches for anybody.
SIGNED_DAYS = 90
SIGNED_DAYS_ALONE = 14
# A letter that belongs to no ticket (a list, a digest) gives rights on all of them: it is answered soon or not at all.
DESK_DAYS = 14


def judge(
    message: Message,
    thread: Thread,
    signed: tuple[SignedId, ...],
    speakers: Set[str],
    policy: Policy,
    tokens: Tokens | None,
    now: datetime,
    pressed: bool = False,
    asked: str = "",
) -> Trust:
    """The verdict on a mail that claims `thread`.

    A listed admin is told apart by `Trust.admin`, whoever else they are: by the evidence that an agent needs.

    signed    every signed id that the mail refers to, but for those that others than their reader have seen
    speakers  addresses of the requester and the accepted participants of the claimed ticket, as `policy.plain` makes
              them
    pressed   the mail carries a button's token that was made for this writer and this ticket
    asked     the address that was asked for an approval by the letter of ours that the mail answers
    """
    verdict = _judge(message, thread, signed, speakers, policy, tokens, now, pressed, asked)
    admin = _is_admin(message, thread, signed, verdict, policy, tokens, now, pressed)
    return replace(verdict, admin=admin, evidence=_evidence(message, signed, verdict, policy, tokens, now, pressed))


def _evidence(
    message: Message,
    signed: tuple[SignedId, ...],
    verdict: Trust,
    policy: Policy,
    tokens: Tokens | None,
    now: datetime,
    pressed: bool,
) -> str:
    """What there is beside the From field, whether the verdict needed it or not."""
    if verdict.verdict == "failed" or message.sender.identity is None:
        return ""
    writer = message.sender.identity.lower()
    agent = policy.agent(writer)
    own = (agent.address, *agent.aliases) if agent is not None else (writer,)
    oldest = _oldest(policy, now)
    letter = tokens is not None and any(
        each.day >= oldest and tokens.was_sent_to(each, address) for each in signed for address in own
    )
    found = (("server", verdict.authenticated), ("button", pressed), ("letter", letter))
    return "+".join(name for name, there in found if there)


def _is_admin(
    message: Message,
    thread: Thread,
    signed: tuple[SignedId, ...],
    verdict: Trust,
    policy: Policy,
    tokens: Tokens | None,
    now: datetime,
    pressed: bool,
) -> bool:
    """Whether a listed admin writes: their mail server vouches for them, or they answer a letter of the desk, or one
    that tells the desk's people of a ticket, that was sent to this very address."""
    writer = (message.sender.identity or "").lower()
    if verdict.verdict == "failed" or all(writer != admin.key for admin in policy.admins):
        return False
    answers = thread.by == "desk" and _answers_the_desk(signed, (writer,), policy, tokens, now)
    if thread.by == "token" and thread.signed is not None and tokens is not None:
        oldest = _oldest(policy, now)
        answers = any(
            each.ticket == thread.signed.ticket
            and each.audience == "internal"
            and each.day >= oldest
            and tokens.was_sent_to(each, writer)
            for each in signed
        )
    if policy.agent_trust == "both":
        return verdict.authenticated and (answers or pressed)
    return verdict.authenticated or answers or pressed


def _judge(
    message: Message,
    thread: Thread,
    signed: tuple[SignedId, ...],
    speakers: Set[str],
    policy: Policy,
    tokens: Tokens | None,
    now: datetime,
    pressed: bool,
    asked: str,
) -> Trust:
    identity = message.sender.identity
    vouched = authenticate(message, policy.authserv_id, policy.authserv_hosts, policy.authserv_on_top)
    if identity is None:
        return Trust("stranger", f"no clean sender: {message.sender.defect}")
    writer = identity.lower()
    internal = policy.is_internal(writer)
    if vouched.verdict == "fail":
        return Trust("failed", vouched.reason)
    passed = vouched.verdict == "pass"
    agent = policy.agent(writer)
    if agent is not None:
        answered = pressed or _answers_us(thread, signed, agent, policy, tokens, now)
        return _judge_agent(thread, vouched, answered, policy, internal)
    if thread.ticket is not None and internal and asked == writer:
        return Trust("approver", f"{writer} was asked for an approval by the mail that this one answers", True, passed)
    if thread.ticket is not None and policy.plain(writer) in speakers:
        return Trust("requester", f"{writer} may speak on this ticket", internal, passed)
    if internal and passed and _answers_theirs(thread, {writer, *speakers}, tokens):
        return Trust(
            "none", f"{writer} is internal and answers a letter that was passed on", True, True, colleague=True
        )
    if internal:
        return Trust(
            "none",
            f"{writer} is internal and has no part in this ticket" if thread.ticket else "internal",
            True,
            passed,
        )
    return Trust("stranger", f"{writer} is of no internal domain", False, passed)


def _judge_agent(thread: Thread, vouched: Authentication, answered: bool, policy: Policy, internal: bool) -> Trust:
    passed = vouched.verdict == "pass"
    enough = (passed and answered) if policy.agent_trust == "both" else (passed or answered)
    if enough:
        evidence = vouched.reason if passed else "answers a mail that was sent to them"
        return Trust("agent", f"listed agent: {evidence}", internal, passed)
    if thread.ticket is None and policy.agent_trust != "both":
        # A fresh mail asks for nothing that an ordinary colleague could not ask for.
        return Trust("none", f"listed agent, unproved: {vouched.reason}", internal, passed)
    return Trust("unverified", f"listed agent without evidence: {vouched.reason}", internal, passed)


def _answers_theirs(thread: Thread, speakers: Set[str], tokens: Tokens | None) -> bool:
    """Whether the mail hangs on a letter of ours to somebody of the ticket, who must have passed it on, or on what we
    answered to that."""
    signed = thread.signed
    if tokens is None or signed is None or thread.ticket is None or signed.audience != "public":
        return False
    return any(tokens.was_sent_to(signed, each) for each in speakers)


def _answers_us(
    thread: Thread, signed: tuple[SignedId, ...], agent: Agent, policy: Policy, tokens: Tokens | None, now: datetime
) -> bool:
    if tokens is None or (thread.ticket is None and thread.by != "desk"):
        return False
    if thread.by == "desk":
        return _answers_the_desk(signed, (agent.address, *agent.aliases), policy, tokens, now)
    oldest = _oldest(policy, now)
    return any(
        each.ticket == thread.signed.ticket and each.day >= oldest and _sent_to(each, agent, tokens)
        for each in signed
        if thread.signed is not None
    )


def _answers_the_desk(
    signed: tuple[SignedId, ...], addresses: tuple[str, ...], policy: Policy, tokens: Tokens | None, now: datetime
) -> bool:
    """Whether the mail answers a letter that belongs to no ticket and went to one of these addresses lately."""
    oldest = max(_oldest(policy, now), now.date() - timedelta(days=DESK_DAYS))
    return tokens is not None and any(
        not each.ticket and each.day >= oldest and tokens.was_sent_to(each, address)
        for each in signed
        for address in addresses
    )


def _oldest(policy: Policy, now: datetime) -> date:
    return now.date() - timedelta(days=SIGNED_DAYS if policy.authserv_id else SIGNED_DAYS_ALONE)


def went_to(signed: SignedId | None, message: Message, policy: Policy, tokens: Tokens) -> bool:
    """Whether the mail of ours that a listed agent answers was sent to this very agent, at any of their addresses."""
    agent = policy.agent(message.sender.identity or "")
    return signed is not None and agent is not None and _sent_to(signed, agent, tokens)


def _sent_to(signed: SignedId, agent: Agent, tokens: Tokens) -> bool:
    return any(tokens.was_sent_to(signed, each) for each in (agent.address, *agent.aliases))
