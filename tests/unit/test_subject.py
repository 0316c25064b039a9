"""Subjects are the same for a ticket's life, whatever stood in front of the first one."""

from dataclasses import replace

import pytest

from maild.model import Address, Audience, Desk, Mail, Policy, Words
from maild.outbound import samples
from maild.outbound.subject import bare_subject, subject_for

POLICY = Policy(
    desk=Desk(name=Words("IT Service Desk", "IT服务台"), address="it@corp.example", former_prefixes=("HELP",))
)


def letter(template: str = "requester/acknowledged", language: str = "zh-CN", subject: str = "") -> Mail:
    audiences: tuple[Audience, ...] = ("requester", "agent", "stranger", "admin")
    audience = next(one for one in audiences if template.startswith(one))
    return Mail(template=template, to=Address("a@b.example"), audience=audience, language=language, subject=subject)


@pytest.mark.parametrize(
    ("given", "bare"),
    [
        ("打印机卡纸", "打印机卡纸"),
        ("Re: RE: 回复: 回复： 答复: 转发： Fw: AW: SV: 打印机卡纸", "打印机卡纸"),
        ("回复：[IT-12] 打印机卡纸", "打印机卡纸"),
        ("Re: [IT-12] Fwd: [it-12] Printer jams", "Printer jams"),
        ("Ｒｅ：【IT－１２】打印机", "打印机"),
        ("【HELP-7】旧编号", "旧编号"),
        ("【外部】Re[2]: [EXTERNAL] Printer", "Printer"),
        ("Re(3)：  VPN", "VPN"),
        ("[JIRA-12] not our tag", "[JIRA-12] not our tag"),
        ("Ready: no prefix", "Ready: no prefix"),
        ("报表（第二版）：打不开！", "报表（第二版）：打不开！"),
        ("Re: Re: ", ""),
        ("a\r\nBcc: evil@x.example\x00\u202e", "a Bcc: evil@x.example"),
    ],
)
def test_prefixes_banners_and_tags_are_stripped_and_nothing_else(given: str, bare: str) -> None:
    assert bare_subject(given, POLICY) == bare


def test_a_subject_of_a_thousand_prefixes_ends_and_a_long_one_is_cut_at_120_characters() -> None:
    assert len(bare_subject("Re: " * 1000 + "x", POLICY)) <= 120
    assert bare_subject("字" * 500, POLICY) == "字" * 120


@pytest.mark.parametrize("template", ["requester/acknowledged", "requester/closed", "agent/new_ticket", "agent/note"])
@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_requester_and_agents_get_the_ticket_s_own_subject_in_every_letter(template: str, language: str) -> None:
    ticket = replace(samples.ticket(), subject="转发：[IT-3] 打印机卡纸")
    assert subject_for(letter(template, language), ticket, POLICY) == "Re: [IT-1042] 打印机卡纸"


def test_a_ticket_without_a_subject_gets_words_of_its_own_language_for_every_reader() -> None:
    ticket = replace(samples.ticket("en"), subject="Re:")
    assert subject_for(letter(language="zh-CN"), ticket, POLICY) == "Re: [IT-1042] (no subject)"


def test_a_stranger_s_subject_is_fixed_and_repeats_no_word_of_theirs() -> None:
    one = subject_for(letter("stranger/received", "en"), replace(samples.ticket(), subject="buy now"), POLICY)
    assert one == "[IT-1042] Received"
    assert subject_for(letter("stranger/received", "en"), None, POLICY) == "Received"


def test_admin_mails_bring_their_own_subject_or_the_desk_s_name() -> None:
    assert subject_for(letter("admin/alarm", subject="maild:\nalarm"), None, POLICY) == "maild: alarm"
    assert subject_for(letter("admin/alarm"), None, POLICY) == "IT服务台"
