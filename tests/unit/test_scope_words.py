"""Answers to "this is not an IT matter": in doubt it is an objection, and a person looks."""

import pytest

from maild.workflow.scope_words import accepts

ACCEPTS: tuple[str, ...] = (
    "好的，我去找行政",
    "知道了，谢谢",
    "明白了",
    "谢谢告知，我联系物业",
    "收到，我问一下人事",
    "不好意思打扰了",
    "我已经联系行政部了",
    "好的",
    "OK",
    "Okay, I will contact Facilities.",
    "Understood, thanks",
    "Thanks, I'll ask HR.",
    "Got it.",
    "My mistake, sorry",
    "I see, thank you",
    "noted, I'll call them",
    "好的，发错了",
    "谢谢，我去找财务",
    "ok will do",
    "Makes sense, I will write to Finance",
    "了解了，谢谢指引",
)
OBJECTS: tuple[str, ...] = (
    "这是机房的空调，服务器温度已经报警了，归你们管。",
    "不对，行政说这个归IT",
    "行政让我找你们",
    "但是报销系统打不开啊",
    "这个不是行政的事",
    "空调是机房的",
    "我觉得应该是IT负责",
    "为什么不归你们管？",
    "那我该找谁？",
    "It is the server room's air conditioning, so it is yours.",
    "But Facilities told me to ask you",
    "This is not about leave, the system shows an error",
    "Facilities sent me to you",
    "I disagree",
    "Please look again",
    "Why is that?",
    "You misunderstood me: I cannot log in to the expense system",
    "Thanks, but that is not what I meant",
    "好的，但是他们说找IT",
    "请帮忙再看看",
    "他们不管",
    "No.",
    "不是空调坏了，是空调的控制软件坏了",
    "The heating is controlled by a computer here",
    "Who can help then?",
    "Could you please forward it to them?",
    "那边电话没人接",
    "麻烦你们转一下",
)


@pytest.mark.parametrize("text", ACCEPTS)
def test_an_answer_that_accepts_it(text: str) -> None:
    assert accepts(text)


@pytest.mark.parametrize("text", OBJECTS)
def test_an_answer_that_objects(text: str) -> None:
    assert not accepts(text)
