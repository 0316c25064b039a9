"""Styles are written into each tag of the HTML letters when a template is loaded, since Outlook, QQ Mail and Gmail
on phones read inline styles only. Letters are written in plain tags and classes; how they look stands in one file,
`templates/_layout/style.css`, which a site can replace like any letter. Only our templates pass here, never mail text.
"""

import re
from collections.abc import Mapping

_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_TAG = re.compile(r"<([a-z][a-z0-9]*)(?=[\s>])([^<>]*)>")
_CLASS = re.compile(r'\bclass="([a-z0-9 _-]*)"')
_COMMENT = re.compile(r"/\*[^*]*\*/")


def parse_style(css: str) -> Mapping[str, str]:
    """`selector → declarations` of a flat style sheet: selectors are `tag`, `.class` or `tag.class`, by commas."""
    rules: dict[str, str] = {}
    for names, body in _RULE.findall(_COMMENT.sub("", css)):
        declarations = "; ".join(part.strip() for part in body.split(";") if part.strip())
        for name in names.split(","):
            rules[name.strip()] = "; ".join(filter(None, (rules.get(name.strip(), ""), declarations)))
    return rules


def inline(source: str, rules: Mapping[str, str]) -> str:
    """The template with `style="…"` in every tag that a rule speaks of and that has no style of its own."""

    def styled(found: re.Match[str]) -> str:
        tag, rest = found.groups()
        if 'style="' in rest:
            return found.group(0)
        of_class = _CLASS.search(rest)
        names = [tag]
        for one in of_class.group(1).split() if of_class else ():
            names += (f".{one}", f"{tag}.{one}")
        style = "; ".join(rules[name] for name in names if name in rules)
        return f'<{tag}{rest} style="{style}">' if style else found.group(0)

    return _TAG.sub(styled, source)
