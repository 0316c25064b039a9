"""What Outlook packs: compressed RTF, HTML inside RTF; and the structure of opaque S/MIME."""

import pytest

from maild.ingest.cms import kind_of, signed_content
from maild.ingest.rtf import html_of, read_rtf, unpack

# The two examples of MS-OXRTFCP §4.
HELLO = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
WXYZ = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def test_compressed_rtf_unpacks_as_in_the_specification() -> None:
    assert unpack(HELLO) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert unpack(WXYZ) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_compressed_rtf_that_is_cut_off_gives_its_start() -> None:
    assert unpack(HELLO[:-6]) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world"[: len(unpack(HELLO[:-6]))] != b""
    assert unpack(b"") == unpack(b"x" * 15) == unpack(b"\0" * 40) == b""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (rb"{\rtf1\ansi a\par b\tab c\line d}", "a\nb\tc\nd"),
        (rb"{\rtf1\ansi\ansicpg936 \'b4\'f2\'d3\'a1\'bb\'fa}", "打印机"),
        (rb"{\rtf1{\fonttbl{\f0 Arial;}{\f1\fcharset134 SimSun;}}\f1 \'b4\'f2\f0  ok}", "打 ok"),
        (rb"{\rtf1\uc1 \u25171?\u21360?}", "打印"),
        (rb"{\rtf1\uc0 \u25171\u21360 }", "打印"),
        (rb"{\rtf1\u-10179?\u-8704?}", "😀"),
        (rb"{\rtf1{\*\generator Word;}{\info{\title secret}}shown}", "shown"),
        (rb"{\rtf1 \{ \} \\ a\~b}", "{ } \\ a\u00a0b"),
        (rb"{\rtf1 {\b bold} {\field{\*\fldinst HYPERLINK}{\fldrslt link}}", "bold link"),
        (b"}}}}", ""),
    ],
)
def test_rtf_becomes_text(source: bytes, expected: str) -> None:
    text, is_source = read_rtf(source)
    assert (html_of(text), is_source) == (expected, False)


def test_html_that_was_wrapped_in_rtf_comes_out_again() -> None:
    source = (
        rb"{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'fc\'dfe "
        rb"{\*\htmltag84 <b>}now{\*\htmltag92 </b>}\htmlrtf\par}\htmlrtf0{\*\htmltag72 </p>}}"
    )
    assert read_rtf(source) == ("<p>Grüße <b>now</b></p>", True)


def test_an_envelope_and_rubbish_hold_no_signed_content() -> None:
    enveloped = bytes.fromhex("3013" + "06092a864886f70d010703" + "a0063004020100" + "3000")
    assert kind_of(enveloped) == "enveloped" and signed_content(enveloped) is None
    assert kind_of(b"") == kind_of(b"MIIB") == kind_of(b"\x30") == "none"
    assert signed_content(bytes.fromhex("06092a864886f70d010701a0840000")) is None
