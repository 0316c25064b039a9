"""Live tickets and the codes of config.toml: what is in use may not vanish from it (PRODUCT §5)."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from maild import desk
from maild.config import ConfigError
from tests.desks import Box, Steps, mail, prepared
from tests.sink import Sink


@pytest.fixture
def steps(tmp_path: Path, box: Box, sink: Sink) -> Iterator[Steps]:
    with Steps(prepared(tmp_path, box, sink.port)) as steps:
        box.deliver(mail("one"))
        steps.fetch()
        steps.receive()
        yield steps


def test_a_start_without_a_team_or_category_that_open_tickets_are_in_names_them_and_what_to_do(steps: Steps) -> None:
    settings, policy = steps.settings, steps.settings.policy
    ((team, category),) = steps.rows("SELECT team, category FROM ticket")
    teams = {code: each for code, each in policy.teams.items() if code != team}
    categories = {code: each for code, each in policy.categories.items() if code != category}
    with pytest.raises(ConfigError) as caught:
        desk.check_codes(replace(settings, policy=replace(policy, teams=teams, categories=categories)), steps.engine)
    assert f"teams.{team}: open tickets belong to it" in str(caught.value)
    assert f"categories.{category}: open tickets are in it" in str(caught.value)


def test_a_desk_that_has_set_up_no_team_at_all_starts_again_with_its_tickets(steps: Steps) -> None:
    settings = replace(steps.settings, policy=replace(steps.settings.policy, teams={}))
    desk.check_codes(settings, steps.engine)
