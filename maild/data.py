"""Where templates/ and config.toml stand: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path


def data_dir() -> Path:
    """The folder that holds `templates/` and the shipped `config.toml`."""
    package = Path(__file__).resolve().parent
    for folder in (package / "_data", package.parent):
        if (folder / "templates").is_dir() and (folder / "config.toml").is_file():
            return folder
    raise FileNotFoundError(
        f"templates/ and config.toml are missing beside {package}: the installation is incomplete, install maild again"
    )
