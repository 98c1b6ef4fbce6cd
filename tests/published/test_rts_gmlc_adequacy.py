"""Generators of RTS-GMLC with their outage times, against the convolution of their capacity table.

The 73 thermal generators, 8,076 MW in eight groups of equal units. The load is constant, so that
the capacity outage table gives hours of loss and energy not served exactly.
"""

import csv

import numpy as np
import pytest

import altay_energy as ae
from altay_energy.components.settings.adequacy import AdequacySettings, Outages
from altay_energy.core.timeline import Timeline
from altay_energy.study.adequacy.adequacy import adequacy_of, adequacy_rows
from altay_energy.study.ensemble.ensemble import Shared

LOAD_MW = 7100
YEARS = 60


@pytest.fixture(scope="module")
def groups(shared_data):
    """Equal generators: (power, mean time to fail, mean time to repair) to their number."""
    file = shared_data / "rts_gmlc" / "SourceData" / "gen.csv"
    if not file.is_file():
        pytest.skip("the data of RTS-GMLC are not here")
    found = {}
    with file.open() as text:
        for row in csv.DictReader(text):
            times = float(row["MTTF Hr"]), float(row["MTTR Hr"])
            power = float(row["PMax MW"])
            if row["Fuel"] in ("Coal", "NG", "Oil", "Nuclear") and times[0] > 0.0:
                found[power, *times] = found.get((power, *times), 0) + 1
    return found


def system_of(groups):
    """The generators off the grid, each group one plant, with a constant load."""
    plants, tables = {}, {}
    for number, ((power, fail, repair), units) in enumerate(groups.items()):
        plants[f"g{number}"] = ae.ThermalPlant(capacity_mw=units * power, fuel_cost_cny_mwh=300.0)
        tables[f"thermal.g{number}"] = Outages(
            units=units, mean_time_to_fail_h=fail, mean_time_to_repair_h=repair
        )
    portfolio = ae.Portfolio(
        timeline=Timeline.of_year(2030),
        name="rts-gmlc",
        thermal=plants,
        load={"flat": ae.Load(profile=float(LOAD_MW))},
    )
    settings = AdequacySettings(draws=1, seed=1, outages=tables)
    return adequacy_of(Shared((portfolio,)), range(1, YEARS + 1), settings, {})


def capacity_table(groups):
    """Probability of each power in service, in MW, by convolution of all units."""
    table = np.ones(1)
    for (power, fail, repair), units in groups.items():
        size, rate = round(power), repair / (fail + repair)
        assert size == power
        for _ in range(units):
            more = np.zeros(table.size + size)
            more[: table.size] += rate * table
            more[size:] += (1.0 - rate) * table
            table = more
    return table


@pytest.mark.slow
def test_units_of_rts_gmlc_against_the_convolution_of_their_capacity_table(groups):
    table = capacity_table(groups)
    short = np.maximum(LOAD_MW - np.arange(table.size), 0.0)
    exact = {"lolh_h": 8760.0 * table[short > 0.0].sum(), "eens_mwh": 8760.0 * (table @ short)}
    adequacy = system_of(groups)
    jobs = list(adequacy.jobs)
    rows = [
        row
        for first in range(0, YEARS, 8)
        for row in adequacy_rows(adequacy, jobs[first : first + 8])
    ]
    for name, value in exact.items():
        found = np.array([row[name] for row in rows])
        error = found.std(ddof=1) / np.sqrt(found.size)
        assert abs(found.mean() - value) < 3.0 * error
        assert error < 0.2 * value
