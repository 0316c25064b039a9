"""What a requester answers to "this is not an IT matter": they accept it, or they object (PRODUCT §3.2)."""

import re

from maild.workflow.wordfinder import WordFinder, normalise

# They go elsewhere, or say that they have understood.
_ACCEPTS = (
    "我去找", "我找", "我会找", "我来找", "我会联系", "我联系", "我去联系", "去联系", "会去问", "我去问", "我问问",
    "我问一下",
    "已联系", "已经联系", "已经找", "转给他们", "转给行政", "转给人事", "知道了", "明白了", "明白", "了解了",
    "好的", "收到",
    "原来如此", "谢谢告知", "谢谢提醒", "谢谢指引", "多谢指引", "不好意思", "打扰了", "抱歉打扰", "找错人了", "发错了",
    "i will contact", "i'll contact", "i will ask", "i'll ask", "i will call", "i'll call", "i will turn to",
    "i'll turn to", "i will write to", "i'll write to", "i have contacted", "i contacted", "i'll check with",
    "i will check with", "understood", "got it", "i see", "makes sense", "will do", "noted", "my mistake",
    "wrong address",
    "sorry for the trouble", "sorry to bother", "ok", "okay", "thanks", "thank you", "谢谢", "fair enough",
)  # fmt: skip
_OBJECTS = (
    "不是", "不对", "不归", "归你们", "归it", "是it", "属于it", "应该是", "应该由", "误会", "搞错", "弄错",
    "理解错", "但",
    "可是", "不过", "还是", "不同意", "为什么", "怎么", "他们说", "让我找", "叫我找", "要我找", "推", "系统", "报错",
    "网络", "电脑", "服务器", "机房", "软件", "打不开", "登录", "账号", "权限", "请帮", "麻烦", "请再", "能不能",
    "可以帮",
    "not an", "not a", "isn't", "is not", "it is an it", "it's an it", "but", "however", "misunderstood",
    "misunderstanding", "wrong", "disagree", "object", "actually", "your job", "your responsibility", "sent me to you",
    "told me to", "referred me", "why", "please help", "please look", "please check", "again", "system", "server",
    "computer", "network", "software", "error", "log in", "login", "can you", "could you", "who",
)  # fmt: skip
_MEANING: WordFinder[str] = WordFinder(
    [*((word, "accepts") for word in _ACCEPTS), *((word, "objects") for word in _OBJECTS)]
)
_SHORT = 120
_QUESTION = re.compile(r"[?？]|吗[。.!！\s]*$")


def accepts(text: str) -> bool:
    """Whether a short answer accepts that it is another department's matter. In doubt it does not: an objection brings
    a person, and nobody is sent away twice."""
    body = normalise(text.strip())
    if not body or len(body) > _SHORT or _QUESTION.search(body):
        return False
    kinds = {kind for _, kind in _MEANING.find(body)}
    return kinds == {"accepts"}
