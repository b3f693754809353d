"""The list of prices, read once from `prices.toml` or from a file of the same form."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

_MILLION = 1_000_000
_SECTIONS = ("on_demand", "provisioned", "infrequent_access", "storage", "transfer", "streams", "regions")


class PriceError(ValueError):
    """A list of prices that is none; the text says what is wrong with it, in one line."""


@dataclass(frozen=True)
class PriceList:
    """Prices in one currency.

    Attributes:
        date: of when they are.
        currency: its code, such as "USD".
        sections: prices by section and name, in us-east-1.
    """

    date: str
    currency: str
    sections: dict[str, dict[str, float]]

    def of(self, section: str, name: str, region: str = "us-east-1") -> float:
        """One price in a region; regions that are not listed cost what us-east-1 does."""
        return self.sections[section][name] * self.sections["regions"].get(region, 1.0)

    def writes(self, units: float, region: str = "us-east-1") -> float:
        """What write units cost on demand."""
        assert units >= 0, f"{units} units"
        return units / _MILLION * self.of("on_demand", "write_units", region)

    def reads(self, units: float, region: str = "us-east-1") -> float:
        """What read units cost on demand."""
        assert units >= 0, f"{units} units"
        return units / _MILLION * self.of("on_demand", "read_units", region)

    def knows(self, region: str) -> bool:
        """Whether the list says what a region costs."""
        return region in self.sections["regions"]


def read_prices(path: Path) -> PriceList:
    """The prices of a file.

    Raises:
        PriceError: it cannot be read, or is no list of prices.
    """
    try:
        return _prices(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise PriceError(f"cannot read {path}: {error.strerror or error}") from None


@cache
def listed_prices() -> PriceList:
    """The prices that come with the package."""
    return _prices(files("minidynamo.prices").joinpath("prices.toml").read_text(encoding="utf-8"), "prices.toml")


def _prices(text: str, name: str) -> PriceList:
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise PriceError(f"{name} is no list of prices: {error}") from None
    missing = [section for section in _SECTIONS if not isinstance(read.get(section), dict)]
    if missing or not isinstance(read.get("date"), str):
        raise PriceError(f"{name} is no list of prices: there is no {', '.join(missing) or 'date'} in it")
    wrong = [
        f"{section}.{key}"
        for section in _SECTIONS
        for key, value in read[section].items()
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0
    ]
    if wrong:
        raise PriceError(f"{name} is no list of prices: {wrong[0]} is no amount")
    return PriceList(read["date"], str(read.get("currency", "USD")), {name: read[name] for name in _SECTIONS})
