"""Charts of synthetic years against the record that they were fitted to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes

from altay_energy.core.units import Array
from altay_energy.report.chart import canvas
from altay_energy.report.chart.palette import COLOURS
from altay_energy.report.text import Words
from altay_energy.weather.climate.statistics.record import ClimateRecord, temperature_anomaly
from altay_energy.weather.climate.statistics.statistics import (
    HOURS,
    SEASONS,
    daily_clearness,
    daily_course,
    lag_correlation,
    monthly_means,
    monthly_sums,
    seasonal_course,
)
from altay_energy.weather.climate.statistics.wind_record import as_kept, weibull_fit
from altay_energy.weather.climate.validation.check import ClimateCheck

Quantity = Literal["temperature", "ghi", "wind"]
Spell = Literal["cold", "overcast", "calm"]

RECORD, MADE = COLOURS["load"], COLOURS["generation"]
BAND_ALPHA = 0.22
QUANTILES = (0.05, 0.5, 0.95)
LAG_DAYS = 10
CLEARNESS_CELL = 0.05
MOST_CELLS = 20
DAY_TICKS = (1, 2, 3, 5, 7, 10, 14, 21, 30)
HOUR_TICKS = (1, 3, 6, 12, 24, 48, 100, 200, 500, 1000)


def plot_climate_months(
    check: ClimateCheck, quantity: Quantity, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw monthly means of the record and of the synthetic years.

    Parameters
    ----------
    check : ClimateCheck
    quantity : {"temperature", "ghi", "wind"}
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
        The band holds 90 % of the synthetic years, the line is their median.
    """

    def of(record: ClimateRecord) -> Array:
        if quantity == "ghi":
            return monthly_sums(record.ghi_w_m2) / 1000.0
        wind = quantity == "wind"
        return monthly_means(record.wind_speed_m_s if wind else record.temperature_c)

    with canvas.drawing(ax, language, 6.0, 4.0) as (ax, _, words):
        x = np.arange(12.0)
        _band(ax, x, of(check.made), words)
        _record(ax, x, of(check.real), words, marker="o")
        ax.set_xlim(-0.4, 11.4)
        months = [name[:3] for name in words.sequence("date", "months")]
        ax.set_xticks(x, months, fontsize=8.5)
        _finish(ax, words, f"months_{quantity}", zero=quantity != "temperature")
    return ax


def plot_climate_clearness(
    check: ClimateCheck, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw the frequency distribution of daily clearness.

    Parameters
    ----------
    check : ClimateCheck
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
        Bars are the record, line and band the synthetic years.
    """
    edges = np.arange(0.0, 1.0 + CLEARNESS_CELL / 2, CLEARNESS_CELL)
    real, made = (
        _shares(daily_clearness(one.ghi_w_m2, one.latitude), edges)
        for one in (check.real, check.made)
    )
    with canvas.drawing(ax, language, 6.0, 4.0) as (ax, _, words):
        _shares_drawn(ax, edges, real, made, words)
        ax.set_xlim(0.0, 0.9)
        _finish(ax, words, "clearness_days")
    return ax


def plot_climate_wind(check: ClimateCheck, *, ax: Axes | None = None, language: str = "en") -> Axes:
    """Draw the frequency distribution of wind speed, and the Weibull fits.

    Parameters
    ----------
    check : ClimateCheck
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
        Bars are the record, line and band the synthetic years rounded as the station rounds its
        observations, dashes the Weibull distribution of the record's hours with wind.
    """
    width = max(1.0, check.keeping.resolution_m_s)
    winds = [
        as_kept(one.wind_speed_m_s.reshape(one.years, -1), check.keeping)
        for one in (check.real, check.made)
    ]
    top = min(np.ceil(max(float(np.quantile(w, 0.999)) for w in winds)) + 1.0, 2.0 * MOST_CELLS)
    edges = np.arange(-width / 2, top + width, width)
    real, made = (_shares(wind, edges) for wind in winds)
    shape, scale = weibull_fit(winds[0].reshape(-1), check.keeping.resolution_m_s)
    with canvas.drawing(ax, language, 6.0, 4.0) as (ax, _, words):
        _shares_drawn(ax, edges, real, made, words)
        if np.isfinite(shape):
            v = np.linspace(width / 2, top, 200)
            density = shape / scale * (v / scale) ** (shape - 1) * np.exp(-((v / scale) ** shape))
            blowing = 1.0 - float(np.mean(winds[0] < width / 2))
            blowing /= float(np.exp(-((width / 2 / scale) ** shape)))
            label = words("climate_chart", "weibull", k=f"{shape:.2f}")
            ax.plot(v, blowing * density * width * 100, color=RECORD, ls=(0, (4, 2)), label=label)
        ax.set_xlim(-width / 2, top)
        _finish(ax, words, "wind_hours", legend=np.isfinite(shape))
    return ax


def plot_climate_course(
    check: ClimateCheck, quantity: Quantity, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw the mean diurnal profile of each season.

    Parameters
    ----------
    check : ClimateCheck
    quantity : {"temperature", "ghi", "wind"}
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
        Four days side by side, on the whole-hour clock nearest to the sun. Wind is rounded
        as the station rounds its observations.
    """

    def of(record: ClimateRecord) -> Array:
        hours = record.ghi_w_m2 if quantity == "ghi" else record.temperature_c
        if quantity == "wind":
            hours = as_kept(record.wind_speed_m_s.reshape(record.years, -1), check.keeping)
            hours = hours.reshape(record.wind_speed_m_s.shape)
        return np.stack([daily_course(hours, months) for months in SEASONS.values()], axis=1)

    real, made = of(check.real), of(check.made)
    with canvas.drawing(ax, language, 7.0, 4.0) as (ax, _, words):
        for k in range(len(SEASONS)):
            x = np.arange(HOURS, dtype=np.float64) + (k * HOURS + 0.5)
            _band(ax, x, made[:, k], words, labelled=k == 0)
            _record(ax, x, real[:, k], words, labelled=k == 0)
        for k in range(1, len(SEASONS)):
            ax.axvline(float(k * HOURS), color="#cccccc", lw=0.8)
        ax.set_xlim(0.0, len(SEASONS) * HOURS)
        noons = HOURS * np.arange(len(SEASONS)) + HOURS / 2
        seasons = words.sequence("climate_chart", "seasons")
        ax.set_xticks(noons, [f"12 h\n{name}" for name in seasons])
        _finish(ax, words, f"course_{quantity}", zero=quantity != "temperature")
    return ax


def plot_climate_persistence(
    check: ClimateCheck, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw the autocorrelation of daily temperature, clearness and wind.

    Parameters
    ----------
    check : ClimateCheck
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
        Correlation of daily anomalies with those of the days before. A single year determines it
        to about 0.1 only, which the band shows.
    """
    lags = np.arange(1, LAG_DAYS + 1)

    def of(daily: Array) -> Array:
        anomaly = daily - seasonal_course(daily)
        return np.stack([lag_correlation(anomaly, int(lag)) for lag in lags], axis=-1)

    def series(record: ClimateRecord) -> dict[str, Array]:
        return {
            "temperature": of(record.temperature_c.mean(-1)),
            "wind": of(record.wind_speed_m_s.mean(-1)),
            "clearness": of(daily_clearness(record.ghi_w_m2, record.latitude)),
        }

    real, made = series(check.real), series(check.made)
    colours = {"temperature": COLOURS["import"], "wind": MADE, "clearness": COLOURS["solar"]}
    with canvas.drawing(ax, language, 6.0, 4.0) as (ax, _, words):
        for name, colour in colours.items():
            low, middle, high = _quantiles(made[name])
            ax.fill_between(lags, low, high, color=colour, alpha=BAND_ALPHA, lw=0)
            ax.plot(lags, middle, color=colour, lw=1.6, label=words("climate_chart", name))
            own = np.mean(real[name], 0)
            ax.plot(lags, own, "o", color=colour, mec=RECORD, mew=0.9, ms=5.5, zorder=4)
        ax.axhline(0.0, color="#888888", lw=0.8)
        ax.set_xlim(0.7, LAG_DAYS + 0.3)
        ax.set_xticks(lags)
        _finish(ax, words, "persistence", zero=False, legend=True)
    return ax


def plot_climate_spells(
    check: ClimateCheck, kind: Spell, *, ax: Axes | None = None, language: str = "en"
) -> Axes:
    """Draw the number of periods a year that last at least so long.

    Parameters
    ----------
    check : ClimateCheck
    kind : {"cold", "overcast", "calm"}
    ax : Axes, optional
        Where to draw; a new figure by default.
    language : str
        ``"en"`` or ``"zh"``.

    Returns
    -------
    Axes
    """

    def lengths(record: ClimateRecord) -> list[Array]:
        return [_lengths(year) for year in _holds(record, check, kind)]

    real, made = lengths(check.real), lengths(check.made)
    longest = max([float(one.max(initial=1.0)) for one in (*real, *made)])
    x = np.unique(np.round(np.geomspace(1.0, max(longest, 2.0), 40)))
    with canvas.drawing(ax, language, 6.0, 4.0) as (ax, _, words):
        _band(ax, x, _at_least(made, x), words)
        _record(ax, x, _at_least(real, x), words, drawstyle="steps-mid")
        ax.set_yscale("symlog", linthresh=1.0)
        ax.set_xscale("log")
        steps = HOUR_TICKS if kind == "calm" else DAY_TICKS
        ticks = [tick for tick in steps if tick <= 1.1 * longest]
        ax.set_xticks(ticks, [str(t) for t in ticks])
        ax.minorticks_off()
        most = max(_at_least(made, x).max(), _at_least(real, x).max(), 1.0)
        marks = [0, 1, *(m for m in (2, 5, 10, 20, 50, 100, 200, 500, 1000) if m <= 1.3 * most)]
        ax.set_yticks(marks, [str(mark) for mark in marks])
        ax.set_xlim(0.95, max(longest, 2.0) * 1.05)
        limits = check.thresholds
        value = {
            "cold": f"{-limits.cold_k:.1f}",
            "overcast": f"{limits.overcast:.2f}",
            "calm": f"{limits.calm_m_s:.1f}",
        }[kind]
        _finish(ax, words, f"spells_{kind}", value=value)
    return ax


def _holds(record: ClimateRecord, check: ClimateCheck, kind: Spell) -> Array:
    """Return which days or hours are cold, overcast or calm, shape (Y, T)."""
    limits = check.thresholds
    if kind == "cold":
        return np.asarray(temperature_anomaly(record) < limits.cold_k)
    if kind == "overcast":
        return np.asarray(daily_clearness(record.ghi_w_m2, record.latitude) < limits.overcast)
    wind = as_kept(record.wind_speed_m_s.reshape(record.years, -1), check.keeping)
    return np.asarray(wind < limits.calm_m_s)


def _lengths(holds: Array) -> Array:
    edges = np.diff(np.concatenate(([0], holds.astype(np.int8), [0])))
    return (np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1)).astype(np.float64)


def _at_least(years: Sequence[Array], x: Array) -> Array:
    """Return the number of periods of each year that last at least x, shape (Y, len(x))."""
    return np.stack([(year[:, None] >= x).sum(0) for year in years]).astype(np.float64)


def _shares(values: Array, edges: Array) -> Array:
    """Return the share of the days or hours of each year in each bin, shape (Y, bins). [%]"""
    years = values.reshape(values.shape[0], -1)
    counted = [
        100.0 * np.histogram(y[np.isfinite(y)], edges)[0] / max(int(np.isfinite(y).sum()), 1)
        for y in years
    ]
    return np.stack(counted)


def _shares_drawn(ax: Axes, edges: Array, real: Array, made: Array, words: Words) -> None:
    middles, width = 0.5 * (edges[1:] + edges[:-1]), edges[1] - edges[0]
    label = words("climate_chart", "record")
    ax.bar(middles, real.mean(0), width=0.9 * width, color="#bbbbbb", lw=0, label=label)
    _band(ax, middles, made, words)


def _quantiles(years: Array) -> Array:
    """Return the ``QUANTILES`` over the years, shape (3, …); NaN where no year has a value."""
    known = np.isfinite(years).any(0)
    result = np.full((len(QUANTILES), years.shape[1]), np.nan)
    result[:, known] = np.nanquantile(years[:, known], QUANTILES, axis=0)
    return result


def _band(ax: Axes, x: Array, years: Array, words: Words, *, labelled: bool = True) -> None:
    low, middle, high = _quantiles(years)
    names = ("made_band", "made") if labelled else ()
    labels = [words("climate_chart", name) for name in names] or ["_", "_"]
    ax.fill_between(x, low, high, color=MADE, alpha=BAND_ALPHA, lw=0, label=labels[0])
    ax.plot(x, middle, color=MADE, lw=1.8, label=labels[1])


def _record(
    ax: Axes, x: Array, years: Array, words: Words, *, labelled: bool = True, **look: Any
) -> None:
    label = words("climate_chart", "record") if labelled else "_"
    ax.plot(x, years.mean(0), color=RECORD, lw=1.4, ms=3.5, label=label, **look)


def _finish(
    ax: Axes, words: Words, key: str, *, zero: bool = True, legend: bool = False, value: str = ""
) -> None:
    """Set title, units and grid of a panel."""
    names = words.tables["climate_chart"][key]
    ax.set_title(names["title"].format(value=value), fontsize=11.0)
    ax.set_xlabel(names.get("x", ""))
    ax.set_ylabel(names["y"])
    ax.grid(color="#e2e2e2", linewidth=0.7)
    if zero:
        ax.set_ylim(bottom=0.0)
    if legend:
        ax.legend(loc="upper right", fontsize=8.5)
