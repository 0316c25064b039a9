"""Who a mail is from and whom it is about (PRODUCT §2.5 "Persons", §3.1), and what the directory means for triage."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from maild.config import load
from maild.ingest import trust
from maild.ingest.sent_by import sent_by
from maild.model import (
    Address,
    Facts,
    Field,
    MailArrived,
    Message,
    Person,
    Policy,
    Screening,
    Sender,
    Thread,
    Ticket,
    Trust,
)
from maild.workflow import persons
from maild.workflow.triage import triage

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
POLICY: Policy = load(None).policy
LI = Person(
    key="1", addresses=("li.lei@corp.example", "lily@corp.example"), name="李雷", department="财务部", phone="8123",
    location="3楼302",
)  # fmt: skip
SHARED = Person(
    key="2", addresses=("finance@corp.example", "cw@corp.example"), name="财务部", department="财务部", shared=True
)
WRITER = Address("li.lei@corp.example", "李雷")


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("Li.Lei+it@Corp.example", "li.lei@corp.example"),
        ("li.lei@corp.example", "li.lei@corp.example"),
        ("li+a+b@corp.example", "li@corp.example"),
        ("+it@corp.example", "+it@corp.example"),
        ("eve+it@stranger.example", "eve+it@stranger.example"),
        ("li+it@mail.corp.example", "li+it@mail.corp.example"),
    ],
)
def test_the_plus_part_is_ignored_at_internal_domains_alone(address: str, plain: str) -> None:
    assert POLICY.plain(address) == plain


def test_an_agent_behind_a_plus_sign_is_the_agent() -> None:
    assert POLICY.agent("Wang.Wei+phone@corp.example") is POLICY.agent("wang.wei@corp.example")
    assert POLICY.agent("wang.wei+x@stranger.example") is None


@pytest.mark.parametrize(
    ("writer", "same", "expected"),
    [
        ("li.lei@corp.example", (), True),
        ("li.lei+x@corp.example", (), True),
        ("lily@corp.example", LI.addresses, True),
        ("lily+x@corp.example", LI.addresses, True),
        ("lily@corp.example", (), False),
        ("han@corp.example", LI.addresses, False),
    ],
)
def test_the_requester_is_one_person_at_all_addresses(writer: str, same: tuple[str, ...], expected: bool) -> None:
    ticket = Ticket(requester=WRITER)
    assert persons.is_requester(ticket, Address(writer), Facts(same=frozenset(same)), POLICY) is expected


@pytest.mark.parametrize(
    ("speakers", "writer", "verdict"),
    [
        ({"li.lei@corp.example", "lily@corp.example"}, "Lily+phone@corp.example", "requester"),
        ({"li.lei@corp.example"}, "lily@corp.example", "none"),
        # A display name is nobody's alias.
        ({"li.lei@corp.example"}, "eve@stranger.example", "stranger"),
    ],
)
def test_only_addresses_that_are_known_may_speak(speakers: set[str], writer: str, verdict: str) -> None:
    message = Message(from_=Address(writer, "李雷"), sender=Sender(writer))
    assert trust.judge(message, Thread(7, "tag"), (), speakers, POLICY, None, NOW).verdict == verdict


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("Sun Li <Sun.Li@corp.example>",), "sun.li@corp.example"),
        (("finance@corp.example",), ""),
        (("a@corp.example, b@corp.example",), ""),
        (("a@corp.example", "b@corp.example"), ""),
        (("nobody",), ""),
        ((), ""),
    ],
    ids=["one", "the From itself", "two addresses", "two fields", "no address", "none"],
)
def test_the_sender_field_counts_only_when_it_is_clean(fields: tuple[str, ...], expected: str) -> None:
    headers = tuple(("sender", each) for each in fields)
    message = Message(from_=Address("finance@corp.example"), sender=Sender("finance@corp.example"), headers=headers)
    assert sent_by(message) == expected


def arrived(writer: str, behind: str, verdict: str = "none", authenticated: bool = False) -> MailArrived:
    return MailArrived(
        message=Message(from_=Address(writer), sender=Sender(writer)),
        screening=Screening("person", ""),
        thread=Thread(),
        trust=Trust(verdict, "", True, authenticated),  # type: ignore[arg-type]  # one of its words
        received=NOW,
        sent_by=behind,
    )


@pytest.mark.parametrize(
    ("event", "facts", "expected"),
    [
        pytest.param(
            arrived("cw@corp.example", "sun.li@corp.example"), Facts(person=SHARED),
            ("finance@corp.example", "sun.li@corp.example"), id="written in its name",
        ),
        pytest.param(
            arrived("sun.li@corp.example", "finance@corp.example", authenticated=True), Facts(behind=SHARED),
            ("finance@corp.example", "sun.li@corp.example"), id="it has written in somebody's name, vouched for",
        ),
        pytest.param(
            arrived("sun.li@corp.example", "finance@corp.example"), Facts(behind=SHARED), None,
            id="anybody could write that",
        ),
        pytest.param(
            arrived("finance@corp.example", "eve@stranger.example"), Facts(person=SHARED), None, id="outsider"
        ),
        pytest.param(
            arrived("finance@corp.example", "sun.li@corp.example", "failed"), Facts(person=SHARED), None, id="forged"
        ),
        pytest.param(arrived("finance@corp.example", "cw@corp.example"), Facts(person=SHARED), None, id="itself"),
        pytest.param(
            arrived("li.lei@corp.example", "sun.li@corp.example"), Facts(person=LI), None, id="no shared mailbox"
        ),
        pytest.param(arrived("finance@corp.example", ""), Facts(person=SHARED), None, id="no Sender field"),
    ],
)  # fmt: skip
def test_who_becomes_a_member_of_a_shared_mailbox(
    event: MailArrived, facts: Facts, expected: tuple[str, str] | None
) -> None:
    assert persons.member(event, facts, POLICY) == expected


@pytest.mark.parametrize(
    ("name", "person", "writer", "another"),
    [
        ("李雷", LI, WRITER, False),
        ("李 雷", LI, WRITER, False),
        ("李雷先生", LI, WRITER, False),
        ("Li Lei", LI, WRITER, False),
        ("Lei LI", LI, Address("li.lei@corp.example"), False),
        ("Lilei", None, Address("li.lei@corp.example"), False),
        ("周涛", LI, WRITER, True),
        ("Peter Stone", None, Address("mary.jones@corp.example", "Mary Jones"), True),
        ("Jones, Mary", None, Address("mary.jones@corp.example"), False),
        ("Mary", None, Address("mary.jones@corp.example", "Mary Jones"), False),
        # Nothing to compare with: it is taken for the writer's own.
        ("周涛", None, Address("a1234@corp.example"), False),
        ("Peter Stone", None, Address("a1234@corp.example", "李雷"), False),
    ],
)
def test_whether_a_name_is_another_person_s(name: str, person: Person | None, writer: Address, another: bool) -> None:
    told = {"name": Field("name", name, "label")}
    assert persons.about_another(told, person, writer) is another


@pytest.mark.parametrize("source", ["signature", "header", "text", "history"])
def test_only_who_is_named_on_purpose_is_somebody_else(source: str) -> None:
    told = {"name": Field("name", "周涛", source)}  # type: ignore[arg-type]  # one of its words
    assert not persons.about_another(told, LI, WRITER)


def test_for_somebody_else_the_writer_s_place_is_not_theirs_but_the_number_helps() -> None:
    known = persons.known(LI, NOW, {}, None, WRITER)
    assert {name: each.value for name, each in persons.without_the_writer_s(known).items()} == {
        "name": "李雷", "phone": "8123",
    }  # fmt: skip


EARLIER = {"department": Field("department", "采购部", "form"), "phone": Field("phone", "7777", "signature", 0.6)}


@pytest.mark.parametrize(
    ("changed", "department"),
    [(NOW - timedelta(days=1), "采购部"), (NOW + timedelta(days=1), "财务部"), (None, "采购部")],
    ids=["told after the directory's change", "the directory has changed since", "never changed"],
)
def test_what_was_told_on_purpose_beats_an_older_directory(changed: datetime | None, department: str) -> None:
    known = persons.known(LI, changed, EARLIER, NOW, WRITER)
    assert known["department"].value == department
    # A guess of the last time does not.
    assert (known["phone"].value, known["phone"].source) == ("8123", "directory")


def test_what_was_told_is_remembered_as_told_the_third_time_too() -> None:
    second = persons.known(LI, NOW - timedelta(days=1), EARLIER, NOW, WRITER)
    third = persons.known(LI, NOW - timedelta(days=1), second, NOW + timedelta(days=3), WRITER)
    assert third["department"].value == "采购部" and third["department"].source == "history"


def test_an_earlier_report_about_somebody_else_is_not_remembered() -> None:
    earlier = {**EARLIER, "name": Field("name", "周涛", "label")}
    assert persons.known(None, None, earlier, NOW, WRITER) == {}


def test_members_of_a_shared_mailbox_are_not_one_another() -> None:
    known = persons.known(
        SHARED, NOW, {"name": Field("name", "孙丽", "form"), **EARLIER}, NOW, Address("finance@corp.example")
    )
    assert {name: each.value for name, each in known.items()} == {"department": "财务部"}


@pytest.mark.parametrize(
    ("text", "language", "impact"),
    [
        ("打印机卡纸了", "zh-CN", "department"),
        ("The printer is jammed", "en", "department"),
        ("只有我的打印机卡纸了，其他同事正常", "zh-CN", "person"),
        ("It is only me, everybody else can print", "en", "person"),
        ("全公司都打不了", "zh-CN", "company"),
    ],
)
def test_a_shared_mailbox_means_its_department_unless_told_otherwise(text: str, language: str, impact: str) -> None:
    found = triage("", text, language, {}, Address("finance@corp.example"), POLICY, SHARED)
    assert found.impact == impact
    if impact == "department":
        reason = found.reasons[2]
        assert "shared mailbox" in reason.en and "公共邮箱" in reason.zh


@pytest.mark.parametrize(
    ("person", "vips", "requester", "importance"),
    [
        (replace(LI, vip=True), (), "li.lei@corp.example", "high"),
        (LI, ("lily@corp.example",), "li.lei@corp.example", "high"),
        (None, ("li.lei@corp.example",), "li.lei+x@corp.example", "high"),
        (LI, (), "li.lei@corp.example", "normal"),
        (None, (), "li.lei@corp.example", "normal"),
    ],
    ids=["by the directory", "by an alias", "behind a plus sign", "not", "unknown"],
)
def test_vips_are_important(person: Person | None, vips: tuple[str, ...], requester: str, importance: str) -> None:
    policy = replace(POLICY, vips=frozenset(vips))
    assert triage("", "打印机卡纸", "zh-CN", {}, Address(requester), policy, person).importance == importance
