"""Who a mail is from, in kind: the order and the reasons of PRODUCT §2.3. Pure: message and policy in, verdict out."""

from collections.abc import Set

from maild.model.message import Message, Screening
from maild.model.policy import Policy

HOPS = 50


def screen(message: Message, policy: Policy, blocked: Set[str] = frozenset()) -> Screening:
    """The verdict on a mail: the first match of own, bounce, automatic answer, machine, list, spam, blocked.

    `blocked`: those of `senders_of` that an admin has blocked beside the settings.
    """
    return (
        _own(message, policy)
        or _automatic(message, policy)
        or _spam(message, policy)
        or _blocked(message, policy, blocked)
        or (
            Screening(
                "person", message.automatic.reason if message.automatic.verdict == "person" else _machine(message)
            )
        )
    )


def _own(message: Message, policy: Policy) -> Screening | None:
    """Mail that came out of the desk itself, or goes round in circles."""
    own = policy.desk.own_addresses | {policy.desk.address.lower()}
    if message.from_.key in own:
        return Screening("own", f"From is our own address {message.from_.key}")
    for value in message.header_all("x-maild-loop"):
        if value.partition(";")[0].strip().lower() == policy.desk.address.lower():
            return Screening("own", "it carries our loop header X-Maild-Loop")
    hops = len(message.header_all("received"))
    if hops > HOPS:
        return Screening("own", f"{hops} Received fields: a loop (more than {HOPS})")
    return None


def _automatic(message: Message, policy: Policy) -> Screening | None:
    automatic = message.automatic
    if automatic.verdict == "person":
        return None
    if automatic.verdict == "auto_generated" and message.from_.key in policy.machines:
        return None
    if automatic.verdict == "bulk" and message.from_.key in policy.machines:
        return None
    return Screening(automatic.verdict, automatic.reason)


def _machine(message: Message) -> str:
    return f"a machine listed under [machines]: {message.from_.key}"


def _spam(message: Message, policy: Policy) -> Screening | None:
    if not policy.spam_header:
        return None
    wanted = tuple(value.lower() for value in policy.spam_values)
    for value in message.header_all(policy.spam_header.lower()):
        if value.strip().lower().startswith(wanted):
            return Screening("spam", f"{policy.spam_header}: {value[:80]}")
    return None


def senders_of(message: Message) -> tuple[str, ...]:
    """What of a mail may stand on a list of blocked senders: its address, and its domain behind an @."""
    return tuple(entry for entry in (message.from_.key, f"@{message.from_.domain}") if entry not in ("", "@"))


def _blocked(message: Message, policy: Policy, blocked: Set[str]) -> Screening | None:
    for entry in senders_of(message):
        if entry in policy.blocked:
            return Screening("blocked", f"{entry} stands on the blocked list")
        if entry in blocked:
            return Screening("blocked", f"{entry} was blocked by an admin")
    return None
