"""`maild templates`: all letters to look through, this site's own in place of ours."""

import email
import re
import sys
from pathlib import Path

import pytest

from maild.cli import main
from maild.outbound.letters import LETTERS

_DESK = """[desk]
address = "help@corp.example"
internal_domains = ["corp.example"]
hotline = "4321"
prefix = "HD"
name_en = "Help Desk"
name_zh = "帮助台"
"""


def maild(monkeypatch: pytest.MonkeyPatch, *arguments: str | Path) -> int:
    monkeypatch.setattr(sys, "argv", ["maild", *map(str, arguments)])
    with pytest.raises(SystemExit) as end:
        main()
    return int(end.value.code or 0)


def site(folder: Path, **own: str) -> Path:
    """A config.toml whose desk is called 帮助台, with letters of its own: path with `__` for `/` and `_dot_`, text."""
    letters = folder / "own letters"
    letters.mkdir()
    for name, text in own.items():
        path = letters / name.replace("__", "/").replace("_dot_", ".").replace("zh_CN", "zh-CN")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    config = folder / "config.toml"
    config.write_text(f'{_DESK}[templates]\ndir = "{letters}"\n', encoding="utf-8")
    return config


def test_the_preview_shows_every_letter_with_this_site_s_name_and_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = site(tmp_path, zh_CN__requester__started_dot_txt="{{ t.tag }}：{{ desk.name }}动手了\n")
    out = tmp_path / "preview"
    assert maild(monkeypatch, "--config", config, "templates", "preview", out) == 0
    assert f"{len(LETTERS)} letters" in capsys.readouterr().out
    page = (out / "index.html").read_text(encoding="utf-8")
    for name in LETTERS:
        for language in ("en", "zh-CN"):
            for ending in ("html", "txt", "eml"):
                assert (out / language / f"{name}.{ending}").stat().st_size > 0
                assert f'href="{language}/{name}.{ending}"' in page
    linked = re.findall(r'(?:href|src)="([^#"]+)"', page)
    assert all((out / name).is_file() for name in linked)
    assert "<script" not in page
    assert "This site has its own zh-CN/requester/started.txt" in page
    assert (out / "zh-CN/requester/started.txt").read_text(encoding="utf-8") == "HD-1042：帮助台动手了\n"
    assert "4321" in (out / "en/requester/acknowledged-p1-at-night.txt").read_text(encoding="utf-8")
    mail = email.message_from_bytes((out / "en/requester/resolved.eml").read_bytes())
    assert mail["Subject"] == "Re: [HD-1042] The printer on the 3rd floor jams"
    # Whoever tries a button in a preview writes to nobody.
    assert "mailto:help@corp.example" not in (out / "en/requester/resolved.html").read_text(encoding="utf-8")


def test_each_frame_shows_one_look_whatever_the_reader_s_screen_is_set_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert maild(monkeypatch, "templates", "preview", "out") == 0
    shown = {look: Path(f"out/en/requester/closed{look}.html").read_text("utf-8") for look in ("", ".light", ".dark")}
    assert "@media (prefers-color-scheme: dark) {" in shown[""]
    assert "@media not all {" in shown[".light"]
    assert "@media all {" in shown[".dark"]


def test_a_letter_of_this_site_that_cannot_be_used_is_named_with_its_line_and_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = site(
        tmp_path,
        en__requester__started_dot_html="<p>{{ t.tag }}</p>\n<p>\n{{ t.tagg }}</p>\n",
        en__requester__closed_dot_txt="{{ t.tag }}\n{% if t.tag %}\nnever ends\n",
        en__agent__nobody_dot_txt="x",
    )
    (tmp_path / "own letters/en/requester/reply.txt").write_bytes("Hello\n{{ v.text }}\n再见".encode("gbk"))
    out = tmp_path / "preview"
    assert maild(monkeypatch, "--config", config, "templates", "preview", out) == 78
    said = capsys.readouterr().err
    for name, line in (("started.html", 3), ("closed.txt", 3), ("reply.txt", 3)):
        assert re.search(rf"{tmp_path}/own letters/en/requester/{name}, line {line} cannot be used: ", said), (
            name,
            said,
        )
    assert "nothing is called tagg here" in said
    assert said.count("mend it, or remove it") == 3
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count('class="mistake"') >= 4
    assert "nobody.txt replaces no letter" in page
    assert (out / "en/requester/resolved.html").is_file()
    assert not (out / "en/requester/started.html").exists()


def test_a_second_look_replaces_the_first_and_nobody_s_files_are_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert maild(monkeypatch, "templates", "preview", "out") == 0
    stale = tmp_path / "out/en/requester/gone.html"
    stale.write_text("of a letter that there is no more", encoding="utf-8")
    assert maild(monkeypatch, "templates", "preview", "out") == 0
    assert not stale.exists()

    (tmp_path / "mine").mkdir()
    mine = tmp_path / "mine/index.html"
    mine.write_text("<h1>My page</h1>", encoding="utf-8")
    assert maild(monkeypatch, "templates", "preview", "mine") == 73
    assert "mine holds other files: name an empty folder" in capsys.readouterr().err
    assert mine.read_text(encoding="utf-8") == "<h1>My page</h1>"
    assert list((tmp_path / "mine").iterdir()) == [mine]
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert maild(monkeypatch, "templates", "preview", "file") == 73


def test_the_list_says_what_this_site_has_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = site(
        tmp_path, en__requester__started_dot_txt="x", _layout__style_dot_css="p { margin: 0 }", fr__lead_dot_txt=""
    )
    assert maild(monkeypatch, "--config", config, "templates", "list") == 78
    out, err = capsys.readouterr()
    rows = {line.split()[0]: line for line in out.splitlines() if "/" in line.split()[0]}
    assert set(rows) == set(LETTERS)
    assert rows["requester/started"].endswith("en/requester/started.txt")
    assert "the acknowledgement" in rows["requester/acknowledged"]
    assert "For all letters replaced here: _layout/style.css." in out
    assert "fr/lead.txt replaces no letter" in err

    config.write_text(f'{_DESK}[templates]\ndir = "/nowhere/at/all"\n', encoding="utf-8")
    assert maild(monkeypatch, "--config", config, "templates", "list") == 78
    assert "/nowhere/at/all is no folder: mend [templates] dir" in capsys.readouterr().err
