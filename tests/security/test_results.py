"""Authentication-Results that the site's own border server did not write vouch for nobody (A02), at no cost."""

import time

import pytest

from maild.ingest.authres import authenticate
from maild.ingest.read import read
from tests.security.conftest import ANNA, DESK, MX, Headers, raw_mail

ID = MX.lower()
PASS = f"{MX}; dmarc=pass header.from=corp.example"
OUTSIDE = "from evil (unknown [192.0.2.9]) by relay.attacker.example; Mon, 4 Mar 2024 10:00:00 +0800"
BORDER = f"from relay.attacker.example ([192.0.2.9]) by {MX} (Postfix) with ESMTPS id 4; Mon, 4 Mar 2024 10:00:01 +0800"
AGAIN = f"from localhost by {MX} (Postfix) with ESMTP id 5; Mon, 4 Mar 2024 10:00:02 +0800"
STORE = "from mx.corp.example by imap.corp.example with LMTP; Mon, 4 Mar 2024 10:00:03 +0800"
OTHER_NAME = BORDER.replace(f"by {MX}", "by edge7.corp.example")

# Fields from the top, and whether the results among them count: as usual, and where they always stand above.
PLACES: dict[str, tuple[tuple[str, ...], bool, bool]] = {
    "no line of any server": ((PASS,), True, True),
    "above its own line": ((PASS, BORDER), True, True),
    "below its own line": ((BORDER, PASS), True, False),
    "below its own line and above the next": ((STORE, BORDER, PASS, OUTSIDE), True, False),
    "between its two lines": ((STORE, AGAIN, PASS, BORDER, OUTSIDE), True, False),
    "below both its lines": ((AGAIN, BORDER, PASS, OUTSIDE), True, False),
    "above all": ((PASS, STORE, AGAIN, BORDER, OUTSIDE), True, True),
    "below an earlier server's line": ((STORE, BORDER, OUTSIDE, PASS), False, False),
    "at the very end": ((BORDER, OUTSIDE, OUTSIDE, PASS), False, False),
    "below a forged line of its own": ((BORDER, OUTSIDE, AGAIN, PASS), False, False),
    "its name in a comment": ((BORDER, OUTSIDE.replace("by relay", f"(by {MX}) by relay"), PASS), False, False),
    "its name with a suffix": ((BORDER, OUTSIDE.replace("relay.attacker", f"{MX}.attacker"), PASS), False, False),
}  # fmt: skip


def verdict(headers: Headers, hosts: frozenset[str] = frozenset(), on_top: bool = False, one: str = ID) -> str:
    own = (("From", ANNA), ("To", DESK), ("Subject", "x"), ("Message-ID", "<1@corp.example>"))
    return authenticate(read(raw_mail([*headers, *own])), one, hosts, on_top).verdict


def fields(values: tuple[str, ...]) -> Headers:
    return [("Received" if value.startswith("from ") else "Authentication-Results", value) for value in values]


@pytest.mark.parametrize("place", PLACES)
def test_a02_results_count_only_where_the_border_server_can_have_put_them(place: str) -> None:
    values, usual, on_top = PLACES[place]
    assert (verdict(fields(values)) == "pass") is usual
    assert (verdict(fields(values), on_top=True) == "pass") is on_top


def test_a02_a_border_server_of_another_name_is_known_by_what_the_settings_say() -> None:
    below = fields((OTHER_NAME, OUTSIDE, PASS))
    assert verdict(below) == "pass", "nothing can be known of its place"
    assert verdict(below, frozenset({"edge7.corp.example"})) == "none"
    assert verdict(fields((OTHER_NAME, PASS, OUTSIDE)), frozenset({"edge7.corp.example"})) == "pass"


def test_a02_results_of_microsoft_365_bear_no_id_and_vouch_for_nobody() -> None:
    bare = (
        "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=corp.example; dmarc=pass action=none header.from=corp.example"
    )
    for one in (ID, "spf=pass", "protection.outlook.com"):
        assert verdict([("Authentication-Results", bare)], one=one) == "none"


LONG: dict[str, str] = {
    "80 kB of words": f"{MX}; " + "x=y " * 20_000,
    "80 kB of one word": f"{MX}; dmarc=pass header.from=" + "a" * 80_000,
    "3,000 brackets": f"{MX}; {'(' * 3000}",
    "3,000 pairs in one another": f"{MX}; {'(' * 3000}{')' * 3000} dmarc=pass header.from=corp.example",
    "40,000 brackets before the id": "(" * 40_000 + PASS,
    "20,000 semicolons": f"{MX}" + ";" * 20_000,
    "20,000 backslashes": f'{MX}; dmarc=pass header.from="' + "\\" * 20_000,
    "20,000 quotes": f"{MX}; " + '"' * 20_001,
    "blanks": f"{MX};" + " " * 80_000 + "dmarc=pass header.from=corp.example",
    "80 kB of an id": "x" * 80_000 + "; dmarc=pass header.from=corp.example",
    "NUL and 8-bit": f"{MX}\0; dmarc=pass header.from=corp.example\x80\xff",
}


@pytest.mark.parametrize("how", LONG)
def test_a02_results_made_to_break_their_reader_cost_nothing_and_vouch_for_nobody(how: str) -> None:
    message = read(raw_mail([("Authentication-Results", LONG[how]), ("From", ANNA), ("To", DESK), ("Subject", "x")]))
    begun = time.process_time()
    for _ in range(5):
        assert authenticate(message, ID).verdict == "none"
    # 0.1 s of CPU for one (THREATS A02); five must not take as long.
    assert time.process_time() - begun < 0.1


def test_a02_hundreds_of_lines_of_servers_and_results_cost_nothing() -> None:
    message = read(raw_mail([*fields((OUTSIDE, f"{MX}.x; dmarc=pass") * 180), ("From", ANNA), ("To", DESK)]))
    begun = time.process_time()
    assert authenticate(message, ID).verdict == "none"
    assert time.process_time() - begun < 0.1
