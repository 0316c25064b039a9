"""A story told piece by piece, so that a test may change the desk between the pieces and look into its database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import text

from maild import desk
from maild.config import Settings, load
from maild.store.engine import open_engine
from tests.stories.play import _Play
from tests.stories.script import read
from tests.stories.stage import Memory, copy_template, settings_for, sqlite_template


class Piecewise:
    """A desk in memory whose story goes on as long as the test likes."""

    # The bytes of a database with maild's schema, made once.
    _template: bytes | None = None

    def __init__(self, folder: Path, **sections: Any) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        settings = self._read(sections)
        if Piecewise._template is None:
            Piecewise._template = sqlite_template(folder).read_bytes()
        (folder / "template.db").write_bytes(Piecewise._template)
        engine = open_engine(copy_template(folder / "template.db", folder / "maild.db"))
        self.stage = Memory(settings, engine, desk.writer(settings, desk.tokens(settings)))
        desk.note_config(settings.policy, engine, self.stage.now)
        self._play: _Play | None = None

    def _read(self, sections: dict[str, Any]) -> Settings:
        return settings_for(sections, daemon={"state_dir": str(self._folder)})

    @property
    def settings(self) -> Settings:
        return self.stage.settings

    def goes_on(self, lines: str) -> None:
        """Play these lines of a story, all of whose letters must be expected."""
        self.goes_on_with(lines)
        assert self._play is not None
        self._play._nothing_left("the end of the piece")

    def goes_on_with(self, lines: str) -> None:
        """Play these lines; letters that they do not expect may be expected by the next ones."""
        (self._folder / "story.txt").write_text(f"# a piece\n{lines}")
        story = read(self._folder)
        if self._play is None:
            self._play = _Play(story, self.stage)
        for step in story.steps:
            self._play._step(step)

    def reload(self, **sections: Any) -> bool:
        """Another config.toml, as SIGHUP brings it in; whether the tickets hear of it."""
        return self.reload_as(self._read(sections))

    def from_sections(self, **sections: Any) -> Settings:
        """Settings in which these sections replace the shipped ones altogether."""
        return load(None, {"calendar": {"country": ""}, "daemon": {"state_dir": str(self._folder)}, **sections})

    def reload_as(self, settings: Settings) -> bool:
        """As `reload`, with settings that are made already."""
        desk.check_codes(settings, self.stage.engine)
        writer = desk.writer(settings, desk.tokens(settings))
        self.stage.settings, self.stage.writer = settings, writer
        for user in (self.stage._receiver, self.stage._ticker, self.stage._chores):
            user.use(writer)
        heard = desk.note_config(settings.policy, self.stage.engine, self.stage.now)
        self.stage.settle()
        if self._play is not None:
            self._play._collect()
        return heard

    def rows(self, statement: str, **values: object) -> list[Any]:
        with self.stage.engine.connect().execution_options(maild_reading=True) as connection:
            return list(connection.execute(text(statement), values).all())
