"""What follows a word for password is masked before a text is shown to anybody but its writer (PRODUCT §3.1)."""

import re

MASK = "••••••"

# The word itself, the English ones only as whole words. "password reset", "密码忘了" name the thing without giving it:
# only what a separator, a copula or a bare token of secret-like shape follows counts as the secret.
_WORD = (
    r"(?:(?:登录|开机|初始|临时|支付|邮箱|系统|动态)?(?:密码|密碼|口令|验证码|驗證碼|校验码)"
    r"|(?<![A-Za-z])(?:passwords?|passwd|passcode|passphrase|pwd|pw|pin\ ?code|verification\ code|one-time\ code"
    r"|otp)"
    r"(?![A-Za-z]))"
)
_LINK = r"(?:[ \t]{0,3}(?:[:：=＝]|(?:is|was|are)(?![A-Za-z])|是|为|為)[ \t]{0,3})"
_QUOTED = r"[\"“”'‘’「『](?P<quoted>[^\"“”'‘’」』\n]{1,64})[\"“”'‘’」』]"
_BARE = r"(?P<bare>[!-~]{3,64})"
_SECRET = re.compile(_WORD + r"(?:" + _LINK + r"(?:" + _QUOTED + r"|" + _BARE + r")"
                     r"|[ \t]{0,2}(?P<shaped>(?=[!-~]{0,30}[0-9])[!-~]{4,64}))", re.IGNORECASE)  # fmt: skip

# Words that follow "password is …" in an ordinary report and give nothing away.
_HARMLESS = frozenset(
    {
        "a", "about", "accepted", "again", "already", "always", "also", "an", "and", "asked", "being", "blank",
        "blocked", "correct", "changed", "changing", "denied", "disabled", "due", "empty", "entered", "expired",
        "expiring", "fine", "for", "forgotten", "getting", "going", "gone", "good", "has", "having", "in", "incorrect",
        "invalid", "it", "known", "lost", "locked", "missing", "my", "necessary", "needed", "no", "not", "now", "ok",
        "old", "on", "out", "outdated", "required", "reset", "right", "same", "saved", "set", "showing", "still",
        "the", "there", "this", "to", "too", "unknown", "valid", "very", "what", "when", "working", "wrong", "your",
    }
)  # fmt: skip


def mask_secrets(text: str) -> tuple[str, bool]:
    """The text with every given secret replaced by MASK, and whether there was one.

    Linear in the length of the text. What it takes for a secret: `密码：abc123`, `password is "Tr0ub4dor"`,
    `pwd=…`, `验证码 482913`; not `password is wrong` nor `密码忘了`.
    """
    found = False
    parts: list[str] = []
    at = 0
    for match in _SECRET.finditer(text):
        group = match.lastgroup or "bare"
        secret = match.group(group)
        if group == "bare" and secret.rstrip(".,;:!?").lower() in _HARMLESS:
            continue
        start, end = match.span(group)
        if group != "quoted":
            end -= len(secret) - len(secret.rstrip(".,;")) if len(secret.rstrip(".,;")) >= 3 else 0
        if secret == MASK:
            continue
        parts += (text[at:start], MASK)
        at, found = end, True
    return ("".join(parts) + text[at:], found)
