"""Tables of words, written one behind the other so that a reader sees many at once."""


def phrases(table: str) -> tuple[str, ...]:
    """The entries between the bars of `a|b|c`, in order; blanks belong to them."""
    return tuple(table.split("|"))
