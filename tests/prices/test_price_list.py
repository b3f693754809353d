"""The list of prices: with its date, by region, and replaced by a file of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from minidynamo.prices.price_list import PriceError, listed_prices, read_prices


def test_a_million_units_cost_what_is_listed() -> None:
    """On demand, in us-east-1; elsewhere by the factor of the region."""
    prices = listed_prices()
    assert (prices.writes(1_000_000), prices.reads(1_000_000)) == (0.625, 0.125)
    assert prices.writes(1_000_000, "sa-east-1") == pytest.approx(0.9375)
    assert prices.date == "2024-11-14"
    assert not prices.knows("mars-north-1")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[streams]", "[brooks]", "there is no streams in it"),
        ('date = "2024-11-14"', "", "there is no date in it"),
        ("export = 0.10", 'export = "dear"', "transfer.export is no amount"),
        ("[regions]", "[regions", "is no list of prices: "),
    ],
)
def test_what_is_no_list_is_refused(tmp_path: Path, old: str, new: str, said: str) -> None:
    """In one line that says why."""
    own = Path(__file__).parents[2] / "minidynamo/prices/prices.toml"
    path = tmp_path / "own.toml"
    path.write_text(own.read_text().replace(old, new))
    with pytest.raises(PriceError, match=said):
        read_prices(path)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """By its name."""
    with pytest.raises(PriceError, match=r"cannot read .*none\.toml: No such file"):
        read_prices(tmp_path / "none.toml")
