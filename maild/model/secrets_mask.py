"""What follows a word for password is masked before a text is shown to anybody but its writer (PRODUCT §3.1)."""

import re

MASK = "••••••"

# The word itself, the Latin ones only as whole words. "password reset", "密码忘了" name the thing without giving it:
# only what a separator, a copula or a bare token of secret-like shape follows counts as the secret.
_WORD = (
    r"(?:(?:密[ 　]?码|密碼|口令|验证码|驗證碼|校验码|动态码|授权码|安全码|密钥|私钥|(?<![A-Za-z])PIN[ ]?码)"
    r"|(?<![A-Za-z])(?:passwords?|passwort|kennwort|passwd|passcode|pwd|pw|pin\ ?code|verification\ code"
    r"|one[- ]time\ (?:code|password)|security\ code|access\ code|otp|api[ _-]?keys?|access[ _-]?keys?"
    r"|secret[ _-]?keys?|client[ _-]?secrets?|mot\ de\ passe|contraseña)(?![A-Za-z]))"
)
# These mean other things too: what stands behind an equals sign or a colon, and looks like a secret, is one.
_LOOSE = r"(?<![A-Za-z])(?:pass|pin|secret|token)(?![A-Za-z])"
_GAP = r"[ \t]{0,3}"
_LINK = (
    rf"(?:{_GAP}(?:[:：=＝→]|->|=>|(?:(?:(?:was|is|has\ been|were)\ )?(?:changed|set|reset)\ to"
    r"|(?:is|was|are)(?:\ now)?)(?![A-Za-z])"
    rf"|(?:就|现在|现在改)?是|[改换设]成了?|[改设]为了?|(?:设置|重置|修改|更改|更换)[成为]了?|为|為){_GAP})"
)
_QUOTED = r"[\"“”'‘’「『](?P<quoted>[^\"“”'‘’」』\n]{1,64})[\"“”'‘’」』]"
_BARE = r"(?P<bare>\d{3}[ ]\d{3}(?!\d)|[!-~]{3,64}(?:[ \t]?/[ \t]?[!-~]{3,64})?)"
# A date behind "password" tells when it expires.
_SHAPED = r"(?!\d{4}[-/.]\d{1,2}[-/.]\d)(?=[!-~]{0,30}[0-9])[!-~]{4,64}"
_SECRET = re.compile(
    rf"(?<![A-Za-z])passphrase{_LINK}(?P<phrase>[^\n,.;]{{3,80}})"
    rf"|{_WORD}(?:{_LINK}(?:{_QUOTED}|{_BARE})"
    rf"|{_GAP}[:：]{_GAP}\n{_GAP}(?P<below>(?=[!-~]{{0,30}}[0-9])(?=[!-~]{{0,30}}[A-Za-z])[!-~]{{6,64}})"
    rf"|[ \t]{{0,2}}[（(](?P<inside>(?=[^\s()（）]{{0,30}}[0-9])[^\s()（）㐀-鿿]{{4,64}})[)）]"
    rf"|[ \t]{{0,2}}[“\"「『](?P<named>(?=[^\"“”」』\n]{{0,30}}[0-9])[^\"“”」』\n]{{4,64}})[”\"」』]"
    rf"|[ \t]{{0,2}}(?P<shaped>{_SHAPED}))"
    rf"|{_LOOSE}(?:{_GAP}[:=：＝]{_GAP}|\ is\ )(?P<loose>(?=[!-~]{{0,30}}[0-9])[!-~]{{4,64}})",
    re.IGNORECASE,
)

# Words that follow "password is …" in an ordinary report and give nothing away.
_HARMLESS = frozenset(
    {
        "a", "about", "accepted", "again", "already", "always", "also", "an", "and", "asked", "being", "blank",
        "blocked", "case", "correct", "changed", "changing", "denied", "disabled", "due", "empty", "entered", "expired",
        "expiring", "fine", "for", "forgotten", "getting", "going", "gone", "good", "has", "having", "in", "incorrect",
        "invalid", "it", "known", "lost", "locked", "missing", "my", "necessary", "needed", "no", "not", "now", "ok",
        "old", "on", "out", "outdated", "required", "reset", "right", "same", "saved", "sensitive", "set", "showing",
        "still",
        "the", "there", "this", "to", "too", "unknown", "valid", "very", "what", "when", "working", "wrong", "your",
    }
)  # fmt: skip


def mask_secrets(text: str) -> tuple[str, bool]:
    """The text with every given secret replaced by MASK, and whether there was one.

    Linear in the length of the text. What it takes for a secret: `密码：abc123`, `password is "Tr0ub4dor"`,
    `pwd=…`, `验证码 482913`, `密码改成了 Sunny24`, `API_KEY=…`; not `password is wrong` nor `密码忘了`.
    """
    found = False
    parts: list[str] = []
    at = 0
    for match in _SECRET.finditer(text):
        group = match.lastgroup or "bare"
        secret = match.group(group)
        if group == "bare" and _harmless(secret.split("/")[0].rstrip(" .,;:!?").lower()):
            continue
        start, end = match.span(group)
        if group not in ("quoted", "named", "inside"):
            end -= len(secret) - len(secret.rstrip(".,;")) if len(secret.rstrip(".,;")) >= 3 else 0
        if secret == MASK:
            continue
        parts += (text[at:start], MASK)
        at, found = end, True
    return ("".join(parts) + text[at:], found)


def _harmless(word: str) -> bool:
    """Whether a word behind "password is" only says what is the matter with it ("not", "expired", "syncing")."""
    return word in _HARMLESS or (word.endswith("ing") and word.isalpha())
