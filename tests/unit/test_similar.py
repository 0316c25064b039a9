"""Similar solved tickets: what is found, what is not, and that the index is the same however it came to be."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maild.model import Solved
from maild.workflow.similar import FOUND, QUERY_TERMS, Experience, Index, ranked
from maild.workflow.terms import stem, terms_of

SOLVED = (
    ("三楼打印机卡纸", "打印机一直卡纸，面板提示 E3-7", "更换搓纸轮"),
    ("无线网密码忘了", "忘记会议室无线网的密码", "告知自助重置页面"),
    ("outlook 打不开", "打开 outlook 提示 ost 文件错误", "重建 ost 文件"),
    ("VPN 连不上", "在家连 VPN 一直报错误 809", "路由器放行 UDP 500 和 4500"),
    ("电脑开机蓝屏", "开机蓝屏 0x0000007b，无法进入系统", "BIOS 硬盘模式改回 AHCI"),
    ("域账号被锁", "输错密码，域账号被锁定", "已解锁"),
    ("The printer prints blank pages", "Each page is blank since the toner was replaced", "Removed the seal"),
    ("Outlook crashes at start", "Outlook crashes with an error about the profile", "Created a new profile"),
    ("Mailbox is full", "I cannot send, the mailbox quota is exceeded", "Archive switched on"),
    ("Request for a second monitor", "Please provide a second monitor", "Handed out at the desk"),
    ("Shared drive not accessible", "No permission for the folder of the finance team", "Added to the group"),
    ("Laptop battery drains", "The laptop battery is empty after an hour", "Battery replaced"),
)  # fmt: skip

FINDS = (
    ("五楼打印机又卡纸了", "取出来又卡", 1),
    ("会议室的 WiFi 密码是什么", "忘了 WiFi 的密码，请帮忙找回", 2),
    ("Outlook启动不了", "提示 ost 文件有错误", 3),
    ("在家用不了VPN", "错误 809，无法连接", 4),
    ("蓝屏", "电脑开机就蓝屏，代码 0x0000007B", 5),
    ("帳號被鎖", "账号锁定，请解锁，密码输错了", 6),
    ("printing only blank pages", "after replacing the toner the printer prints nothing", 7),
    ("outlook keeps crashing", "it crashed again: profile error", 8),
    ("mailbox full", "quota exceeded, sending fails", 9),
    ("Another monitor", "could I get a second display for my desk", 10),
    ("No access to shared folder", "permissions on the finance folder", 11),
    ("battery", "my laptop's batteries drain too fast", 12),
)

SILENT = (
    ("", ""),
    ("Hello", "please help, it does not work"),
    ("您好", "请问这个问题怎么处理，谢谢"),
    ("投影仪没有声音", "会议室投影仪有图像没有声音"),
    ("New colleague on Monday", "he starts in the sales department"),
    ("1234567", "????? !!!!!"),
)


def experience(number: int, title: str, report: str = "", solution: str = "", **more: bool) -> Experience:
    return Experience(Solved(number, title), report, solution, **more)


def index(*, of: tuple[tuple[str, str, str], ...] = SOLVED) -> Index:
    made = Index()
    for number, (title, report, solution) in enumerate(of, 1):
        made.put(experience(number, title, report, solution))
    return made


@pytest.mark.parametrize(("subject", "text", "first"), FINDS, ids=[each[0] for each in FINDS])
def test_a_report_like_a_solved_one_finds_it_first(subject: str, text: str, first: int) -> None:
    found = index().search(f"{subject}\n{text}")
    assert [each.ticket for each in found][:1] == [first]


@pytest.mark.parametrize(("subject", "text"), SILENT)
def test_where_nothing_is_alike_nothing_is_shown(subject: str, text: str) -> None:
    assert index().search(f"{subject}\n{text}") == ()


def test_a_chinese_report_finds_what_was_solved_in_english() -> None:
    found = index().search("打印机打印出来全是空白\n换了碳粉 toner 之后打印 blank 页")
    assert 7 in {each.ticket for each in found}


def test_an_empty_index_finds_nothing() -> None:
    assert Index().search("打印机卡纸\n") == ()


def test_a_low_rating_and_silence_lower_the_rank() -> None:
    made = Index()
    made.put(experience(1, "VPN error 809", "the VPN reports error 809", "call us"))
    made.put(experience(2, "VPN error 809", "the VPN reports error 809", "open the ports", poor=True))
    made.put(experience(3, "VPN error 809", "the VPN reports error 809", "change the router", confirmed=False))
    assert [each.ticket for each in made.search("VPN error 809\n")] == [1, 3, 2]


def test_the_children_of_a_mass_incident_show_as_one() -> None:
    made = Index()
    for number in range(1, 30):
        made.put(experience(number, f"OA 打不开 {number}", "OA 系统打不开，提示 500", "已重启 OA 服务"))
    made.put(experience(30, "OA 打不开", "OA 系统打不开，提示 500", "清除浏览器缓存"))
    assert len(made.search("OA 打不开\nOA 打不开，提示 500")) == 2


def test_a_later_solution_of_the_same_ticket_replaces_it() -> None:
    made = index()
    made.put(experience(1, "VPN 证书过期", "VPN 提示证书过期", "换发证书"))
    assert made.search("打印机卡纸\n提示 E3-7") == ()
    assert made.search("VPN 证书过期\n")[0].ticket == 1
    assert len(made) == len(SOLVED)


def test_only_what_is_allowed_is_found() -> None:
    made = index()
    assert made.search("打印机卡纸\n提示 E3-7", lambda solved: solved.ticket != 1) == ()


def test_at_most_twelve_terms_are_looked_up() -> None:
    made = index()
    every = " ".join(" ".join(row) for row in SOLVED)
    assert len(made._asked(f"{every}\n{every}")) == QUERY_TERMS


def test_the_order_is_total_the_newer_first() -> None:
    made = Index()
    numbers = list(range(1, 10))
    random.Random(4).shuffle(numbers)
    for number in numbers:
        made.put(experience(number, "VPN error 809", solution=f"way {number}"))
    assert [each.ticket for each in made.search("VPN error 809\n")] == [9, 8, 7, 6, 5, 4]


def test_the_same_category_tells_near_equals_apart_and_no_more() -> None:
    near = (Solved(1, "a", "network", score=10.0), Solved(2, "b", "software", score=9.5), Solved(3, "c", score=5.0))
    assert [each.ticket for each in ranked(near, "software")] == [2, 1, 3]
    assert [each.ticket for each in ranked(near, "network")] == [1, 2, 3]
    assert [each.ticket for each in ranked(reversed(near), "data")] == [1, 2, 3]


_WORDS = st.sampled_from(
    "打印机卡纸 无线网 密码 VPN outlook 蓝屏 e3-7 printer toner access folder 打不开 的 please".split()
)
_TEXTS = st.lists(_WORDS, max_size=8).map(" ".join)
_STEPS = st.lists(st.tuples(st.integers(1, 12), st.one_of(st.none(), st.tuples(_TEXTS, _TEXTS))), max_size=40)


@given(_STEPS, _TEXTS)
def test_an_index_changed_step_by_step_is_the_one_built_at_once(
    steps: list[tuple[int, tuple[str, str] | None]], report: str
) -> None:
    grown = Index()
    last: dict[int, tuple[str, str]] = {}
    for number, row in steps:
        if row is None:
            grown.drop(number)
            last.pop(number, None)
        else:
            grown.put(experience(number, *row))
            last[number] = row
    built = Index()
    for number, row in sorted(last.items(), reverse=True):
        built.put(experience(number, *row))
    assert len(grown) == len(built) == len(last)
    assert grown._weights == built._weights
    assert grown.search(report) == built.search(report) == grown.search(report)


@given(st.text(), st.text(), st.text())
def test_no_text_is_too_strange(title: str, report: str, asked: str) -> None:
    made = index()
    made.put(experience(99, title, report, report))
    found = made.search(f"{asked}\n{title}")
    assert len(found) <= FOUND
    assert len({each.ticket for each in found}) == len(found)
    made.drop(99)
    assert made._weights == index()._weights


@pytest.mark.parametrize(
    "words",
    [
        ("print", "prints", "printed", "printing", "printer", "printers"),
        ("crash", "crashes", "crashed", "crashing"),
        ("stop", "stops", "stopped", "stopping"),
        ("battery", "batteries"),
        ("install", "installs", "installed", "installing"),
        ("archive", "archives", "archived", "archiving"),
    ],
)
def test_forms_of_a_word_are_one_term(words: tuple[str, ...]) -> None:
    assert len({tuple(terms_of(word)) for word in words}) == 1


@pytest.mark.parametrize("word", ["e3-7", "0x80070005", "kb5034441", "ost", "vpn", "bus", "glass", "王"])
def test_codes_and_short_words_keep_their_form(word: str) -> None:
    assert stem(word) == word


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("打印机卡纸", ["@printer", "@jam", "打印", "印机", "机卡", "卡纸"]),
        ("登陆不上", ["@login", "登录", "录不"]),
        ("ＷｉＦｉ", ["@wifi"]),
        ("提示 E3-7", ["e3-7", "e3"]),
        ("please help me with the", []),
        ("C:\\temp\\very-long-path-that-nobody-else-has.txt", None),
    ],
)
def test_terms(text: str, terms: list[str] | None) -> None:
    found = terms_of(text)
    if terms is None:
        assert all(len(term) <= 24 for term in found)
    else:
        assert sorted(found) == sorted(terms)
