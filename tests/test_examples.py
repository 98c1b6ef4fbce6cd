"""Each example answers its question in one sentence and draws a figure."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from matplotlib import image

EXAMPLES = Path(__file__).parents[1] / "examples"


def numbers(text: str) -> list[float]:
    return [float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\.?\d*", text)]


def batteries_trade_power_for_hours(answer: str) -> None:
    sizes = re.findall(r"(\d+) MW / (\d+) MWh", answer)
    power = [float(mw) for mw, _ in sizes]
    hours = [float(mwh) / float(mw) for mw, mwh in sizes]
    assert hours == pytest.approx([2, 4, 8], rel=0.01)
    assert 40 < power[2] < power[1] < power[0] < 480
    assert float(sizes[0][1]) == pytest.approx(864, rel=0.01)  # counting losses as use: 727


def station_gives_back_what_it_saves_less_its_losses(answer: str) -> None:
    saved, before, given_back, best = numbers(answer)
    assert 1_000 < saved < before / 4
    # the round trip of the station is 0.75; with it the battery saves a little less by itself
    assert given_back / saved == pytest.approx(0.75, abs=0.02)
    assert saved / 12 < best < saved / 6


def wind_carries_most_of_the_polar_night(answer: str) -> None:
    days, share, diesel_mwh = numbers(answer)
    assert 105 <= days <= 120
    assert 60 < share < 98
    assert diesel_mwh > 0


CHECKS = {
    "battery_for_jeminay": batteries_trade_power_for_hours,
    "burqin_station_by_month": station_gives_back_what_it_saves_less_its_losses,
    "polar_night": wind_carries_most_of_the_polar_night,
}


def test_every_example_is_checked():
    assert {path.stem for path in EXAMPLES.glob("*.py")} == set(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_an_example_answers_in_one_sentence_and_draws_a_figure(name, tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), str(tmp_path)],
        env={**os.environ, "MPLBACKEND": "Agg"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    CHECKS[name](done.stdout)
    assert [path.name for path in tmp_path.iterdir()] == [f"{name}.png"]
    picture = image.imread(tmp_path / f"{name}.png")
    assert picture.shape[0] > 600
    assert picture.shape[1] > 1200
    coloured = picture[..., :3].max(axis=-1) - picture[..., :3].min(axis=-1) > 0.2
    assert 0.002 < coloured.mean() < 0.6, "neither empty nor flooded"


@pytest.mark.parametrize("name", CHECKS)
def test_an_example_is_short(name):
    assert len((EXAMPLES / f"{name}.py").read_text(encoding="utf-8").splitlines()) <= 60
