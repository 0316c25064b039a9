"""Silence is silence only where somebody listened."""

from datetime import UTC, datetime, timedelta

import pytest

from maild.tick import heard_until

NOW = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
EARLIER = NOW - timedelta(minutes=5)


@pytest.mark.parametrize(
    ("looks", "heard"),
    [
        ([NOW], NOW),
        ([NOW, EARLIER], EARLIER),
        ([NOW, None], None),
        ([None], None),
        # Mail comes by a pipe alone: nothing lies anywhere unseen.
        ([], NOW),
    ],
)
def test_f14_a_desk_has_heard_what_the_mailbox_looked_at_longest_ago_held(
    looks: list[datetime | None], heard: datetime | None
) -> None:
    assert heard_until(looks, NOW) == heard
