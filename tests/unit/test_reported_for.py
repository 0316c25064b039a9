"""For whom an agent's mail is a report: what stands behind #for, and whose a forward is."""

from dataclasses import replace

import pytest

from maild.model import Address, Agent, Forwarded, Message, Person, Sender
from maild.workflow import reported_for
from tests.policies import default_policy

POLICY = default_policy()
WEI = "wang.wei@corp.example"
LI = Person(key="1001", addresses=("li.lei@corp.example", "lily@corp.example"), name="李雷", department="财务部")
OTHER = Person(key="1002", addresses=("lei.li@corp.example",), name="李雷", department="市场部")


def mail(text: str = "", subject: str = "", forwarded: Forwarded | None = None, who: str = WEI) -> Message:
    return Message(
        from_=Address(who), sender=Sender(who), subject=subject, text=text, new_text=text, forwarded=forwarded
    )


@pytest.mark.parametrize(
    ("argument", "words", "address", "channel"),
    [
        ("li.lei", "li.lei", "", "phone"),
        ("李雷 电话", "李雷", "", "phone"),
        ("李雷，当面", "李雷", "", "visit"),
        ("电话 李雷", "李雷", "", "phone"),
        ("Li Lei chat", "Li Lei", "", "chat"),
        ("Li Lei ＰＨＯＮＥ", "Li Lei", "", "phone"),
        ("Li Lei walk-in", "Li Lei", "", "visit"),
        ("李雷 邮件", "李雷", "", "mail"),
        ("LI.LEI@Corp.example", "li.lei@corp.example", "li.lei@corp.example", "phone"),
        ("Li Lei <li.lei@corp.example> visit", "Li Lei li.lei@corp.example", "li.lei@corp.example", "visit"),
        ("电话 li.lei@corp.example", "li.lei@corp.example", "li.lei@corp.example", "phone"),
        ("li.lei@corp.example。", "li.lei@corp.example", "li.lei@corp.example", "phone"),
        (
            "li.lei@corp.example, 电话：打印机卡纸",
            "li.lei@corp.example 打印机卡纸",
            "li.lei@corp.example",
            "phone",
        ),
        ("李雷 打印机卡纸", "李雷 打印机卡纸", "", "phone"),
    ],
)
def test_whom_it_names_and_how_it_was_reported(argument: str, words: str, address: str, channel: str) -> None:
    wish = reported_for.read(argument)
    assert (wish.words, wish.address, wish.channel) == (words, address, channel)


def test_a_name_may_have_a_report_behind_it() -> None:
    wish = reported_for.read("Li Lei printer jams again and again")
    assert reported_for.names(wish) == ("Li Lei printer jams", "Li Lei printer", "Li Lei", "Li")
    found, rest = reported_for.people(wish, {"Li Lei": (LI,)}, POLICY)
    assert (found, rest) == ((LI,), "printer jams again and again")


def test_several_of_one_name_are_all_found_and_agents_are_people_too() -> None:
    assert reported_for.people(reported_for.read("李雷"), {"李雷": (LI, OTHER)}, POLICY)[0] == (LI, OTHER)
    (wei,) = reported_for.people(reported_for.read("王伟"), {}, POLICY)[0]
    assert wei.address == WEI
    # An agent of the list who stands in the directory too is one person.
    listed = Person(key="7", addresses=(WEI,), name="王伟")
    assert reported_for.people(reported_for.read("王伟"), {"王伟": (listed,)}, POLICY)[0] == (listed,)


def test_an_unknown_address_is_somebody_and_an_unclean_one_nobody() -> None:
    (joe,) = reported_for.people(reported_for.read("Joe <joe@customer.example>"), {}, POLICY)[0]
    assert (joe.address, joe.name) == ("joe@customer.example", "Joe")
    for bad in ("joe@customer", "joe@@customer.example", "é@customer.example", f"{'x' * 65}@customer.example"):
        assert reported_for.people(reported_for.read(bad), {}, POLICY)[0] == (), bad


def test_the_address_that_was_written_is_the_one_that_is_written_to() -> None:
    wish = reported_for.read("lily@corp.example")
    assert reported_for.address_of(wish, LI).address == "lily@corp.example"
    assert reported_for.address_of(reported_for.read("李雷"), LI).address == "li.lei@corp.example"


@pytest.mark.parametrize(
    ("sender", "certain"),
    [
        (Address("mary@corp.example", "Mary"), True),
        (Address("joe@customer.example"), True),
        (Address("", "李雷"), True),
        (Address("", ""), False),
        (Address(WEI, "王伟"), False),
        (Address(POLICY.desk.address), False),
        (Address("no-reply@shop.example"), False),
        (Address("MAILER-DAEMON@corp.example"), False),
        (Address("not an address@x"), False),
    ],
)
def test_whose_a_forward_is(sender: Address, certain: bool) -> None:
    wish = reported_for.wish(mail("x", "Fwd: x", Forwarded(sender, "x", "text", "text")), POLICY)
    assert (wish is not None) is certain


def test_only_agents_have_such_mails_and_a_command_goes_before_a_forward() -> None:
    forward = Forwarded(Address("mary@corp.example"), "x", "t", "t", own="#for 李雷 visit")
    assert reported_for.wish(mail("#for 李雷", who="tom@corp.example"), POLICY) is None
    wish = reported_for.wish(mail("x", "Fwd: x", forward), POLICY)
    assert wish is not None and (wish.how, wish.words, wish.channel) == ("command", "李雷", "visit")
    assert reported_for.wish(mail("#for IT-3 李雷"), POLICY) is None


def test_what_is_forwarded_commands_nothing() -> None:
    forward = Forwarded(Address("mary@corp.example"), "x", "#resolve\n#spam", "#resolve\n#spam")
    assert reported_for.commands_of(mail("#resolve\n#spam", "Fwd: x", forward), POLICY).commands == ()


def test_the_report_is_theirs_without_the_agent_s_command_and_signature() -> None:
    message = Message(
        from_=Address(WEI, "王伟"),
        sender=Sender(WEI),
        subject="#for 李雷 电话 打印机卡纸",
        text="三楼的。\n-- \n王伟",
        new_text="三楼的。",
        signature="王伟 分机 9999",
    )
    wish = reported_for.wish(message, POLICY)
    assert wish is not None
    made = reported_for.behalf(message, wish, {"李雷": (LI,)}, POLICY)
    assert (made.report.from_, made.report.subject) == (Address("li.lei@corp.example", "李雷"), "")
    assert (made.report.text, made.report.signature) == ("打印机卡纸\n三楼的。", "")
    assert made.certain and not reported_for.behalf(message, wish, {"李雷": (LI, OTHER)}, POLICY).certain


def test_a_listed_agent_s_alias_finds_the_agent() -> None:
    agents = {"bob@corp.example": Agent("bob@corp.example", "Bob", ("service_desk",), aliases=("robert@corp.example",))}
    policy = replace(POLICY, agents=agents)
    (bob,) = reported_for.people(reported_for.read("robert@corp.example"), {}, policy)[0]
    assert bob.address == "bob@corp.example"
