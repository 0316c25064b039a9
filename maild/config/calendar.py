"""The statutory holidays of a country with their swapped working days, for the business calendar."""

from collections.abc import Iterable
from datetime import date

# A country swaps regularly if it did so in at least this many of the ten years up to its last announced list.
_REGULAR_YEARS = 5
_LOOK_BACK = 10


def expand(
    country: str,
    years: Iterable[int],
    extra_holidays: Iterable[date] = (),
    extra_workdays: Iterable[date] = (),
) -> tuple[frozenset[date], frozenset[date], tuple[int, ...]]:
    """The `holidays` and `workdays` of a Calendar, and the years whose swapped working days (调休) are not known yet.

    `country` is an ISO 3166 code with an optional subdivision ("CN", "DE-BY"); empty means own days only. Own days beat
    the statutory ones. A year of a country that swaps regularly counts as unknown when it lies after the last list
    that the `holidays` package has and no own working day is given for it. Raises ValueError for a country that the
    package does not know and for a day that is both holiday and working day.
    """
    wanted = frozenset(years)
    own_off, own_on = frozenset(extra_holidays), frozenset(extra_workdays)
    both = sorted(own_off & own_on)
    if both:
        raise ValueError(f"{both[0]} stands both in extra_holidays and in extra_workdays: take it out of one")
    if not country or not wanted:
        return own_off, own_on, ()
    statutory, swapped = _statutory(country, frozenset(range(min(wanted) - _LOOK_BACK, max(wanted) + 1)))
    listed = sorted({day.year for day in swapped})
    unknown: tuple[int, ...] = ()
    if listed:
        last = listed[-1]
        regular = sum(last - _LOOK_BACK < year for year in listed) >= _REGULAR_YEARS
        given = {day.year for day in own_on}
        unknown = tuple(sorted(year for year in wanted if regular and year > last and year not in given))
    holidays = frozenset(day for day in statutory if day.year in wanted) | own_off
    workdays = (frozenset(day for day in swapped if day.year in wanted) - own_off) | own_on
    return holidays, workdays, unknown


def unknown_days(country: str, years: Iterable[int]) -> tuple[str, str]:
    """What is not known of these years, and what to do about it."""
    listed = ", ".join(map(str, years))
    return (
        f"the swapped working days (调休) of {listed} are not known: promises go by the statutory days of {country}"
        " alone",
        "update the package `holidays` and start maild again, or list them in [calendar] extra_workdays and"
        " extra_holidays and reload; open promises are then reckoned anew",
    )


def _statutory(country: str, years: frozenset[int]) -> tuple[frozenset[date], frozenset[date]]:
    # The package takes a tenth of a second to load, and a desk with own days only never needs it.
    from holidays import country_holidays

    code, _, part = country.partition("-")
    try:
        found = country_holidays(code.upper(), subdiv=part.upper() or None, years=years)
    except NotImplementedError as error:
        raise ValueError(
            f"no statutory holidays are known for {country!r} ({error}): "
            "give an ISO 3166 code such as CN or DE-BY, or leave it empty and list your own days"
        ) from error
    # weekend_workdays also holds days of years that nobody asked for.
    return frozenset(found), frozenset(day for day in found.weekend_workdays if day.year in years)
