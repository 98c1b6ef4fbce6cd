"""Hydrogen stores."""

import pytest
from numpy.testing import assert_allclose

import altay_energy as ae

STORE = {"electrolyser_mw": 20.0, "fuel_cell_mw": 10.0, "energy_mwh": 6000.0}


def test_the_defaults_are_the_published_figures():
    store = ae.HydrogenStorage(**STORE)
    assert_allclose(33.33 / store.electrolyser_efficiency, 55.0, rtol=1e-3)  # kWh/kg, DOE
    # 1 kg takes 55 kWh in the electrolyser and 1.7 kWh in the compressor
    assert_allclose(store.limits.charge_efficiency, 33.33 / (55.0 + 1.7), rtol=1e-3)
    assert_allclose(store.limits.charge_mw, 20.0 * (55.0 + 1.7) / 55.0, rtol=1e-3)
    assert store.limits.discharge_efficiency == 0.5
    assert store.limits.standing_loss_per_hour == 0.0


def test_a_small_compressor_limits_charging():
    need = ae.HydrogenStorage(**STORE).compressor_share * 20.0
    whole = ae.HydrogenStorage(**STORE, compressor_mw=need)
    half = ae.HydrogenStorage(**STORE, compressor_mw=need / 2)
    assert_allclose(half.limits.charge_mw, whole.limits.charge_mw / 2)
    assert half.limits.charge_efficiency == whole.limits.charge_efficiency
    assert half.limit_keys["charge_mw"][0] == "compressor_mw"
    assert whole.limit_keys["charge_mw"][0] == "electrolyser_mw"


def test_without_compression_there_is_none():
    store = ae.HydrogenStorage(**STORE, compression_kwh_kg=0, compressor_mw=0)
    assert (store.limits.charge_mw, store.limits.charge_efficiency) == (20.0, 0.606)


def test_cushion_gas_is_not_used():
    store = ae.HydrogenStorage(**STORE, min_level=0.25, initial_level=0.5)
    assert_allclose(store.limits.usable_energy_mwh, 4500.0)
    assert_allclose(store.limits.initial_usable_mwh, 1500.0)
    with pytest.raises(ae.ScenarioError, match=r"min_level = 0\.6 must be below max_level = 0\.5"):
        ae.HydrogenStorage(**STORE, min_level=0.6, max_level=0.5)


def test_a_store_between_seasons_is_usual_and_one_of_years_is_not():
    assert ae.HydrogenStorage(**STORE | {"energy_mwh": 40_000.0}).limits.usable_energy_mwh == 4e4
    with pytest.raises(
        ae.ScenarioError, match=r"is 5000 h at full power \(expected 0\.1 to 4400 h"
    ):
        ae.HydrogenStorage(**STORE | {"energy_mwh": 50_000.0})


def test_an_explanation_names_the_keys_of_the_store(tmp_path):
    """The load of a night is more than the fuel cell gives: its key is what has to grow."""
    text = """
    schema_version = 1
    name = "night"
    [time]
    start = "2030-01-01T00:00"
    hours = 24
    [hydrogen.tank]
    electrolyser_mw = 4
    fuel_cell_mw = 2
    energy_mwh = 100
    initial_level = 1
    [load.town]
    profile = 3
    [dispatch]
    method = "optimal"
    terminal = "free"
    unserved_max_mwh = 0
    """
    path = tmp_path / "night.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ae.NoSolutionError, match=r"hydrogen\.tank\.fuel_cell_mw") as refused:
        ae.load(path).run()
    assert "hydrogen.tank.discharge_mw" not in str(refused.value)


def test_the_compressor_follows_the_electrolyser_where_it_is_not_given():
    store = ae.HydrogenStorage(**STORE)
    power, meaning = store.derived(None)["compressor_mw"]
    assert_allclose(power, 20.0 * 1.7 / 55.0, rtol=1e-3)
    assert meaning.endswith("[MW]")
    assert store.with_(compressor_mw=power * 1.00001).limits == store.limits
    assert store.with_(compressor_mw=1.0).derived(None) == {}
