"""What all tables of maild are made of: the metadata with its names, and the kinds of columns that many have."""

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData, text

from maild.store.types import CleanText

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite knows AUTOINCREMENT for INTEGER alone, and its INTEGER has 64 bits anyway.
Id = BigInteger().with_variant(Integer, "sqlite")
EMPTY = text("''")
ZERO = text("0")


def id_() -> Column[int]:
    return Column("id", Id, primary_key=True, autoincrement=True)


def ref(name: str, target: str, **options: object) -> Column[int]:
    return Column(name, Id, ForeignKey(target), **options)  # type: ignore[arg-type]  # keyword pass-through


def text_(name: str, **options: object) -> Column[str]:
    return Column(name, CleanText, nullable=False, server_default=EMPTY, **options)  # type: ignore[arg-type]  # ditto
