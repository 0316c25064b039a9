"""Where the plain text is broken, and what is cut."""

import pytest

from maild.outbound.wrap import columns, short, wrapped


@pytest.mark.parametrize(
    ("line", "first"),
    [
        ("word " * 20, " ".join(["word"] * 15)),
        ("字" * 60, "字" * 39),
        ("字" * 38 + "a，" + "字" * 10, "字" * 38),
        ("字" * 38 + "（字）" + "字" * 10, "字" * 38),
        ("字" * 38 + "”。" + "字" * 10, "字" * 37),
        ("x" * 100 + " y", "x" * 100),
    ],
)
def test_a_long_line_is_broken_where_a_reader_would_break_it(line: str, first: str) -> None:
    broken = wrapped(line).split("\n")
    assert broken[0] == first
    assert "".join(broken).replace(" ", "") == line.replace(" ", "")


def test_no_last_line_is_a_lone_word() -> None:
    assert all(len(wrapped("字" * count).split("\n")[-1]) >= 7 for count in range(40, 60))
    assert wrapped("- " + "word " * 20).split("\n")[1].startswith("  word")


def test_a_line_of_somebody_s_own_is_left_alone() -> None:
    own = "msiexec /i setup.msi " + "/qn " * 30
    assert wrapped(f"Error: {own.rstrip()}", [own.rstrip()]) == f"Error: {own.rstrip()}"
    assert "\n" in wrapped(f"Error: {own.rstrip()}")


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("short", 10, "short"),
        ("exactly ten", 11, "exactly ten"),
        ("a longer text", 9, "a longer…"),
        ("三楼打印机", 7, "三楼打…"),
    ],
)
def test_a_title_is_cut_by_its_width(text: str, width: int, cut: str) -> None:
    assert short(text, width) == cut
    assert columns(short(text, width)) <= width
