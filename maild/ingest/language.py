"""The language that a mail is written in, by script and by little words: a BCP 47 tag."""

import re

CHARACTERS = 4_000

_WORD = re.compile(r"[^\W\d_]{1,30}")
_COMMON = {
    "en": "the and is to of you not for with have this that are can please my it we i was be on in hi hello thanks",
    "de": "der die das und ist nicht ich sie wir mit ein eine für auf bitte zu den von dem es haben kann hallo",
    "fr": "le la les et est pas je vous nous de un une pour avec sur merci bonjour que qui dans ce ne des du",
    "es": "el la los y es no que de un una para con por en se lo gracias hola su como está al del",
    "pt": "o a os e não que de um uma para com por em se obrigado olá você do da no na é está",
    "it": "il la gli e non che di un una per con si grazie ciao sono del della è nel ho mi",
    "nl": "de het een en is niet ik u we met voor op van dat te zijn hallo bedankt kan deze",
    "sv": "och att det är inte jag du vi med för på en ett som har kan hej tack av den",
    "da": "og at det er ikke jeg du vi med for på en et som har kan hej tak af den",
    "pl": "i nie się jest na do z że w to dla mam proszę dziękuję jak od po czy",
    "cs": "a je se na to že s v pro není jsem prosím děkuji jak od po ale dobrý den",
    "fi": "ja on ei se että en olen kun niin mutta hei kiitos voi ole tämä",
    "tr": "ve bir bu için ile değil çok ben mi da de merhaba teşekkürler var olarak",
}
_WORDS = {language: frozenset(words.split()) for language, words in _COMMON.items()}
# Characters written in one of the two ways of writing Chinese only.
_TRADITIONAL = frozenset(
    "們這個為來時說後會對過還樣學國動發無現種開問題業與當點裡請謝電腦網絡壞機號碼設備員關於處報進體實處"
)
_SIMPLIFIED = frozenset(
    "们这个为来时说后会对过还样学国动发无现种开问题业与当点里请谢电脑网络坏机号码设备员关于处报进体实"
)


def language_of(text: str, fallback: str = "") -> str:
    """zh-CN, zh-TW, ja, ko, ru, …, en. Too short a text is judged together with `fallback` (the subject)."""
    found = _judge(text[:CHARACTERS])
    return found or _judge(fallback[:1000]) or "en"


def _judge(text: str) -> str:
    han = kana = hangul = cyrillic = other = latin = 0
    scripts: dict[str, int] = {}
    for character in text:
        if character.isascii():
            latin += character.isalpha()
        elif "\u4e00" <= character <= "\u9fff" or "\u3400" <= character <= "\u4dbf":
            han += 1
        elif "\u3040" <= character <= "\u30ff" or "\uff66" <= character <= "\uff9f":
            kana += 1
        elif "\uac00" <= character <= "\ud7a3" or "\u1100" <= character <= "\u11ff":
            hangul += 1
        elif "\u0400" <= character <= "\u04ff":
            cyrillic += 1
        elif character.isalpha():
            other += 1
            script = _script(character)
            if script:
                scripts[script] = scripts.get(script, 0) + 1
    # A character of Han or kana weighs as much as a short word of Latin letters.
    wide = (han + kana + hangul) * 3
    if wide and wide >= (latin + other) * 0.25:
        if hangul > han + kana:
            return "ko"
        if kana * 8 >= han and kana:
            return "ja"
        return _chinese(text)
    if cyrillic > (latin + other) // 2:
        return "uk" if any(c in "іїєґ" for c in text.lower()) else "ru"
    if scripts:
        script, count = max(scripts.items(), key=lambda item: item[1])
        if count > latin // 2:
            return script
    return _latin(text) if latin + other else ""


def _script(character: str) -> str:
    for low, high, language in (
        ("\u0370", "\u03ff", "el"),
        ("\u0590", "\u05ff", "he"),
        ("\u0600", "\u06ff", "ar"),
        ("\u0900", "\u097f", "hi"),
        ("\u0e00", "\u0e7f", "th"),
    ):
        if low <= character <= high:
            return language
    return ""


def _chinese(text: str) -> str:
    traditional = sum(character in _TRADITIONAL and character not in _SIMPLIFIED for character in text)
    simplified = sum(character in _SIMPLIFIED and character not in _TRADITIONAL for character in text)
    return "zh-TW" if traditional > simplified else "zh-CN"


def _latin(text: str) -> str:
    words = [word.lower() for word in _WORD.findall(text)][:400]
    scores = {language: sum(word in known for word in words) for language, known in _WORDS.items()}
    best = max(scores, key=lambda language: (scores[language], language == "en"))
    if scores[best] < 2 and len(words) > 3 and scores["en"] == 0 and scores[best] == 0:
        return "en"
    return best if scores[best] > scores["en"] else "en"
