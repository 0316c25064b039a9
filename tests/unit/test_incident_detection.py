"""What makes a mass incident, as tables; and a simulated day."""

from datetime import UTC, datetime, timedelta

import pytest

from bench.day import OPENS, day
from bench.incidents import simulate
from maild.model import IncidentRules, Report, Signature, Ticket
from maild.workflow.incident_child import objects
from maild.workflow.incident_words import words_of
from maild.workflow.incidents import JOINS, Recent, match, tail, title_of

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
RULES = IncidentRules()

VPN = (
    ("VPN连不上", "从早上开始就这样"),
    ("Can't work from home", "unable to connect to the VPN"),
    ("vpn掉线", "连上几秒就断开"),
    ("remote access", "AnyConnect connection failed"),
    ("VPN 报错", "提示连接超时"),
    ("求助", "在家办公 VPN 无法连接"),
)


def report(number: int, subject: str, text: str = "", person: str = "?", minutes: float = 0, **more: object) -> Report:
    who = f"p{number}" if person == "?" else person
    at = NOW - timedelta(minutes=minutes)
    return Report(ticket=number, at=at, person=who, words=words_of(subject, text), **more)  # type: ignore[arg-type]


def recent(*reports: Report) -> Recent:
    made = Recent()
    for each in reports:
        made.add(each)
    return made


def vpn(count: int = 5, minutes: float = 10, first: int = 1, **more: object) -> list[Report]:
    return [report(first + n, *VPN[n % len(VPN)], minutes=minutes - n, **more) for n in range(count)]  # type: ignore[arg-type]


def found_in(*reports: Report, taken: frozenset[int] = frozenset(), rules: IncidentRules = RULES) -> list[list[int]]:
    known = recent(*reports)
    return [list(one.reports) for one in known.found([each.ticket for each in reports], taken, NOW, rules)]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("VPN连不上", {"=vpn", "=connect"}),
        ("cannot connect to the VPN", {"=vpn", "=connect"}),
        ("Ｖ Ｐ Ｎ times out", {"=connect"}),
        ("收不到邮件", {"=mail", "=receive"}),
        ("I have not received any email", {"=mail", "=receive"}),
        ("ERP 太卡了", {"erp", "=slow"}),
        ("The ERP is extremely slow", {"erp", "=slow"}),
        ("共享盘打不开", {"=share", "=open"}),
        ("the shared drive does not open", {"=share", "=open"}),
        ("无线断了，wifi down", {"=wifi", "=connect", "=down"}),
    ],
)
def test_what_is_said_in_many_ways_and_two_languages_becomes_the_same_words(said: str, words: set[str]) -> None:
    assert words <= words_of(said, "")


@pytest.mark.parametrize("said", ["maildrop", "slowly? no: allowance", "printable"])
def test_an_english_word_counts_as_a_whole_one_only(said: str) -> None:
    assert not {"=mail", "=send"} & words_of(said, "")


def test_a_long_or_hostile_text_is_cut_and_costs_little() -> None:
    assert len(words_of("x" * 100_000, "not " * 100_000 + "connection " * 100_000)) < 60
    assert words_of("", "") == frozenset()


@pytest.mark.parametrize(
    ("reports", "count"),
    [
        (vpn(5), 1),
        (vpn(4), 0),
        # One person with five reports is one person, and strangers are nobody.
        (vpn(5, person="li.lei"), 0),
        (vpn(5, person=""), 0),
        ([*vpn(4), report(5, *VPN[4], person="")], 0),
        # Spread over a day they are no incident.
        ([report(n, *VPN[n % 6], minutes=90 * n) for n in range(1, 7)], 0),
        # Five people about five things.
        (
            [
                report(1, "VPN连不上"),
                report(2, "打印机卡纸"),
                report(3, "ERP很慢"),
                report(4, "Outlook"),
                report(5, "wifi"),
            ],
            0,
        ),
    ],
)
def test_it_takes_five_different_people_within_the_window(reports: list[Report], count: int) -> None:
    assert len(found_in(*reports)) == count


def test_everyday_reports_need_more_people_than_rare_ones() -> None:
    passwords = [report(1000 + n, "忘记密码", "密码忘了登录不了，请重置", minutes=100 + 9 * n) for n in range(150)]
    others = [report(2000 + n, f"工位{n}的事", f"第{n}件", minutes=100 + 3 * n) for n in range(450)]
    today = [report(n, "忘记密码", "密码忘了登录不了，请重置", minutes=n) for n in range(1, 9)]
    noise = [report(100 + n, f"别的{n}", "", minutes=n) for n in range(20)]
    assert found_in(*passwords, *others, *noise, *today) == []
    outage = vpn(6, first=50)
    assert [set(one) for one in found_in(*passwords, *others, *noise, *today, *outage)] == [{50, 51, 52, 53, 54, 55}]
    # Fifty within the hour are no ordinary Monday any more.
    flood = [report(300 + n, "忘记密码", "密码忘了登录不了，请重置", minutes=n) for n in range(50)]
    assert len(found_in(*passwords, *others, *noise, *flood)) == 1


def test_reports_that_belong_to_a_known_incident_make_no_second_one() -> None:
    assert found_in(*vpn(6), taken=frozenset(range(1, 7))) == []


def test_fewer_people_or_another_window_by_the_rules() -> None:
    assert len(found_in(*vpn(3), rules=IncidentRules(people=3))) == 1
    late = [report(n, *VPN[n % 6], minutes=70) for n in range(1, 7)]
    assert found_in(*late) == []
    assert len(found_in(*late, rules=IncidentRules(window=timedelta(hours=2)))) == 1


def test_category_team_and_restriction_are_those_of_its_reports() -> None:
    reports = [report(n, *VPN[n % 6], category="network", team="net", restricted=n == 3) for n in range(1, 7)]
    (found,) = recent(*reports).found([6], frozenset(), NOW, RULES)
    assert (found.category, found.team, found.restricted, found.people) == ("network", "net", True, 6)


def test_the_title_holds_nothing_of_a_single_person() -> None:
    reports = [report(n, *VPN[n % 6]) for n in range(1, 6)] + [report(6, "Karla's VPN", "cannot connect, ext 4711")]
    title = title_of(reports, "=vpn")
    assert (title.en, title.zh) == ("VPN: cannot connect", "VPN：连不上")
    two = [report(1, "Karla VPN"), report(2, "Karla VPN"), *(report(n, "VPN") for n in range(3, 6))]
    assert "karla" not in title_of(two, "=vpn").en.lower()


@pytest.mark.parametrize(
    ("subject", "text", "joins"),
    [
        ("VPN掉线怎么办", "在家一直连接超时", True),
        ("VPN", "the tunnel times out", True),
        ("申请VPN权限", "下周出差，请开通", False),
        ("Please install the VPN client", "on my new laptop PC-1234", False),
        ("WiFi连不上", "三楼无线断了", False),
        ("打印机连接不上", "打印机连不上电脑", False),
        ("", "", False),
    ],
)
def test_a_later_report_joins_only_if_it_names_the_thing_and_what_is_wrong(
    subject: str, text: str, joins: bool
) -> None:
    (found,) = recent(*vpn(6)).found([1], frozenset(), NOW, RULES)
    assert (match(words_of(subject, text), found.known_by) >= JOINS) == joins


def test_nothing_is_known_by_an_empty_signature() -> None:
    assert match(words_of("VPN", "连不上"), Signature()) == 0.0


def test_what_reports_of_an_incident_by_hand_have_in_common_tells_further_ones() -> None:
    known = recent(*vpn(3), report(9, "打印机卡纸"))
    by = known.known_by([1, 2, 3], NOW, RULES)
    assert by.anchor == "=vpn" and match(words_of("VPN", "掉线"), by) >= JOINS
    assert known.known_by([1, 9], NOW, RULES) == Signature()


def test_only_the_newest_are_remembered() -> None:
    known = Recent(limit=10)
    for n in range(30):
        known.add(report(n, f"word{n} VPN"))
    assert len(known) == 10 and 19 not in known and 20 in known and known.with_all({"=vpn"}) == set(range(20, 30))


@pytest.mark.parametrize(("n", "expected", "low", "high"), [(0, 1, 1, 1), (1, 1, 0.5, 0.7), (5, 0.1, 1e-8, 1e-6)])
def test_how_unlikely_a_number_of_people_is(n: int, expected: float, low: float, high: float) -> None:
    assert low <= tail(n, expected) <= high
    assert tail(n + 1, expected) < tail(n, expected) + 1e-12
    assert tail(500, 0.5) >= 0


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("不是同一个问题，我这边只是打印机", True),
        ("这不是一回事", True),
        ("我的是另一个问题", True),
        ("It is not the same problem.", True),
        ("mine is a different issue", True),
        ("This has nothing to do with the outage", True),
        ("同样的问题", False),
        ("same problem here", False),
        ("好了，谢谢", False),
        ("Thanks. Later in this mail, " + "x" * 300 + " not the same problem", False),
    ],
)
def test_who_says_that_theirs_is_another_problem(text: str, yes: bool) -> None:
    child = Ticket(id=2, parent=1)
    assert objects(child, "", text) == yes
    assert not objects(Ticket(id=2), "different", text)
    assert objects(child, "different", text)
    assert not objects(Ticket(id=2, parent=1, state="closed"), "different", text)


@pytest.mark.parametrize("seed", [3, 8])
def test_a_simulated_day_has_its_three_incidents_found_and_no_more_than_one_that_is_none(seed: int) -> None:
    """The whole figures: `python -m bench.incidents`."""
    before = day(seed + 1000, 1000, None, OPENS - timedelta(days=3), incidents=0)
    figures = simulate(day(seed, 1000), before)
    assert figures.good, (figures.delays, figures.false)
    assert figures.joined >= 0.85 * figures.later and figures.wrongly <= 0.02 * figures.ordinary
