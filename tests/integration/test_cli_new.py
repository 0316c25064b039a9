"""`maild new`: a report entered at the terminal goes the way of a mail; what is wrong is said before it is written."""

from pathlib import Path

import pytest

from maild import desk
from maild.directory.table import read_table
from maild.directory.takeover import take_over
from tests.office import Desk, Indoors

PEOPLE = (
    "email,name,department,phone,language\n"
    "li.lei@corp.example,李雷,财务部,8123,zh-CN\nmary.jones@corp.example,Mary Jones,Sales,8789,en\n"
    "lei.li@corp.example,李雷,市场部,8456,zh-CN\n"
)


@pytest.fixture
def office(tmp_path: Path) -> Desk:
    made = Indoors(tmp_path)
    made.told("db", "upgrade")
    people = tmp_path / "people.csv"
    people.write_text(PEOPLE, encoding="utf-8")
    engine = desk.open_database(made.settings)
    with engine.begin() as connection:
        take_over(connection, read_table(people), "csv", 0.2, desk.utc_now())
    engine.dispose()
    return made


def test_a_report_by_phone_becomes_a_ticket_of_that_person(office: Desk) -> None:
    said = office.told("new", "--for", "Mary Jones", "Printer", stdin=b"The printer on floor 3 jams.\n")
    assert "Registered for Mary Jones <mary.jones@corp.example>: mail 1" in said
    assert office.decide() == 1
    whole = office.json("show", "1")
    assert (whole["requester"], whole["fields"]["department"]["value"]) == (
        "mary.jones@corp.example",
        "Sales",
    )
    assert {mail["letter"] for mail in whole["outgoing"]} == {"requester/acknowledged", "agent/new_ticket"}
    assert any("entered at the terminal by" in line["why"] for line in whole["history"])
    assert "We have registered this for you from your call" in office.told("outbox", "show", "1")
    (row,) = office.json("inbound", "list")
    assert (row["source"], row["fate"]) == ("new", "ticketed")


def test_an_agent_may_order_something_in_the_same_breath(office: Desk) -> None:
    text = "#take\n#priority P2 the board waits\n\n投影仪打不开。\n".encode()
    office.told("new", "--for", "li.lei@corp.example", "--as", "王伟", "--channel", "当面", stdin=text)
    office.decide()
    whole = office.json("show", "1")
    assert (whole["state"], whole["priority"], whole["assignee"]) == ("open", "P2", "wang.wei@corp.example")
    assert {mail["letter"] for mail in whole["outgoing"]} == {"requester/acknowledged", "agent/registered"}


@pytest.mark.parametrize(
    ("arguments", "text", "code", "why"),
    [
        (("--for", "李雷"), "x", 65, "several people are called"),
        (("--for", "nobody at all"), "x", 65, "nobody is known as"),
        (("--for", "it@corp.example"), "x", 65, "that is the desk itself"),
        (("--for", "mary.jones@corp.example", "--as", "bob"), "x", 65, "nobody is called"),
        (("--for", "mary.jones@corp.example", "--channel", "pigeon"), "x", 64, "give phone, chat, visit or mail"),
        (("--for", "mary.jones@corp.example"), "#take\nx", 65, "give --as AGENT"),
        (("--for", "mary.jones@corp.example", "--as", "wang.wei"), "#tkae\nx", 65, "did you mean #take"),
        (("--for", "mary.jones@corp.example"), " \n", 65, "neither a subject nor a text"),
        ((), "x", 64, "--for WHO is missing"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    office: Desk, arguments: tuple[str, ...], text: str, code: int, why: str
) -> None:
    done = office.run("new", *arguments, stdin=text.encode())
    assert (done.returncode, done.stdout) == (code, b"")
    assert why in done.stderr.decode()
    assert office.json("inbound", "list") == []


def test_its_head_means_nothing_in_a_mail_from_outside(office: Desk) -> None:
    mail = (
        b"From: eve@far.example\r\nTo: it@corp.example\r\nSubject: hello\r\nX-Maild-For: mary.jones@corp.example\r\n"
        b"X-Maild-Channel: phone\r\nX-Maild-Entered-By: root\r\nMessage-ID: <e@far.example>\r\n\r\nPlease help.\r\n"
    )
    office.told("deliver", stdin=mail)
    office.decide()
    assert office.json("show", "1")["requester"] == "eve@far.example"
