"""A mail that is too large to be read: put aside with its bytes, and its sender told once (PRODUCT §2.1, sizes)."""

from maild.model import Address, Facts, Mail, MailArrived, Outcome, Policy

_MEGABYTE = 1_000_000


def too_large(event: MailArrived, facts: Facts, policy: Policy) -> Outcome:
    """What becomes of a mail of which only the header was read.

    Who is answered is who would be answered otherwise: people of whom nobody has pretended to be them. Strangers get
    their one fixed text, which says nothing of what they sent; automatic mail, machines and old mail get nothing.
    """
    reason = f"{event.too_large} bytes: too large to be read"
    message = event.message
    silent = (
        event.screening.verdict != "person"
        or event.trust.verdict == "failed"
        or event.backlog
        or not message.from_.address
        or message.from_.key in policy.machines
    )
    if silent:
        return Outcome(reason=reason, fate="quarantined")
    stranger = event.trust.verdict == "stranger"
    if stranger and not policy.stranger_answer:
        return Outcome(reason=reason, fate="quarantined")
    # A header says little of a language: what is known of the person counts first.
    language = facts.language or ("zh-CN" if message.language.startswith("zh") else "en")
    if language not in policy.desk.languages:
        language = policy.desk.languages[0]
    mail = Mail(
        template="stranger/received" if stranger else "requester/cannot_read",
        to=Address(message.from_.key, "" if stranger else message.from_.name),
        audience="stranger" if stranger else "requester",
        language=language,
        answers=message.message_id,
        values={} if stranger else {"cause": "too_big"},
        subject=f"Re: {message.subject}".strip(),
    )
    told = "the sender gets the fixed text" if stranger else "the sender is told"
    return Outcome(reason=f"{reason}; {told}", fate="quarantined", mails=(mail,))
