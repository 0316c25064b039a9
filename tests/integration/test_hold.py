"""The admin's word on mails that were put aside: release, drop, cancel (PRODUCT §2.1, §4)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maild import desk
from maild.store import ledger, ledger_hold
from tests import servers
from tests.desks import Box, Steps, looking, mail, prepared, running
from tests.office import Indoors as Desk

AGENT = '[trust]\nauthserv_id = "mx.corp.example"\n'
SPAM = '[screening]\nspam_header = "X-Spam-Flag"\nspam_values = ["yes"]\nblocked = ["@bad.example"]\n'


@pytest.fixture(scope="module", autouse=True)
def _worker() -> Iterator[None]:
    yield
    Desk.close()


@pytest.fixture
def office(tmp_path: Path) -> Desk:
    made = Desk(tmp_path, SPAM + AGENT)
    made.told("db", "upgrade")
    return made


def given(office: Desk, *mails: bytes) -> None:
    """Delivered and decided."""
    for each in mails:
        office.told("deliver", stdin=each)
    office.decide()


def test_c08_mail_that_was_refused_comes_in_by_one_command_and_is_answered(office: Desk) -> None:
    given(office, mail("one", X_Spam_Flag="YES"), mail("two", sender="eve@bad.example"))
    assert [row["fate"] for row in office.json("inbound", "list")] == ["ignored", "held"]
    page = office.told("inbound", "show", "1")
    assert "maild inbound release 1" in page and "maild inbound drop 1" in page
    said = office.told("inbound", "release", "1", "2", "--reason", "a partner")
    assert "x-spam-flag" in said and "blocked list" in said
    office.decide()
    first = office.json("inbound", "show", "1")
    assert (first["fate"], first["ticket"], first["released"], first["screening"]) == ("ticketed", 1, True, "person")
    assert "let in by the admin" in first["reason"] and ": a partner; before that held: x-spam-flag" in first["reason"]
    (line,) = [each for each in office.json("show", "IT-1")["history"] if each["what"] == "let in"]
    assert line["who"] == "admin" and "a partner" in line["why"]
    letters = {(row["to"], row["letter"]) for row in office.json("outbox", "list")}
    assert ("u-one@corp.example", "requester/acknowledged") in letters
    assert ("eve@bad.example", "stranger/received") in letters


def test_g1_a_released_mail_makes_one_ticket_however_often_it_is_released(office: Desk) -> None:
    once = mail("one", X_Spam_Flag="YES")
    given(office, once)
    office.told("inbound", "release", "1")
    again = office.run("inbound", "release", "1")
    assert again.returncode == 65 and b"it waits to be decided anyway" in again.stderr
    office.decide()
    again = office.run("inbound", "release", "1")
    assert again.returncode == 65 and b"it made ticket IT-1" in again.stderr
    # The same mail once more is a copy, which is not let in either.
    given(office, once)
    again = office.run("inbound", "release", "2", "99")
    assert again.returncode == 66 and b"a copy of inbound 1" in again.stderr and b"no inbound mail 99" in again.stderr
    assert len(office.json("tickets")) == 1


def test_c08_what_a_machine_wrote_is_let_in_and_the_machine_gets_no_answer(office: Desk) -> None:
    given(
        office,
        mail("robot", sender="robot@corp.example", Auto_Submitted="auto-generated"),
        mail("list", sender="news@far.example", List_Id="<news.far.example>"),
    )
    assert {row["fate"] for row in office.json("inbound", "list")} == {"ignored"}
    assert "maild inbound release 1" in office.told("inbound", "show", "1")
    office.told("inbound", "release", "1", "2")
    office.decide()
    assert [row["ticket"] for row in office.json("tickets")] == ["IT-2", "IT-1"]
    assert {row["letter"] for row in office.json("outbox", "list")} == {"agent/new_ticket"}
    lines = [each for each in office.json("show", "IT-1")["history"] if each["what"] == "not written"]
    assert "requester/acknowledged to robot@corp.example" in lines[0]["becomes"]


def test_c08_mail_of_the_desk_itself_is_never_let_in(office: Desk) -> None:
    given(office, mail("own", sender="it@corp.example"))
    assert b"round in circles" in office.run("inbound", "release", "1").stderr


def _agents_mail(office: Desk, mark: str, **headers: str) -> bytes:
    """A command in an agent's name on ticket IT-1, with the tag alone."""
    return mail(mark, "wang.wei@corp.example", "#note by hand", Subject="Re: [IT-1] Printer", **headers)


def test_g5_an_unproved_agents_mail_counts_as_theirs_once_an_admin_lets_it_in(office: Desk) -> None:
    given(office, mail("first"))
    given(office, _agents_mail(office, "second"))
    assert office.json("inbound", "show", "2")["fate"] == "held"
    office.told("inbound", "release", "2")
    office.decide()
    row = office.json("inbound", "show", "2")
    assert (row["fate"], row["trust"]) == ("ticketed", "agent") and "an admin let the mail in" in row["trust_reason"]
    assert [entry["visibility"] for entry in office.json("show", "IT-1")["conversation"]][-1] == "internal"


def test_g5_a_mail_whose_authentication_failed_is_let_in_as_a_strangers(office: Desk) -> None:
    """Also A03: an admin's release never makes a forger an agent."""
    given(office, mail("first"))
    forged = "mx.corp.example; dmarc=fail header.from=corp.example; spf=fail"
    given(office, _agents_mail(office, "second", Authentication_Results=forged, X_Spam_Flag="YES"))
    assert office.json("inbound", "show", "2")["fate"] == "held"
    office.told("inbound", "release", "2")
    office.decide()
    row = office.json("inbound", "show", "2")
    assert (row["trust"], row["ticket"]) == ("failed", 2)
    assert len(office.json("show", "IT-1")["conversation"]) == 1
    assert "wang.wei@corp.example" not in {
        each["to"] for each in office.json("outbox", "list") if each["letter"].startswith(("requester", "stranger"))
    }


def test_f10_a_quarantined_mail_is_let_in_as_a_ticket_from_its_header_and_first_text(office: Desk) -> None:
    bomb = mail("bomb", **{f"X_{n}": "y" for n in range(500)})
    given(office, bomb)
    assert office.json("inbound", "show", "1")["fate"] == "quarantined"
    office.told("inbound", "release", "1")
    office.decide()
    row = office.json("inbound", "show", "1")
    assert (row["fate"], row["ticket"], row["from"]) == ("ticketed", 1, "u-bomb@corp.example")
    ticket = office.json("show", "IT-1")
    text = ticket["conversation"][0]["text"]
    assert text.startswith("The printer on floor 3 eats the paper.") and "maild inbound show 1 --raw" in text
    assert ticket["subject"] == "Printer broken bomb" and ticket["category"] == "hardware"
    assert office.told("inbound", "show", "1", "--raw", "-").encode() == bomb


def test_f10_what_ended_the_daemon_is_not_given_to_the_parser_again_when_it_is_let_in(
    office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.told("deliver", stdin=mail("deadly"))
    engine = desk.open_database(office.settings)
    with engine.begin() as connection:
        for _ in range(4):
            ledger.begin_attempt(connection, [1])
    office.decide()
    assert "with it in hand" in office.json("inbound", "show", "1")["reason"]
    office.told("inbound", "release", "1")
    monkeypatch.setattr("maild.ingest.worker.Worker.submit", lambda *_: pytest.fail("given to the parser"))
    office.decide()
    assert office.json("inbound", "show", "1")["ticket"] == 1
    engine.dispose()


def test_f11_a_mail_of_which_only_the_header_is_kept_is_let_in(tmp_path: Path) -> None:
    office = Desk(tmp_path, "[limits]\nparse_bytes = 100000\nstore_bytes = 1000000\n")
    office.told("db", "upgrade")
    given(office, mail("huge", body="x" * 1_100_000), mail("large", body="x" * 200_000))
    assert {row["fate"] for row in office.json("inbound", "list")} == {"quarantined"}
    office.told("inbound", "release", "1", "2")
    office.decide()
    assert "its header only" in office.json("show", "IT-1")["conversation"][0]["text"]
    assert "maild inbound show 2 --raw" in office.json("show", "IT-2")["conversation"][0]["text"]


def test_c08_what_waits_is_listed_with_its_writer_and_subject_and_dropped_before_it_is_decided(office: Desk) -> None:
    office.told("deliver", stdin=mail("one"))
    (row,) = office.json("inbound", "list", "--fate", "waiting")
    assert (row["from"], row["subject"]) == ("u-one@corp.example", "Printer broken one")
    refused = office.run("inbound", "drop", "1")
    assert refused.returncode == 64 and b"--yes" in refused.stderr
    office.told("inbound", "drop", "1", "--yes", "--reason", "a test mail")
    assert office.decide() == 0
    row = office.json("inbound", "show", "1")
    assert (row["fate"], row["ticket"]) == ("ignored", None)
    assert "dropped by the admin" in row["reason"] and "a test mail; before that not decided yet" in row["reason"]
    assert office.told("inbound", "show", "1", "--raw", "-").encode().startswith(b"From: u-one")
    assert office.run("inbound", "drop", "1", "--yes").returncode == 65
    # Dropped by mistake: it comes back.
    office.told("inbound", "release", "1")
    office.decide()
    assert office.json("inbound", "show", "1")["ticket"] == 1
    assert b"it made ticket IT-1" in office.run("inbound", "drop", "1", "--yes").stderr


def _held(steps: Steps, count: int) -> list[int]:
    """So many held mails in the ledger."""
    now = datetime.now(UTC)
    with steps.engine.begin() as connection:
        numbers = ledger.add(
            connection,
            [
                ledger.Arrival(
                    source="deliver", received=now, fetched=now, size=1, raw=mail(f"h{n}"),
                    message_id=f"<h{n}@corp.example>", content_hash=f"h{n}",
                )
                for n in range(count)
            ],
        )  # fmt: skip
        for number in numbers:
            ledger.finish(connection, number, now, {"fate": "held", "reason": "held: by hand", "screening": "spam"})
    return numbers


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_g1_release_and_drop_beside_a_busy_daemon_decide_each_mail_once(
    kind: str, tmp_path: Path, box: Box, sink: servers.Sink, request: pytest.FixtureRequest
) -> None:
    url = request.getfixturevalue("postgres").database() if kind == "postgresql" else ""
    settings = prepared(tmp_path, box, sink.port, url)
    with Steps(settings) as steps:
        numbers = _held(steps, 20)
    said: dict[str, set[int]] = {"release": set(), "drop": set()}

    def each(word: str) -> None:
        """Let every mail in, or drop it, while the other thread does the opposite and the daemon decides."""
        act = ledger_hold.release if word == "release" else ledger_hold.drop
        with looking(settings.database.url) as engine:
            for number in numbers:
                with engine.begin() as connection:
                    if act(connection, number, "an admin", "", datetime.now(UTC), "IT").done:
                        said[word].add(number)

    with running(settings):
        box.deliver(*(mail(f"load{n}") for n in range(20)))
        threads = [threading.Thread(target=each, args=(word,)) for word in ("release", "drop", "release")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with looking(settings.database.url) as engine:

            def count(condition: str) -> int:
                with engine.connect().execution_options(maild_reading=True) as connection:
                    return int(connection.exec_driver_sql(f"SELECT count(*) FROM {condition}").scalar_one())

            servers.wait_until(lambda: count("inbound WHERE state = 'done'") == 40, "all are decided", 60)
            servers.wait_until(lambda: count("outbox WHERE state <> 'sent'") == 0, "all is sent", 60)
            assert count("inbound WHERE fate = 'held'") == 0
            tickets = count("inbound WHERE fate = 'ticketed'")
            assert count("ticket") == tickets
            assert count("outbox WHERE template = 'requester/acknowledged'") == tickets
            assert count("inbound WHERE fate = 'ignored' AND substr(reason, 1, 10) = 'dropped by'") == 40 - tickets
    assert said["release"] | said["drop"] == set(numbers)


def test_g2_a_queued_mail_that_is_cancelled_never_leaves(steps: Steps, sink: servers.Sink, box: Box) -> None:
    from maild.store import outbox

    box.deliver(mail("one"), mail("two"))
    steps.fetch()
    steps.receive()
    now = datetime.now(UTC)
    with steps.engine.begin() as connection:
        assert outbox.cancel(connection, 1, now, "cancelled by hand")
        assert not outbox.cancel(connection, 99, now, "")
    steps.send()
    assert [state for _, state in steps.states()] == ["cancelled", *["sent"] * (len(steps.states()) - 1)]
    with steps.engine.begin() as connection:
        assert not outbox.cancel(connection, 1, now, "") and not outbox.cancel(connection, 2, now, "")
    assert len(sink.mails) == len(steps.states()) - 1 > 0


def test_g2_a_mail_that_is_being_sent_is_not_cancelled_under_the_senders_hands(office: Desk) -> None:
    given(office, mail("one"), mail("two"), mail("three"))
    engine = desk.open_database(office.settings)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        for number, until in ((1, now + timedelta(minutes=1)), (2, now - timedelta(minutes=1))):
            connection.exec_driver_sql(
                "UPDATE outbox SET state = 'leased', lease_owner = 'x', lease_until = ? WHERE id = ?",
                (until.replace(tzinfo=None).isoformat(" "), number),
            )
        connection.exec_driver_sql("UPDATE outbox SET state = 'sent' WHERE id = 3")
    engine.dispose()
    done = office.run("outbox", "cancel", "1", "2", "3", "4", "99")
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 66
    assert "outgoing mail 1 is not cancelled: it is being sent right now" in said
    assert "Mail 2 " in said and "it may have left" in said
    assert "outgoing mail 3 is not cancelled: it was sent" in said
    assert "Mail 4 " in said and "there is no outgoing mail 99" in said
    assert {row["number"]: row["state"] for row in office.json("outbox", "list", "--state", "cancelled")} == {
        2: "cancelled",
        4: "cancelled",
    }
    assert "cancelled by the admin" in office.json("outbox", "show", "4")["reason"]
    assert office.run("outbox", "retry", "4").returncode == 65


def test_g2_the_outbox_is_listed_by_ticket_recipient_and_letter(office: Desk) -> None:
    given(office, mail("one"), mail("two"))

    def numbers(*options: str) -> set[int]:
        return {row["number"] for row in office.json("outbox", "list", *options)}

    everything = numbers()
    assert len(everything) == 4
    assert len(numbers("--ticket", "IT-2")) == 2
    assert len(numbers("--to", "U-One@corp.example")) == 1
    assert len(numbers("--letter", "agent/new_ticket")) == 2
    assert numbers("--ticket", "2", "--letter", "agent/new_ticket", "--state", "queued") < everything
    assert office.run("outbox", "list", "--ticket", "nonsense").returncode == 64


def test_c08_mail_that_somebody_moves_out_of_the_junk_folder_becomes_a_ticket(
    tmp_path: Path, box: Box, sink: servers.Sink
) -> None:
    """It was a copy of a held mail, and so lost; now the move counts as a person's word, once."""
    settings = prepared(tmp_path, box, sink.port, mailbox={"also_watch": ["Junk"]})
    raw = mail("moved")
    with looking(settings.database.url) as engine:

        def rows() -> list[tuple[str, str, int | None]]:
            with engine.connect().execution_options(maild_reading=True) as connection:
                found = connection.exec_driver_sql("SELECT mailbox, fate, ticket FROM inbound ORDER BY id")
                return [(row[0], row[1], row[2]) for row in found]

        box.dovecot.deliver(box.login, raw, "Junk")
        with running(settings):
            servers.wait_until(lambda: rows() == [("main/Junk", "held", None)], "it is held", 30)
            box.dovecot.doveadm("move", "-u", box.login, "INBOX", "mailbox", "Junk", "all")
            servers.wait_until(
                lambda: rows() == [("main/Junk", "ignored", None), ("main", "ticketed", 1)], "it has its ticket", 30
            )
            # The same mail once more is a copy, wherever it lies.
            box.dovecot.deliver(box.login, raw, "Junk")
            box.deliver(raw)
            servers.wait_until(lambda: len(rows()) == 4 and all(row[1] for row in rows()), "both are decided", 30)
            assert sorted(row[1] for row in rows()) == ["ignored", "ignored", "ignored", "ticketed"]


def test_senders_are_blocked_and_unblocked_by_command(office: Desk) -> None:
    assert "config.toml" in office.told("inbound", "blocked")
    said = office.told("inbound", "block", "Eve@Spam.example", "@casino.example")
    assert "eve@spam.example is blocked" in said
    given(office, mail("one", sender="eve@spam.example"), mail("two", sender="x@casino.example"))
    assert {row["reason"] for row in office.json("inbound", "list")} == {
        "blocked: eve@spam.example was blocked by an admin",
        "blocked: @casino.example was blocked by an admin",
    }
    refused = office.run("inbound", "block", "@corp.example", "@gmail.com", "nobody")
    assert refused.returncode == 65 and refused.stderr.count(b"is not blocked:") == 3
    office.told("inbound", "unblock", "eve@spam.example")
    given(office, mail("three", sender="eve@spam.example"))
    assert office.json("inbound", "show", "3")["fate"] == "ticketed"
    again = office.run("inbound", "unblock", "eve@spam.example", "@bad.example")
    assert again.returncode == 65 and b"was not blocked" in again.stderr and b"in config.toml" in again.stderr
    assert [row["sender"] for row in office.json("inbound", "blocked")] == ["@casino.example", "@bad.example"]
