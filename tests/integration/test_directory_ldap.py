"""A directory by LDAP from a real slapd: pages, certificates, refusals, outages; taken over into both databases."""

from __future__ import annotations

import gc
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from maild.directory.directory_ldap import Ldap, read_ldap
from maild.directory.failure import DirectoryError
from maild.directory.takeover import take_over
from maild.store import migrate, people_directory
from maild.store.engine import open_engine
from tests import servers, slapd
from tests.conftest import need

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
ATTRIBUTES = {
    "addresses": ("mail", "proxyAddresses"),
    "name": ("displayName", "cn"),
    "department": ("department", "departmentNumber"),
    "phone": ("telephoneNumber", "mobile"),
    "location": ("roomNumber",),
    "manager": ("manager",),
    "language": ("preferredLanguage",),
    "zone": (),
}
SOME = [
    slapd.person(
        "li.lei", "李雷", "财务部", telephoneNumber="8123", roomNumber="3楼302", preferredLanguage="zh-CN",
        manager=f"uid=han.mei,{slapd.PEOPLE}", mail=("li.lei@corp.example", "Lily@corp.example"),
    ),
    slapd.person("han.mei", "韩梅梅", "财务部", employeeType="vip", preferredLanguage="de-DE, en;q=0.8"),
    slapd.person("finance", "财务部公共邮箱", employeeType="shared"),
    slapd.person("nobody", "No Mail", mail="not an address"),
]  # fmt: skip
MANY = [slapd.person(f"person{n}", f"Person {n}", "Sales") for n in range(1000)]


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory, certificates: servers.Certificates) -> Iterator[slapd.Slapd]:
    need("slapd", "slapd")
    folder = tmp_path_factory.mktemp("slapd")
    with slapd.Slapd(folder, certificates.make("localhost"), limit=200, people=[*SOME, *MANY]) as server:
        yield server


@pytest.fixture
def source(directory: slapd.Slapd, certificates: servers.Certificates) -> Ldap:
    return Ldap(
        host="localhost",
        port=directory.tls_port,
        security="tls",
        login=slapd.READER,
        password=lambda: slapd.PASSWORD,
        base=slapd.PEOPLE,
        filter="(mail=*)",
        attributes=ATTRIBUTES,
        vip="(employeeType=vip)",
        shared="(employeeType=shared)",
        page=150,
        ca_file=str(certificates.ca),
        timeout_s=5,
    )


def refused(source: Ldap) -> DirectoryError:
    with pytest.raises(DirectoryError) as caught:
        read_ldap(source)
    assert caught.value.remedy
    return caught.value


def test_a_thousand_people_come_page_by_page_beyond_the_server_s_limit(source: Ldap) -> None:
    roll = read_ldap(source)
    assert len(roll.people) == 1003
    assert roll.notes == (f"uid=nobody,{slapd.PEOPLE}: has no address that mail could come from",)
    people = {each.address: each for each in roll.people}
    li_lei = people["li.lei@corp.example"]
    assert (li_lei.name, li_lei.department, li_lei.phone, li_lei.location) == ("李雷", "财务部", "8123", "3楼302")
    assert li_lei.addresses == ("li.lei@corp.example", "lily@corp.example")
    assert (li_lei.manager, li_lei.language, li_lei.vip) == ("han.mei@corp.example", "zh-CN", False)
    assert people["han.mei@corp.example"].vip and people["han.mei@corp.example"].language == "en"
    assert people["finance@corp.example"].shared and not li_lei.shared
    # What it is called by stays when somebody is renamed: the entry's own id.
    assert len(li_lei.key) == 36 and len({each.key for each in roll.people}) == 1003


def test_starttls_is_as_good_and_plain_text_works_on_this_machine(source: Ldap, directory: slapd.Slapd) -> None:
    few = replace(source, filter="(uid=li.lei)", port=directory.port)
    assert len(read_ldap(replace(few, security="starttls")).people) == 1
    assert len(read_ldap(replace(few, security="none")).people) == 1


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_that_nobody_we_know_has_signed_is_refused(
    source: Ldap, directory: slapd.Slapd, security: str
) -> None:
    port = directory.tls_port if security == "tls" else directory.port
    error = refused(replace(source, ca_file="", security=security, port=port))  # type: ignore[arg-type]  # parametrised
    assert "certificate" in str(error).lower() and "tls_ca" in error.remedy


# ldap3 forgets the encrypted socket of a host that it refuses; it is gone with the last word about it, here.
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_certificate_for_another_host_is_refused(source: Ldap, directory: slapd.Slapd, security: str) -> None:
    port = directory.tls_port if security == "tls" else directory.port
    error = refused(replace(source, host="127.0.0.1", security=security, port=port))  # type: ignore[arg-type]  # ditto
    assert "127.0.0.1" in str(error) and "host" in error.remedy
    del error
    gc.collect()


def test_a_wrong_password_is_told_with_its_remedy_and_never_shown(source: Ldap) -> None:
    error = refused(replace(source, password=lambda: "wrong one"))
    assert "refuses the login (49" in str(error) and "password_from" in error.remedy and "wrong one" not in str(error)


def test_an_empty_password_is_no_login_as_nobody(source: Ldap) -> None:
    error = refused(replace(source, password=lambda: ""))
    assert "is empty" in str(error) and error.in_files


def test_a_place_that_does_not_exist_and_a_filter_that_is_none(source: Ldap) -> None:
    assert "no such place (32" in str(refused(replace(source, base="ou=nowhere,dc=corp,dc=example")))
    assert refused(replace(source, filter="(mail=*")).in_files


def test_a_search_that_breaks_off_is_no_shorter_directory(source: Ldap) -> None:
    error = refused(replace(source, page=1000))
    assert "gives no more entries" in str(error) and "page" in error.remedy


def test_a_server_that_is_away_and_one_that_says_nothing(source: Ldap, tmp_path: Path) -> None:
    away = refused(replace(source, port=servers.free_port(), timeout_s=1))
    assert "localhost" in str(away) and "port" in away.remedy
    # It takes the connection and never answers.
    with socket.create_server(("127.0.0.1", 0)) as silent:
        refused(replace(source, port=silent.getsockname()[1], security="none", timeout_s=0.5))


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_everybody_is_taken_over_and_whoever_leaves_goes(
    source: Ldap, kind: str, tmp_path: Path, postgres: servers.Postgres
) -> None:
    url = f"sqlite:///{tmp_path / 'desk.db'}" if kind == "sqlite" else postgres.database()
    engine = open_engine(url)
    try:
        migrate.upgrade(engine)
        roll = read_ldap(source)
        with engine.begin() as connection:
            taken = take_over(connection, roll, "ldap", 0.2, NOW)
            assert (taken.came, taken.there, people_directory.count(connection)) == (1003, 1003, 1003)
            again = take_over(connection, roll, "ldap", 0.2, NOW + timedelta(hours=1))
            assert (again.came, again.changed, again.went) == (0, 0, 0)
            fewer = replace(roll, people=roll.people[:900])
            assert take_over(connection, fewer, "ldap", 0.2, NOW).went == 103
            found = people_directory.person_of(connection, "lily@corp.example")
            assert found is not None and found[0].name == "李雷"
    finally:
        engine.dispose()
