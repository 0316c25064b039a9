"""A directory in CSV: what Excel and HR systems write, in Chinese and English."""

from pathlib import Path

import pytest

from maild.directory.failure import DirectoryError
from maild.directory.roll import Roll
from maild.directory.table import read_table
from maild.model import Person

ZH = (
    "工号,姓名,部门,分机,手机,邮箱,别名,直属上级,语言,时区,是否VIP,共享邮箱,办公位置\r\n"
    "1001,李雷,财务部,8123,13800001111,Li.Lei@corp.example,lily@corp.example；ll@corp.example,韩梅梅,中文,Asia/Shanghai,,,3楼302\r\n"
    "1002,韩梅梅,财务部,,13900002222,han.mei@corp.example,,,中文,,是,,\r\n"
    "1003,财务公共邮箱,财务部,,,finance@corp.example,,1002,,,,是,\r\n"
)
LI_LEI = Person(
    key="1001",
    addresses=("li.lei@corp.example", "lily@corp.example", "ll@corp.example"),
    name="李雷",
    department="财务部",
    phone="8123",
    location="3楼302",
    manager="han.mei@corp.example",
    language="zh-CN",
    zone="Asia/Shanghai",
)


def read(folder: Path, raw: bytes) -> Roll:
    path = folder / "people.csv"
    path.write_bytes(raw)
    return read_table(path)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(ZH.encode("gbk"), id="GBK, as Excel in China writes CSV"),
        pytest.param(ZH.encode("utf-8-sig"), id="UTF-8 with BOM"),
        pytest.param(ZH.encode(), id="UTF-8"),
        pytest.param(ZH.replace(",", "\t").encode("utf-16"), id="UTF-16 with tabs: Excel's Unicode text"),
        pytest.param(ZH.replace(",", ";").replace("\r\n", "\n").encode("gb18030"), id="semicolons"),
        pytest.param(("员工通讯录 2026年\r\n\r\n" + ZH).encode("gbk"), id="a title above the headings"),
    ],
)
def test_a_chinese_table_is_read_however_it_is_written(tmp_path: Path, raw: bytes) -> None:
    roll = read(tmp_path, raw)
    assert roll.people[0] == LI_LEI
    han, finance = roll.people[1:]
    assert (han.vip, han.phone, han.manager) == (True, "13900002222", "")
    assert (finance.shared, finance.manager) == (True, "han.mei@corp.example")
    assert roll.notes == ()


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        pytest.param(
            'Name,E-Mail,Department,Phone/Extension,Manager\n"Doe, Jane",jane@corp.example,Finance,x1234,\n',
            Person(
                key="jane@corp.example", addresses=("jane@corp.example",), name="Doe, Jane", department="Finance",
                phone="x1234",
            ),
            id="quoted, with the name turned round",
        ),
        pytest.param(
            "GivenName;Surname;EmailAddress;proxyAddresses;Manager;OfficePhone\n"
            "Jane;Doe;jane@corp.example;smtp:jd@corp.example SMTP:jane@corp.example X500:/o=x;"
            '"CN=Jane Doe,OU=Finance,DC=corp";555-0100\n',
            Person(
                key="jane@corp.example", addresses=("jane@corp.example", "jd@corp.example"), name="Jane Doe",
                phone="555-0100", manager="jane@corp.example",
            ),
            id="an export of Active Directory",
        ),
        pytest.param(
            "姓,名,邮箱（公司）,首选语言,时区\n王,小明,wang@corp.example,en-US,Europe/Berlin\n",
            Person(
                key="wang@corp.example", addresses=("wang@corp.example",), name="王小明", language="en",
                zone="Europe/Berlin",
            ),
            id="family name and given name apart, a note behind the heading",
        ),
    ],
)  # fmt: skip
def test_english_and_mixed_tables(tmp_path: Path, table: str, expected: Person) -> None:
    assert read(tmp_path, table.encode("utf-8")).people == (expected,)


def test_what_cannot_be_used_is_named_and_the_rest_is_used(tmp_path: Path) -> None:
    table = (
        "工号,姓名,邮箱,主管,时区\n"
        "1,李雷,li@corp.example,没有这个人,北京\n"
        "2,王芳,没有,,\n"
        ",,,,\n"
        "3,赵敏,li@corp.example;zhao@corp.example,,\n"
        "3,钱七,qian@corp.example,,\n"
    )
    roll = read(tmp_path, table.encode())
    assert [each.addresses for each in roll.people] == [("li@corp.example",), ("zhao@corp.example",)]
    assert roll.notes == (
        "北京: is no time zone; write it like Asia/Shanghai",
        "row 3: has no address that mail could come from",
        "li@corp.example: stands with two people, the first one keeps it",
        "3: used for two people, the second one left out",
        "没有这个人: is named as a manager and is nobody in the directory, or several",
    )


def test_two_people_of_one_name_are_nobody_s_manager(tmp_path: Path) -> None:
    table = "name,email,manager\nLi Na,a@corp.example,\nLi Na,b@corp.example,\nTom,tom@corp.example,Li Na\n"
    assert [each.manager for each in read(tmp_path, table.encode()).people] == ["", "", ""]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        pytest.param("姓名,部门\n李雷,财务部\n".encode(), "no column of addresses", id="no addresses"),
        pytest.param(b"", "no column of addresses", id="empty"),
        pytest.param(b"\xff\xfe\x00", "neither UTF-8 nor GBK", id="broken UTF-16"),
        pytest.param(b"name,email\n\xff\xff\xff,a@b.example\n", "neither UTF-8 nor GBK", id="no charset"),
    ],
)
def test_a_file_that_is_no_such_table_is_refused_with_a_remedy(tmp_path: Path, raw: bytes, words: str) -> None:
    with pytest.raises(DirectoryError, match=words) as caught:
        read(tmp_path, raw)
    assert "email" in caught.value.remedy and caught.value.in_files


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DirectoryError, match="cannot read"):
        read_table(tmp_path / "nowhere.csv")
