"""Which attachments of a mail travel on with a notice or a reply."""

from collections.abc import Iterable

from maild.model import Attachment


def listed(attachments: Iterable[Attachment], before: int = 0) -> tuple[tuple[str, int, bool, int], ...]:
    """What people are told of attachments: (name, bytes, False, number); a signature's logos are left out.

    `before`: how many the ticket has already. `#file NUMBER` brings what did not come along.
    """
    shown = (each for each in attachments if not each.decoration)
    return tuple(
        (each.filename or each.content_type, each.size, False, number) for number, each in enumerate(shown, before + 1)
    )


def new(attachments: Iterable[Attachment], known: frozenset[str]) -> tuple[Attachment, ...]:
    """What a mail really brings: no logos, and no pictures that stood in the notice it quotes."""
    return tuple(each for each in attachments if not each.decoration and not (each.inline and each.sha256 in known))


def carried(attachments: Iterable[Attachment], limit: int) -> tuple[Attachment, ...]:
    """What a notice carries within `limit` bytes: pictures first, since a screenshot says it all; small ones first."""
    worth = [each for each in attachments if not each.decoration and each.size]
    taken: list[Attachment] = []
    room = limit
    for each in sorted(worth, key=lambda one: (not one.content_type.startswith("image/"), one.size)):
        if each.size <= room:
            taken.append(each)
            room -= each.size
    return tuple(sorted(taken, key=lambda one: one.index))
