"""What may be done once only, on both databases: chores, alarms, tokens."""

from datetime import UTC, datetime

from sqlalchemy import Engine

from maild.store import upkeep

NOW = datetime(2024, 3, 4, 2, 0, tzinfo=UTC)


def test_a_chore_is_claimed_once_a_period(engine: Engine) -> None:
    with engine.begin() as connection:
        claims = [upkeep.claim_chore(connection, "digest", day, NOW) for day in ("monday", "monday", "tuesday")]
    assert claims == [True, False, True]


def test_an_alarm_is_news_once_until_it_is_closed(engine: Engine) -> None:
    with engine.begin() as connection:
        assert upkeep.open_alarm(connection, "relay", "away", NOW)
        assert not upkeep.open_alarm(connection, "relay", "still away", NOW)
        assert upkeep.close_alarm(connection, "relay", NOW)
        assert upkeep.open_alarm(connection, "relay", "away again", NOW)


def test_a_token_is_used_up_once(engine: Engine) -> None:
    with engine.begin() as connection:
        assert upkeep.use_token(connection, "abc", NOW)
        assert not upkeep.use_token(connection, "abc", NOW)


def test_an_error_before_the_first_login_is_on_record_and_no_first_look(engine: Engine) -> None:
    with engine.begin() as connection:
        upkeep.note_mailbox_error(connection, "main", "login refused")
        assert upkeep.mailbox(connection, "main").last_error == "login refused"
        upkeep.first_look(connection, "main", uidvalidity=7, first_uid=10, first_start=NOW)
        upkeep.first_look(connection, "main", uidvalidity=7, first_uid=11, first_start=NOW)
        assert upkeep.mailbox(connection, "main").first_uid == 10
