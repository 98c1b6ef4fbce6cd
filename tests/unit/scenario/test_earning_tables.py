"""Tables of what energy earns in a scenario file: from text to kpis.json."""

import numpy as np
import pytest

import altay_energy as ae

TABLES = """
[economics.mechanism.wind]
price_cny_mwh = 250
share = 0.5
years = 10
market_price_cny_mwh = { file = "market.csv", column = "wind" }

[economics.capacity_price."battery.shed"]
terms = "xinjiang_storage_2026"

[economics.certificates]

[economics.carbon]
baseline = "fossil"

[economics.ageing."battery.shed"]
cells = "lmo_xu_2018"
"""


@pytest.fixture
def earning(scenario_file):
    """A scenario of two days with every table, and a market price of its own in a file."""
    path = scenario_file(TABLES)
    stamps = np.datetime64("2030-01-01T00:00") + np.arange(48).astype("timedelta64[h]")
    rows = [f"{stamp}+08:00,{150 + 5 * k}" for k, stamp in enumerate(stamps)]
    text = "\n".join(["time,wind", *rows]) + "\n"
    path.with_name("market.csv").write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_every_section(earning):
    run = ae.load(earning).run()
    assert list(run.kpis)[-2:] == ["earnings", "carbon"]
    (contract,) = run.kpis["earnings"]["contracts"].values()
    wind = run.dispatch.generation_mw["wind.farm"]
    price = 150.0 + 5.0 * np.arange(48)
    (market,) = contract["monthly_market_price_cny_mwh"]
    assert market == pytest.approx((price * wind).sum() / wind.sum())
    assert "life_years" in run.kpis["plants"]["battery.shed"]
    assert run.kpis["carbon"]["factors"]["baseline"] == "fossil"


def test_a_wrong_series_of_a_table_is_named_with_its_key(earning):
    file = earning.with_name("market.csv")
    file.write_text(file.read_text(encoding="utf-8").replace("wind", "wnd"), encoding="utf-8")
    with pytest.raises(ae.ScenarioError) as caught:
        ae.load(earning)
    assert "economics.mechanism.wind.market_price_cny_mwh" in str(caught.value)
    file.unlink()
    with pytest.raises(ae.ScenarioError) as caught:
        ae.load(earning)
    assert "economics.mechanism.wind.market_price_cny_mwh" in str(caught.value)


def test_a_series_in_another_unit_is_refused_when_it_is_read(earning):
    file = earning.with_name("market.csv")
    lines = file.read_text(encoding="utf-8").splitlines()
    rows = [line.partition(",")[0] + ",0.25" for line in lines[1:]]
    file.write_text("\n".join([lines[0], *rows]) + "\n", encoding="utf-8")
    with pytest.raises(ae.ScenarioError) as caught:
        ae.load(earning)
    assert "did you mean 250?" in str(caught.value)
    assert "economics.mechanism.wind" in str(caught.value)


def test_the_dispatch_is_the_same_with_and_without(earning, scenario_file):
    with_tables = ae.load(earning).run()
    without = ae.load(scenario_file(name="plain.toml")).run()
    assert set(without.kpis) == set(with_tables.kpis) - {"earnings", "carbon"}
    assert with_tables.kpis["kpis"] == without.kpis["kpis"]
    assert without.earnings is None
    assert without.carbon is None
    assert without.ageing == {}
