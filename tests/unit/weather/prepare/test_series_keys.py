"""Keys that say how a series is read: units, steps, gaps, clock; and every fault at once."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from altay_energy.core.errors import SeriesError
from altay_energy.core.files.quantities import factor_of, unit_in_name
from altay_energy.core.files.table_spec import SeriesRef
from altay_energy.core.files.textfile import read_text
from altay_energy.core.timeline import Timeline
from altay_energy.weather.prepare.series_csv import SeriesFile

DAY = Timeline(Timeline.of_year(2030).start, 24)


def column_of(path, ref, timeline, unit):
    text = read_text(path, error=SeriesError)
    return SeriesFile(text, ref, timeline, [ref.column]).column(ref, unit)


def rows(values, minutes=60, suffix="+08:00", header="time,load", start="2030-01-01T00:00"):
    first = np.datetime64(start)
    stamps = [first + np.timedelta64(k * minutes, "m") for k in range(len(values))]
    return [header, *(f"{t}{suffix},{v}" for t, v in zip(stamps, values, strict=True))]


@pytest.fixture
def read(write):
    def to(lines, unit="MW", timeline=DAY, **keys):
        path = write("plan.csv", lines if isinstance(lines, str) else "\n".join(lines) + "\n")
        ref = SeriesRef(file="plan.csv", **{"column": "load", **keys})
        return column_of(path, ref, timeline, unit)

    return to


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("负荷(kW)", "kW"),
        ("负荷（万千瓦）", "万千瓦"),
        ("负荷kW", "kW"),
        ("负荷/kW", "kW"),
        ("load_kw", "kW"),
        ("Load [kW]", "kW"),
        ("PowerMW", "MW"),
        ("Power (W)", "W"),
        ("Demand_MW_z1", "MW"),
        ("price_cny_kwh", "CNY/kWh"),
        ("price_rmb_per_kwh", "CNY/kWh"),
        ("电价（元/千瓦时）", "CNY/kWh"),
        ("电价(元/度)", "CNY/kWh"),
        ("price (yuan/MWh)", "CNY/MWh"),
        ("lmp ($/MWh)", "$/MWh"),
        ("lmp_usd_mwh", "USD/MWh"),
        ("inflow_m3_s", "m3/s"),
        ("Q (m³/h)", "m3/h"),
        ("pv yield (kW/kW)", "1"),
        ("availability (%)", "%"),
        ("电量(kWh)", "kWh"),
        ("load", None),
        ("温度", None),
        ("用电负荷", None),
        ("wind", None),
        ("electricity price", None),
        ("mwanza", None),
        ("unit", None),
    ],
)
def test_the_unit_that_a_name_says(name, unit):
    assert unit_in_name(name) == unit


def test_a_factor_is_that_of_the_units_and_an_energy_is_shared_out_over_its_interval():
    assert factor_of("MW", "kW", 1.0) == pytest.approx(1e-3)
    assert factor_of("MW", "万千瓦", 1.0) == pytest.approx(10.0)
    assert factor_of("MW", "kWh", 0.25) == pytest.approx(4e-3)
    assert factor_of("CNY/MWh", "元/千瓦时", 1.0) == pytest.approx(1e3)
    assert factor_of("CNY/MWh", "元/kWh", 1.0) == pytest.approx(1e3)
    assert factor_of("CNY/MWh", "元/MWh", 1.0) == pytest.approx(1.0)
    assert factor_of("m³/s", "m3/h", 1.0) == pytest.approx(1 / 3600)
    assert factor_of("MW", "CNY/kWh", 1.0) is None


@pytest.mark.parametrize(
    ("name", "unit", "words"),
    [
        ("负荷(kW)", "MW", 'says kW, but the key is in MW; declare unit = "kW" to convert it'),
        ("load_kw", "MW", 'or unit = "MW" if the name is wrong'),
        ("price_cny_kwh", "CNY/MWh", 'says CNY/kWh, but the key is in CNY/MWh; declare unit = "C'),
        ("price_per_kwh", "CNY/MWh", "says CNY/kWh"),
        ("price (EUR/MWh)", "CNY/MWh", 'unit = "CNY/MWh" and factor, the rate of exchange'),
        ("load_kw", "-", "declare factor, one over the capacity in kW"),
        ("availability (%)", "-", 'declare unit = "%" to convert it'),
        ("flow_m3_h", "m³/s", 'declare unit = "m3/h" to convert it'),
        ("price_cny_kwh", "MW", 'says CNY/kWh, but the key is in MW; declare factor, or unit = "M'),
    ],
)
def test_a_name_that_says_another_unit_is_refused_with_a_remedy(read, name, unit, words):
    with pytest.raises(SeriesError) as error:
        read(rows(np.ones(24), header=f"time,{name}"), unit, column=name)
    assert words in str(error.value)


@pytest.mark.parametrize(
    ("keys", "value", "words"),
    [
        ({"unit": "kW"}, 1.0, "converted from kW to MW (declared)"),
        ({"unit": "MW"}, 1000.0, "the name of column 'load_kw' says kW; taken as MW"),
        ({"factor": 0.001}, 1.0, "column 'load_kw' × 0.001 converted to MW (declared)"),
        ({"unit": "kW", "factor": -2.0}, -2.0, "× -2 converted from kW to MW"),
    ],
)
def test_what_is_declared_decides_the_unit(write, keys, value, words):
    path = write("plan.csv", "\n".join(rows(np.full(24, 1000.0), header="time,load_kw")))
    ref = SeriesRef(file="plan.csv", column="load_kw", **keys)
    column = column_of(path, ref, DAY, "MW")
    np.testing.assert_allclose(column.values, value)
    assert words in "\n".join(column.notices)


def test_an_energy_of_whole_hours_is_its_mean_power(read):
    lines = rows(np.full(24, 3.0), header="time,load_mwh")
    np.testing.assert_array_equal(read(lines, column="load_mwh").values, 3.0)
    quarter = Timeline(DAY.start, 96, 0.25)
    lines = rows(np.full(96, 3.0), 15, header="time,load_mwh")
    with pytest.raises(SeriesError, match='declare unit = "MWh" to convert it'):
        read(lines, timeline=quarter, column="load_mwh")


def test_a_unit_that_is_none_here_is_answered_with_those_that_are(write):
    path = write("plan.csv", "\n".join(rows(np.ones(24))))
    ref = SeriesRef(file="plan.csv", column="load", unit="hp")
    with pytest.raises(SeriesError, match="unit = 'hp' is not known here; expected one of MW, W, "):
        column_of(path, ref, DAY, "MW")


def test_all_faults_of_a_series_are_named_at_once(read):
    lines = rows(np.arange(24.0), suffix="", header="time,load_kw")
    lines[3] = lines[3].replace(",2.0", ",much")
    lines[5] = lines[5].replace(",4.0", ",inf")
    with pytest.raises(SeriesError) as error:
        read(lines, column="load_kw")
    found = str(error.value).splitlines()
    assert len(found) == 4
    for words in ("does not say its offset", "'much' is not", "'inf' is infinite", "says kW"):
        assert any(words in line for line in found), words


def test_rows_between_the_steps_are_never_dropped(read):
    mixed = rows(np.full(12, 90.0), 30)[:12] + rows(np.full(18, 30.0), start="2030-01-01T06:00")[1:]
    with pytest.raises(SeriesError, match=r"line 3: 2030-01-01 00:30 lies between two steps"):
        read(mixed)
    finer = rows(np.full(40, 90.0), 30) + rows(np.full(5, 1.0), start="2030-01-01T20:00")[1:]
    with pytest.raises(SeriesError, match=r"3 intervals missing in 3 gaps"):
        read(finer, resample="mean")


def test_rows_between_the_steps_beside_the_period_do_no_harm(read):
    lines = [*rows(np.arange(24.0)), "2030-01-02T00:00+08:00,7", "2030-01-02T00:30+08:00,8"]
    np.testing.assert_array_equal(read(lines).values, np.arange(24.0))


def test_finer_steps_become_means_by_a_named_policy_alone(read):
    values = np.random.default_rng(1).uniform(0, 9, 96)
    with pytest.raises(SeriesError, match=r'15 min.*60 min; declare resample = "mean"'):
        read(rows(values, 15))
    column = read(rows(values, 15), resample="mean")
    np.testing.assert_allclose(column.values, values.reshape(24, 4).mean(axis=1))
    assert column.values.sum() == pytest.approx(values.sum() / 4)
    shifted = rows(values, 15, start="2029-12-31T23:50")
    with pytest.raises(SeriesError, match=r"2029-12-31 23:50 is not the beginning"):
        read([*shifted, "2030-01-01T23:50+08:00,1"], resample="mean")


def test_coarser_steps_hold_by_a_named_policy_alone(read):
    lines = rows(np.arange(9.0), 180, start="2029-12-31T22:00")
    with pytest.raises(SeriesError, match=r'180 min.*60 min; declare substeps = "hold"'):
        read(lines)
    hold = read(lines, substeps="hold").values
    np.testing.assert_array_equal(hold, (np.arange(24) + 2) // 3)


def test_steps_that_do_not_divide_have_no_policy(read):
    with pytest.raises(SeriesError, match="steps of 40 min, but the run has 60 min; give the"):
        read(rows(np.ones(40), 40), resample="mean")


def test_gaps_are_filled_by_a_named_policy_alone(read):
    lines = rows(np.arange(24.0))
    del lines[11]
    lines[14] = f"{lines[14].split(',')[0]},"
    with pytest.raises(SeriesError, match="1 interval missing in 1 gap: 2030-01-01 10:00"):
        read(lines)
    column = read(lines, max_gap_hours=1.0)
    np.testing.assert_allclose(column.values, np.arange(24.0))
    assert "2 intervals in gaps of up to 1 h interpolated" in "\n".join(column.notices)


def test_rows_are_sorted_where_that_is_declared(read):
    lines = rows(np.arange(24.0))
    shuffled = [lines[0], *lines[13:], *lines[1:13]]
    with pytest.raises(SeriesError, match="time runs backwards"):
        read(shuffled)
    np.testing.assert_array_equal(read(shuffled, sort=True).values, np.arange(24.0))
    shuffled[3] = shuffled[3].split(",")[0] + ","
    with pytest.raises(SeriesError, match=r"first in line 4 \(2030-01-01 14:00\)"):
        read(shuffled, sort=True)


@pytest.mark.parametrize(
    ("lines", "keys", "words"),
    [
        (rows(["1.234,5"] * 24), {"decimal": ","}, "cells, the header 2"),
        (rows(['"1.234"'] * 24), {"decimal": ","}, "has a point, but decimal = "),
        (rows(np.ones(24)), {"header_line": 99}, "line 99 is beyond the last, 25"),
        (["", *rows(np.ones(24))], {"header_line": 1}, "line 1 is empty"),
        (rows(np.ones(24)), {"start": "2030-01-01T00:00", "column": "lod"}, "did you mean 'load'"),
        (rows(np.ones(23)), {"start": "2030-01-01T00:00"}, "1 interval without a row"),
        (rows(np.ones(24)), {"column": "time"}, "column 'time' holds the stamps; name another"),
        (rows(np.ones(24), header="time,load,load"), {}, "cells, the header 3"),
        ('{"time": 1}', {}, "this is JSON, not CSV"),
        ("[[1, 2], [3, 4]]", {}, "this is JSON, not CSV"),
        ("[time],[load]\n1,2\n", {}, "no column is called 'load'"),
        (rows(np.ones(24), suffix="T"), {}, "is no time; write ISO 8601"),
        (rows(np.ones(24)), {"time_format": "%d.%m.%Y"}, "is no time as declared (%d.%m.%Y)"),
        (["time,load", *(f"{d}/1/2030,1" for d in (1, 2, 3))], {}, '"%d/%m/%Y" or time_format'),
        (["time,load", "31.12.2030 00:00,1", "1.1.2031 00:00,2"], {}, '"%d.%m.%Y %H:%M"'),
    ],
)
def test_what_is_declared_and_does_not_fit_is_refused(read, lines, keys, words):
    with pytest.raises(SeriesError) as error:
        read(lines, **keys)
    assert words in str(error.value)


def test_a_name_that_is_doubled_matters_where_it_is_asked_for_alone(read):
    lines = [f"{line},7,8" for line in rows(np.arange(24.0), header="time,load")]
    lines[0] = "time,load,x,x"
    np.testing.assert_array_equal(read(lines).values, np.arange(24.0))
    with pytest.raises(SeriesError, match="names columns more than once: 'x' × 2"):
        read(lines, column="x")


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"start": "2030-01-01T00:00", "time": "t"}, "start is for values without stamps"),
        ({"start": "1 May"}, "expected ISO 8601"),
        ({"step_hours": 1.0}, "step_hours goes with start"),
        ({"start": "2030-01-01T00:00", "step_hours": 1e-9}, "greater than or equal to 0.016"),
        ({"factor": 0.0}, "0 leaves nothing"),
        ({"header_line": [2, 1]}, "must rise"),
        ({"time_format": "%H:%M"}, "expected year, month and day as strptime"),
        ({"time_format": "day"}, "expected year, month and day as strptime"),
    ],
)
def test_keys_that_contradict_each_other_are_refused(keys, words):
    with pytest.raises(ValidationError, match=words):
        SeriesRef(file="plan.csv", column="load", **keys)


def test_an_offset_in_the_stamps_is_taken_whatever_is_declared(read):
    column = read(rows(np.arange(24.0)), utc_offset_hours=0.0)
    np.testing.assert_array_equal(column.values, np.arange(24.0))
    assert "carry their own offset, UTC+8, which is taken" in "\n".join(column.notices)
