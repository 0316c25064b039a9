"""Skills, deputies, the rota, new names of codes: what config.toml may say, and what is a mistake."""

from datetime import date, time
from pathlib import Path

import pytest

from maild.config import ConfigError, Settings, load
from maild.model import Rota, Skill

DESK = """\
[desk]
address = "it@corp.example"
internal_domains = ["corp.example"]
[teams.service_desk]
title_en = "Desk"
title_zh = "服务台"
[teams.network]
title_en = "Network"
title_zh = "网络组"
[teams.applications]
title_en = "Applications"
title_zh = "应用组"
[teams.security]
title_en = "Security"
title_zh = "安全组"
"""
AGENT = '[[agents]]\naddress = "{0}@corp.example"\nname = "{0}"\nteams = ["service_desk"]\n'
PEOPLE = AGENT.format("Wang") + "{}\n" + AGENT.format("anna")


def read(folder: Path, text: str) -> Settings:
    path = folder / "config.toml"
    path.write_text(DESK + text, encoding="utf-8")
    return load(path)


def test_a_rota_skills_and_deputies_are_read_with_their_defaults(tmp_path: Path) -> None:
    text = PEOPLE.format('skills = ["sap"]\ndeputy = "Anna@corp.example"')
    text += '[skills.sap]\nwords = ["SAP"]\n[[on_call]]\nagents = ["WANG@corp.example", "anna@corp.example"]\n'
    policy = read(tmp_path, text).policy
    assert policy.skills == {"sap": Skill("sap", ("SAP",))}
    assert policy.agents["wang@corp.example"].deputy == "anna@corp.example"
    assert policy.rota == (
        Rota(("wang@corp.example", "anna@corp.example"), start=date(2024, 1, 1), days=7, change=time(9)),
    )
    assert policy.on_call and not policy.alarm_program


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (PEOPLE.format('skills = ["sap"]'), "agents.1.skills: there is no [skills.sap]"),
        (PEOPLE.format('deputy = "bob@corp.example"'), "agents.1.deputy: bob@corp.example is not in [[agents]]"),
        (PEOPLE.format('deputy = "wang@corp.example"'), "cannot stand in for themselves"),
        ("[skills.sap]\n", "skills.sap: names no words and no categories"),
        ('[skills.sap]\ncategories = ["netwrk"]\n', "skills.sap.categories: there is no [categories.netwrk]"),
        ("[[on_call]]\nagents = []\n", "on_call.1.agents: must be a list with at least one entry"),
        ('[[on_call]]\nagents = ["bob@corp.example"]\n', "on_call.1.agents: bob@corp.example is not in [[agents]]"),
        (
            PEOPLE.format("") + '[[on_call]]\nagents = ["anna@corp.example"]\nteams = ["netwrk"]\n',
            "on_call.1.teams: there is no [teams.netwrk]",
        ),
        ('[[on_call]]\nagents = ["anna@corp.example"]\ndays = 0\n', "on_call.1.days: must be at least 1"),
        ('[renamed]\nold = "nowhere"\n', "renamed.old: there is no category or team nowhere"),
        ("[renamed]\nold = 3\n", "renamed: must be a table of codes in quotes"),
        ("[escalation]\nrepeat_at = [0.5]\n", "must be more than 1"),
    ],
)
def test_a_mistake_is_named_with_its_key_and_the_remedy(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert any(told in mistake for mistake in caught.value.mistakes), caught.value.mistakes


def test_a_day_of_a_24x7_target_is_a_working_day_where_nobody_is_on_call(tmp_path: Path) -> None:
    text = '[targets.P1]\nresolution = "1d"\n'
    assert read(tmp_path, text).policy.targets["P1"].resolution == 480
    assert read(tmp_path, text + "[alarm]\non_call = true\n").policy.targets["P1"].resolution == 1440
