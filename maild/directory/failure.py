"""What keeps the directory from being read or taken over."""


class DirectoryError(Exception):
    """The directory cannot be read, or is not taken over; `str()` says in one line what happened, `remedy` what to do.

    in_files   what is wrong stands in config.toml or another file here; else a server does not do as it should
    """

    def __init__(self, text: str, remedy: str, in_files: bool = False) -> None:
        super().__init__(text)
        self.remedy = remedy
        self.in_files = in_files
