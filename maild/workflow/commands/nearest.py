"""Which command a mistyped one was meant to be, where one is clearly nearest: the agent is asked, nothing is guessed.

Three ways of mistyping: letters of an English name (`#reslove`, `#tkae`, `#prio`), its pinyin with the input method
off (`#jiedan`), and another character of the same sound (`#接但`), which is what a pinyin input method offers next.
"""

from functools import lru_cache

from maild.workflow.commands.verbs import VERBS

# Characters that a pinyin input method offers for one syllable: those of the names of commands, and what is taken for
# them. The traditional forms of the names stand among them.
_SOUNDS = {
    "an": "案按暗安岸", "bang": "帮幫绑棒", "bao": "报報代保包抱宝爆", "bei": "备備被北背倍杯",
    "bi": "闭閉必比笔币", "biao": "表錶标彪", "bing": "并併病兵冰饼", "bu": "补補部不步布捕", "cha": "查差叉茶插",
    "chai": "拆柴差", "chao": "抄超朝潮吵炒", "che": "撤车彻扯", "chi": "持迟吃池尺", "chong": "重冲虫充崇",
    "chu": "处處出初除储", "cui": "催崔摧", "da": "大打达答搭", "dai": "代待带袋戴贷呆",
    "dan": "单單但旦丹担蛋弹淡诞胆", "de": "的得地德", "dian": "电電点店典垫", "dong": "动懂东冬",
    "du": "度读独堵渡都", "dui": "队隊对堆兑", "fa": "发發法罚乏", "fei": "非飞肥费废", "fen": "分份粉纷奋",
    "fu": "附付服复副富幅父", "gai": "改该概盖", "gei": "给", "gong": "公工功共供", "gu": "故固古顾股谷",
    "gua": "挂掛瓜刮卦", "guan": "关關管官惯观馆", "gui": "归贵规鬼轨", "he": "合和核河何盒喝",
    "hua": "话話画化花华", "huan": "还换环", "huo": "获獲或火货伙", "ji": "极级級及即集急几机记际积積基击",
    "jia": "假家加价架佳", "jian": "件建间见简减检剪", "jie": "接解借姐街介届界戒结节阶", "jin": "进進近金今尽紧",
    "ju": "拒具据句巨聚", "jue": "决決绝觉诀掘", "kai": "开開凯", "kan": "看刊砍", "la": "垃拉啦",
    "lei": "类類累泪雷", "lian": "联聯连练脸链", "lie": "列烈裂", "ma": "码马吗", "mian": "面免棉", "mo": "默末莫",
    "na": "纳那拿哪", "pai": "派排拍牌", "pi": "批皮匹", "pin": "频拼品", "qi": "起其期七启气器",
    "qing": "请情清轻", "qu": "取去区", "qun": "群裙", "ren": "任人认忍", "sha": "啥杀沙", "shen": "审審神深身申",
    "sheng": "升生声省胜", "shi": "时時是使事式十", "shou": "受手收首", "shu": "书输数属", "song": "送松宋",
    "sou": "搜艘", "ti": "提题体替", "tong": "通同统痛", "tui": "退推", "wang": "往望网", "wei": "未为位围委",
    "wen": "问文闻", "wo": "我握窝", "xian": "先现线限险", "xiang": "项像向", "xiao": "消小效校笑销", "xie": "谢写",
    "xin": "新心信欣", "xiu": "休修秀", "xu": "续许需", "yan": "验延言", "yin": "引因音印银", "ying": "应影硬",
    "yong": "用永勇", "you": "优優有由右又友", "yuan": "员原元圆", "zhang": "障章张丈", "zhao": "找照招",
    "zhe": "者这", "zhong": "重中种众钟", "zhu": "注主住助", "zhuan": "转轉专赚", "zhun": "准準谆", "zi": "字自子",
    "zu": "组組足族租", "zui": "最",
}  # fmt: skip
_SOUND_OF: dict[str, set[str]] = {}
for _sound, _characters in _SOUNDS.items():
    for _character in _characters:
        _SOUND_OF.setdefault(_character, set()).add(_sound)

# What another character costs beside one that only sounds alike.
_ALIKE, _OTHER = 0.3, 1.0
_FEW_LETTERS = 4


@lru_cache(maxsize=1024)
def nearest(word: str) -> tuple[str, int]:
    """The name of the command that a mistyped word was clearly meant to be, and how many characters of the word it
    stands for; ("", 0) where none or more than one is near. `word` is what stands behind the `#`, folded to lower case.
    """
    word = word[:40]
    if not word:
        return "", 0
    return _of_letters(word) if word[0].isascii() else _of_characters(word)


def _of_letters(word: str) -> tuple[str, int]:
    end = next((at for at, c in enumerate(word) if not (c.isascii() and (c.isalpha() or c in "-_"))), len(word))
    typed = word[:end].replace("_", "-").strip("-")
    if len(typed) < 2 or "\x7f" < word[end : end + 1] < "\u2e80":
        return "", 0
    found: list[tuple[float, str, str]] = []
    for verb in VERBS:
        # A name in pinyin stands for the one in characters.
        names = {verb.name: verb.name, verb.name.replace("-", ""): verb.name, **_pinyin(verb.chinese)}
        near = [(_steps(typed, name) / _worth(typed, name), shown) for name, shown in names.items()]
        # Every word of three letters is like another one.
        near = [row for row, name in zip(near, names, strict=True) if min(len(typed), len(name)) > 3 or not row[0]]
        near += [(0.4, shown) for name, shown in names.items() if len(typed) >= 3 and name.startswith(typed)]
        cost, shown = min(near, default=(9.0, ""))
        if cost <= 1:
            found.append((cost, verb.name, shown))
    best = _clear(found)
    return best, end if best else 0


def _worth(typed: str, name: str) -> int:
    """How many slips of the finger a name may hold: one in four letters, two in more."""
    return 1 if min(len(typed), len(name)) <= _FEW_LETTERS else 2


def _of_characters(word: str) -> tuple[str, int]:
    found: list[tuple[float, str, str]] = []
    for verb in VERBS:
        costs = [
            (sum(_differ(a, b) for a, b in zip(word, name, strict=False)), name)
            for name in verb.chinese
            if len(name) <= len(word)
        ]
        cost, name = min(costs, default=(_OTHER, ""))
        # Most of a name has to be there: of two characters one that only sounds alike may be wrong, or both may.
        if cost <= (2 * _ALIKE if len(name) < 3 else _OTHER):
            found.append((cost, verb.name, name))
    best = _clear(found)
    return best, len(best)


def _differ(a: str, b: str) -> float:
    if a == b:
        return 0.0
    return _ALIKE if _SOUND_OF.get(a, set()) & _SOUND_OF.get(b, set()) else _OTHER


def _clear(found: list[tuple[float, str, str]]) -> str:
    """The nearest name, if that of no other command is as near."""
    ordered = sorted(found)
    if not ordered or (len(ordered) > 1 and ordered[1][0] - ordered[0][0] < 0.1):
        return ""
    return ordered[0][2]


def _pinyin(names: tuple[str, ...]) -> dict[str, str]:
    """The names of a command in pinyin without tones; none for a name with a character whose sound is not on record."""
    found: dict[str, str] = {}
    for name in names:
        spelled = {""}
        for character in name:
            sounds = {character} if character.isascii() else _SOUND_OF.get(character, set())
            spelled = {before + sound for before in spelled for sound in sounds}
        found |= {each: name for each in spelled}
    return found


def _steps(a: str, b: str) -> int:
    """Letters left out, added, changed or swapped with the next one (optimal string alignment)."""
    if abs(len(a) - len(b)) > 2:
        return 9
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        older, before, row = before, row, [i]
        for j, y in enumerate(b, 1):
            step = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y))
            if i > 1 and j > 1 and x == b[j - 2] and a[i - 2] == y:
                step = min(step, older[j - 2] + 1)
            row.append(step)
    return row[-1]
