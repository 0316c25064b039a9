"""config.toml → frozen settings. Every mistake is named by its key with its remedy, all of them at once."""

from maild.config.directory import DirectorySection
from maild.config.load import ConfigError, Settings, load
from maild.config.secrets import SecretMissing, read_secret

__all__ = ["ConfigError", "DirectorySection", "SecretMissing", "Settings", "load", "read_secret"]
