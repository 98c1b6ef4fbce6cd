"""Write docs/reference.md from the scenario models and the data that come with the package.

python tools/write_reference.py            writes the page
python tools/write_reference.py --check    exit status 1 if the page is not what it would write
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from altay_energy.components.base import Component, SeriesRef, Usual
from altay_energy.components.demand.sectors import SECTORS
from altay_energy.components.money.dated_prices import CAPACITY_TERMS, MECHANISM_TERMS
from altay_energy.components.settings.rule_set import RULES, RuleSet
from altay_energy.components.supply.network_tariff import NETWORK_TARIFFS
from altay_energy.components.supply.tariffs import TARIFFS
from altay_energy.components.supply.time_of_use import TIMES_OF_USE
from altay_energy.resource.battery.cells import CELLS
from altay_energy.resource.runoff.rivers import RIVERS
from altay_energy.resource.wind.turbines import TURBINES
from altay_energy.scenario.model import NAMED_TABLES, ScenarioFile, json_schema
from altay_energy.weather.climate.model.generate import climate_points

PAGE = Path(__file__).parents[1] / "docs" / "reference.md"

INTRO = """\
# Reference: every key of a scenario

This page is written by `tools/write_reference.py` from the models that check scenario files; a test
keeps the two equal. [Scenario files](scenario.md) explains how to use them. `altay-energy schema`
prints the same as JSON Schema.

- A number may be written without a decimal point. Text is written in quotes.
- *series* means `{ file = "loads.csv", column = "mine" }` with the keys of
  [series from files](#series-from-files).
- *usually* gives the ordinary range: a value outside it is refused as a likely mistake of the unit,
  unless the scenario says `allow_unusual = true`. 0 is never unusual.
- A key without a default is **required**; *none* means that nothing is assumed in its place.
- `NAME` is a name that you choose.
- Names of [turbines](#turbines), [tariffs](#tariffs), [sectors](#sectors), [rules](#rules) and
  [climate points](#climate-points) are at the end. [Dispatch](dispatch.md) explains the keys of
  `[dispatch]`, [weather files](weather.md) those of `[weather]`.
"""

INLINE = {
    "WeatherFileSpec": ("`[weather.files.NAME]`", "a weather file"),
    "WarmingSettings": ("`[weather.warming]`", "a warmer climate"),
    "TurbineSpec": ("`[wind.NAME.turbine]`", "a curve of your own"),
    "GenericTurbineSpec": ("`[wind.NAME.turbine]`", "a generic curve"),
    "EfficiencyCurve": ("`[hydro.NAME.efficiency_curve]`", "a curve of your own"),
    "HydroReservoir": ("`[hydro.NAME.reservoir]`", "a reservoir"),
    "WindLayout": ("`[wind.NAME.layout]`", "where the turbines stand"),
    "FuelCurve": ("`[thermal.NAME.fuel_curve]`", "fuel by load"),
    "Basin": ("`[pumped_storage.NAME.upper]`, `[pumped_storage.NAME.lower]`", "a reservoir"),
    "Outage": ("`[pumped_storage.NAME.outages.NAME]`", "a planned outage"),
    "UnitsSettings": ("`[dispatch.units]`", "how long units are searched"),
    "RollingSettings": ("`[dispatch.rolling]`", "day by day"),
    "ForecastSettings": ("`[dispatch.forecast]`", "errors of forecasts"),
    "GridBill": ("`[grid.bill]`", "the bill part by part"),
    "PlantCosts": ("`[economics.costs.NAME]`", "costs of a kind or a plant"),
    "Mechanism": ("`[economics.mechanism.NAME]`", "a mechanism price"),
    "CapacityPrice": ("`[economics.capacity_price.NAME]`", "a capacity price"),
    "PumpedStoragePrice": ("`[economics.pumped_storage]`", "the price of pumped storage"),
    "Certificates": ("`[economics.certificates]`", "green certificates"),
    "CarbonSettings": ("`[economics.carbon]`", "what emission is avoided against"),
    "Ageing": ("`[economics.ageing.NAME]`", "ageing of a battery"),
    "Outages": ("`[adequacy.outages.PLANT]`", "outages of a plant"),
    "Maintenance": ("`[adequacy.outages.PLANT.maintenance.NAME]`", "planned maintenance"),
    "OwnFile": ("`pumped_storage.NAME.hill`", "a hill of your own"),
}
"""Models that stand inside a table: class → its table, and what it is."""

INLINE_OF = {
    "economics": (
        "PlantCosts",
        "Mechanism",
        "CapacityPrice",
        "PumpedStoragePrice",
        "Certificates",
        "CarbonSettings",
        "Ageing",
    ),
    "adequacy": ("Outages", "Maintenance"),
    "grid": ("GridBill",),
    "weather": ("WeatherFileSpec", "WarmingSettings"),
    "dispatch": ("UnitsSettings", "RollingSettings", "ForecastSettings"),
    "hydro": ("HydroReservoir", "EfficiencyCurve"),
    "thermal": ("FuelCurve",),
    "wind": ("TurbineSpec", "GenericTurbineSpec", "WindLayout"),
    "pumped_storage": ("Basin", "Outage", "OwnFile"),
}
"""Table → the models that are shown after it."""

LISTS = {
    "sector": SECTORS.names,
    "tariff": TARIFFS.names,
    "rule": RULES.names,
    "network tariff": NETWORK_TARIFFS.names,
    "time-of-use table": TIMES_OF_USE.names,
}
"""Long lists of names: one of them → what gives them all."""


def _usual(annotation: Any, metadata: Sequence[Any] = ()) -> Iterator[Usual]:
    """Ordinary ranges of a field, also those within ``X | None``."""
    given = (*metadata, *getattr(annotation, "__metadata__", ()))
    yield from (item for item in given if isinstance(item, Usual))
    for branch in typing.get_args(annotation):
        yield from _usual(branch)


def reference() -> str:
    """The whole page."""
    schema = json_schema()
    parts = [
        INTRO,
        *_tables(schema),
        *_series(),
        *_catalogues(),
        *_rivers(),
        *_rules(),
        *_prices(),
        *_cells(),
    ]
    return "\n".join(parts)


def _tables(schema: Mapping[str, Any]) -> Iterator[str]:
    single, named = _kinds(schema)
    top = [key for key in schema["properties"] if key not in single and key not in named]
    order = ["extends", "without", *(k for k in top if k not in ("extends", "without"))]
    yield "## At the top of the file\n"
    yield _keys(schema, order, ScenarioFile, schema)
    for kind in ScenarioFile.model_fields:
        if kind in single or kind in named:
            name = (single | named)[kind]
            heading = f"[{kind}.NAME]" if kind in named else f"[{kind}]"
            yield from _table(f"## `{heading}`", name, schema)
            for inline in INLINE_OF.get(kind, ()):
                yield from _table(f"### {', '.join(INLINE[inline])}", inline, schema)


def _kinds(schema: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Tables of their own and tables with names: key → model."""
    single, named = {}, {}
    for key, entry in schema["properties"].items():
        if key in NAMED_TABLES:
            named[key] = _model_name(entry["additionalProperties"])
        elif found := _model_name(entry):
            single[key] = found
    return single, named


def _model_name(entry: Mapping[str, Any]) -> str:
    """Class that an entry refers to, or nothing."""
    branches = entry.get("anyOf", [entry])
    references = [str(branch["$ref"]) for branch in branches if "$ref" in branch]
    return references[0].rsplit("/", 1)[-1] if references else ""


def _table(heading: str, name: str, schema: Mapping[str, Any]) -> Iterator[str]:
    model = _models(ScenarioFile)[name]
    text = inspect.cleandoc(model.__doc__ or "").replace("``", "`")
    if not issubclass(model, Component):  # the rest of these is for readers of the code
        text = text.split("\n\n")[0]
    yield f"{heading}\n\n{text}\n"
    own = schema["$defs"][name]
    yield _keys(own, list(own["properties"]), model, schema)


def _models(model: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The model and all that its fields mention, by class name."""
    found: dict[str, type[BaseModel]] = {}

    def visit(annotation: Any) -> None:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            if annotation.__name__ not in found:
                found[annotation.__name__] = annotation
                for field in annotation.model_fields.values():
                    visit(field.annotation)
            return
        for branch in getattr(annotation, "__args__", ()):
            visit(branch)

    visit(model)
    return found


def _keys(
    own: Mapping[str, Any], names: Sequence[str], model: type[BaseModel], schema: Mapping[str, Any]
) -> str:
    rows = []
    for name in names:
        entry = own["properties"][name]
        field = model.model_fields.get(name)
        found = re.fullmatch(r"(.*?)(?: \[([^\]\"]+)\])?", entry["description"], re.DOTALL)
        assert found is not None
        usual = (
            []
            if field is None
            else [
                f"usually {_number(u.low)} to {_number(u.high)}"
                for u in _usual(field.annotation, field.metadata)
            ]
        )
        value = ", ".join(dict.fromkeys([_type(entry), *usual]))
        unit = found[2] if found[2] not in (None, "-") else ""
        default = "**required**" if name in own.get("required", []) else _default(entry)
        rows.append((f"`{name}`", value, unit, default, found[1]))
    return _rows(("key", "value", "unit", "default", "meaning"), rows)


def _type(entry: Mapping[str, Any]) -> str:
    """What may stand there, in words."""
    if "anyOf" in entry:
        texts = [_type(b) for b in entry["anyOf"] if b.get("type") != "null" and b != {"not": {}}]
        return " or ".join(text for text in dict.fromkeys(texts) if text)
    if "$ref" in entry:
        return f"table ({INLINE[_model_name(entry)][1]}, below)"
    if "const" in entry:
        return f"`{entry['const']}`"
    if "enum" in entry:
        for one, names in LISTS.items():
            if list(entry["enum"]) == list(names):
                return f"name of a [{one}](#{one.replace(' ', '-')}s)"
        return ", ".join(f"`{_literal(option)}`" for option in entry["enum"])
    match entry.get("type"):
        case "number" | "integer":
            kind = "number" if entry["type"] == "number" else "whole number"
            return f"{kind} {_bounds(entry)}".strip()
        case "boolean":
            return "`true`, `false`"
        case "string":
            return "text"
        case "array":
            least, most = entry.get("minItems"), entry.get("maxItems")
            count = f"{'' if least == most else 'at least '}{least} of: " if least else ""
            return f"list of {count}{_type(entry['items'])}"
        case "object" if "column" in entry.get("properties", {}):
            return "series"
        case "object" if "file" in entry.get("properties", {}):
            return '`{ file = "my.toml" }`'
        case "object":
            return f"`NAME` = {_type(entry['additionalProperties'])}"
    raise ValueError(f"no words for {entry}")


def _bounds(entry: Mapping[str, Any]) -> str:
    low, high = entry.get("minimum"), entry.get("maximum")
    over, under = entry.get("exclusiveMinimum"), entry.get("exclusiveMaximum")
    if low is not None and high is not None:
        return f"from {_number(low)} to {_number(high)}"
    signs = {"≥": low, ">": over, "≤": high, "<": under}
    return ", ".join(f"{sign} {_number(v)}" for sign, v in signs.items() if v is not None)


def _number(value: float) -> str:
    return f"{value:,.10g}"


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _default(entry: Mapping[str, Any]) -> str:
    value = entry.get("default")
    if value is None or value in ("", [], {}):
        return "none"
    if value == list(range(1, 13)):
        return "1 to 12"
    return f"`{f'{value:.6g}' if isinstance(value, float) else _literal(value)}`"


def _series() -> Iterator[str]:
    yield "## Series from files\n\nKeys of the table that names a column of a CSV file, see"
    yield "[series](scenario.md#series-from-csv-files). Weather files in CSV share most of them.\n"
    own = SeriesRef.model_json_schema()
    names = ["file", "column", "unit", "factor", *own["properties"]]
    yield _keys(own, list(dict.fromkeys(names)), SeriesRef, own)


def _catalogues() -> Iterator[str]:
    yield "## Turbines\n\nNames for `turbine`. A published curve is read from its source; a generic"
    yield "one follows rating and rotor (Saint-Drenan et al. 2020), see [wind](models/wind.md).\n"
    machines = [TURBINES.load(name) for name in TURBINES.names]
    yield _rows(
        ("name", "MW", "rotor m", "hub m", "curve", "what it is", "assumed"),
        [
            (
                f"`{m.name}`",
                _number(m.rated_mw),
                _number(m.rotor_diameter_m or 0.0),
                ", ".join(_number(height) for height in m.hub_heights_m),
                "generic" if "generic model" in m.source else "published",
                m.title,
                ", ".join(f"`{key}`" for key in m.assumed) or "nothing",
            )
            for m in machines
        ],
    )
    yield "Where they come from:\n"
    yield "\n".join(f"- `{m.name}`: {m.source.rstrip('.')}. {m.note}" for m in machines) + "\n"
    yield "## Tariffs\n\nNames for `import_price_cny_mwh` and `export_price_cny_mwh`.\n"
    prices = [TARIFFS.load(name) for name in TARIFFS.names]
    yield _rows(
        ("name", "CNY/MWh", "holds from", "what it is", "source", "note"),
        [
            (
                f"`{t.name}`",
                " to ".join(
                    dict.fromkeys(
                        _number(v) for v in (t.price_cny_mwh.min(), t.price_cny_mwh.max())
                    )
                ),
                t.validity(),
                t.title,
                f"<{t.source}>",
                t.note,
            )
            for t in prices
        ],
    )
    yield from _of_bills()
    yield "## Sectors\n\nNames for `sector` of a load, see [loads](components-notes.md#loads).\n"
    yield _rows(
        ("name", "what it is", "中文", "moved by the weather of its site", "source of the shape"),
        [
            (
                f"`{s.name}`",
                s.title,
                s.title_zh,
                "yes" if s.depends_on_weather else "no",
                f"<{s.source}>" if s.source.startswith("http") else s.source,
            )
            for s in map(SECTORS.load, SECTORS.names)
        ],
    )
    yield "## Climate points\n\nNames for `sites.NAME.climate`, see [climate](climate.md)."
    yield "Wind is the long-term mean at 100 m; hours are the full-load hours it was set to.\n"
    yield _rows(
        ("name", "中文", "latitude", "longitude", "elevation m", "wind m/s", "hours", "of turbine"),
        [
            (
                f"`{p.name}`",
                p.name_zh,
                f"{p.latitude:.2f}",
                f"{p.longitude:.2f}",
                _number(p.elevation_m),
                f"{p.station.monthly['wind_m_s'].mean():.2f}",
                _number(p.wind_full_load_hours),
                f"`{p.wind_turbine}`",
            )
            for p in climate_points().values()
        ],
    )


def _of_bills() -> Iterator[str]:
    yield "## Network tariffs\n\nNames for `grid.bill.network`; prices include value-added tax.\n"
    for name in NETWORK_TARIFFS.names:
        tariff = NETWORK_TARIFFS.load(name)
        for one in tariff.versions:
            yield f"`{name}`, {tariff.title}, from {one.valid_from}; {one.source}.\n"
            yield _rows(
                (
                    "voltage",
                    "single-part CNY/MWh",
                    "two-part CNY/MWh",
                    "demand CNY/kW a month",
                    "capacity CNY/kVA a month",
                ),
                [
                    (
                        row.title,
                        *(
                            "-" if price is None else _number(price)
                            for price in (
                                row.single_part_cny_mwh,
                                row.two_part_cny_mwh,
                                row.demand_cny_kw_month,
                                row.capacity_cny_kva_month,
                            )
                        ),
                    )
                    for row in one.voltages
                ],
            )
    yield "## Time-of-use tables\n\nNames for `grid.bill.time_of_use`; hours are Beijing time.\n"
    for name in TIMES_OF_USE.names:
        table = TIMES_OF_USE.load(name)
        for version in table.versions:
            yield (
                f"`{name}`, {table.title}, from {version.valid_from}: {version.document}. "
                f"{version.source}; {version.note}.\n"
            )
            yield _rows(
                ("level", "factor", "hours", "months"),
                [
                    (
                        part.level,
                        _number(version.multipliers[part.level]),
                        ", ".join(f"{begin:02g}-{end:02g}" for begin, end in part.hours),
                        "all" if len(part.months) == 12 else ", ".join(map(str, part.months)),
                    )
                    for part in (*version.periods, *version.exceptions)
                ],
            )


def _rivers() -> Iterator[str]:
    yield "## Rivers\n\nNames for `river.NAME.catchment`, see [water](models/water.md). Flow and"
    yield "snowmelt share are those of the mean year, published or assumed.\n"
    known = [RIVERS.load(name) for name in RIVERS.names]
    yield _rows(
        ("name", "what it is", "中文", "km²", "m³/s", "source of the flow", "snowmelt", "climate"),
        [
            (
                f"`{r.name}`",
                r.title,
                r.title_zh,
                _number(float(r.catchment.area_km2)),
                _number(r.mean_flow_m3_s),
                r.sources["mean flow"],
                f"{r.snowmelt_share:g}",
                f"`{r.climate}`",
            )
            for r in known
        ],
    )


def _rules() -> Iterator[str]:
    yield "## Rules\n\nNames for `rules` of `[policy]`, see [rules](policy.md).\n"
    yield _rows(
        ("name", "what it is", "document", "in force", "region", "limits", "source", "assumed"),
        [
            (
                f"`{r.name}`",
                f"{r.title} · {r.title_zh}",
                f"{r.document}, {r.date}",
                r.validity(),
                r.region,
                "<br>".join(_limits(r)),
                r.source,
                "; ".join(text for text in (r.assumed, *(x.assumed for x in r.limits)) if text),
            )
            for r in map(RULES.load, RULES.names)
        ],
    )


def _prices() -> Iterator[str]:
    yield (
        "## Mechanism prices\n\nNames for `terms` of `[economics.mechanism.NAME]`, see "
        "[what energy earns](earnings.md#mechanism-price).\n"
    )
    yield _rows(
        ("name", "what it is", "CNY/MWh", "share", "cap [h]", "years", "from", "source", "open"),
        [
            (
                f"`{t.name}`",
                f"{t.title} · {t.title_zh}",
                _or_none(t.price_cny_mwh),
                _or_none(t.share),
                _or_none(t.cap_hours),
                _or_none(t.years),
                t.valid_from.isoformat(),
                t.source,
                t.note,
            )
            for t in map(MECHANISM_TERMS.load, MECHANISM_TERMS.names)
        ],
    )
    yield (
        "## Capacity prices\n\nNames for `terms` of `[economics.capacity_price.NAME]`, see "
        "[what energy earns](earnings.md#capacity-price).\n"
    )
    yield _rows(
        ("name", "what it is", "for", "CNY/kW·a", "peak [h]", "from", "source", "note"),
        [
            (
                f"`{t.name}`",
                f"{t.title} · {t.title_zh}",
                ", ".join(t.kinds),
                f"{t.cny_kw_a:g}",
                _or_none(t.peak_hours),
                t.valid_from.isoformat(),
                t.source,
                t.note,
            )
            for t in map(CAPACITY_TERMS.load, CAPACITY_TERMS.names)
        ],
    )


def _cells() -> Iterator[str]:
    yield (
        "## Battery cells\n\nNames for `cells` of `[economics.ageing.NAME]`, see "
        "[ageing of batteries](earnings.md#ageing-of-batteries).\n"
    )
    yield _rows(
        ("name", "what it is", "model", "parameters", "covers", "source"),
        [
            (
                f"`{c.name}`",
                f"{c.title} · {c.title_zh}",
                c.model,
                "<br>".join(f"{key} = {value:g}" for key, value in c.parameters.items()),
                c.covers,
                c.source,
            )
            for c in map(CELLS.load, CELLS.names)
        ],
    )


def _or_none(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _limits(rules: RuleSet) -> Iterator[str]:
    for limit in rules.limits:
        sign = {"min": "≥", "max": "≤"}[limit.sense]
        later = (f", from {x.start} new: {x.value:g}" for x in limit.new_projects)
        yield f"`{limit.figure}` {sign} {limit.value:g}{''.join(later)}"


def _rows(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    cells = [[str(cell).replace("|", "\\|").replace("\n", " ") for cell in line] for line in lines]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in cells) + "\n"


def main(arguments: Sequence[str]) -> int:
    """Write the page, or say whether it is up to date."""
    text = reference()
    if "--check" in arguments:
        return int(PAGE.read_text(encoding="utf-8") != text)
    PAGE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
