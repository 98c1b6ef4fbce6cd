"""Base of components: frozen, strict values that refuse unknown keys."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from altay_energy.components.faults import allows_unusual, in_words, unusual
from altay_energy.core.errors import SeriesError
from altay_energy.core.files.table_spec import SeriesRef as SeriesRef
from altay_energy.core.timeline import Timeline, Times
from altay_energy.core.units import LARGEST, Array
from altay_energy.core.value import Value, read_only
from altay_energy.core.wording import stamp

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
else:  # it has no public name
    ModelMetaclass = type(BaseModel)


@dataclass(frozen=True)
class Usual:
    """Usual range of a value; outside it the unit was probably another one.

    For use in ``Annotated``. A value outside it, except zero, is refused unless the context of the
    check says ``allow_unusual``, as a scenario with ``allow_unusual = true`` does.
    """

    low: float
    high: float

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, int | float) or allows_unusual(info):
            return value
        if value == 0 or self.low <= abs(value) <= self.high:
            return value
        raise unusual(self._text(value))

    def _text(self, value: float) -> str:
        text = f"is unusual (expected {self.low:g} to {self.high:g})"
        for unit, meant in (("smaller", value / 1000), ("larger", value * 1000)):
            if self.low <= abs(meant) <= self.high:
                text += f"; if it is in a unit 1000 times {unit}, write {meant:g}"
                break
        return text


def beyond_reach(what: str) -> str:
    """Message on a number beyond any quantity.

    Parameters
    ----------
    what : str
        ``capacity_mw = 1e+200``.

    Returns
    -------
    str
    """
    return (
        f"{what} is beyond {LARGEST:g}, and no quantity is so large; where it means that there is "
        "no limit, leave the key out"
    )


class OwnFile(BaseModel):
    """A user's own file in place of a name of a catalogue."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    file: str = Field(
        min_length=1, description="TOML file with the tables and keys that the package's have"
    )


FileReaders: TypeAlias = Mapping[str, tuple[type, Callable[[Any, Path], object]]]
"""Field → class that declares its file, and a reader of that declaration and the path."""


class _InWords(ModelMetaclass):
    """Metaclass whose calls raise `ScenarioError` instead of a validation error."""

    def __call__(cls, *args: Any, **values: Any) -> Any:
        try:
            return super().__call__(*args, **values)
        except ValidationError as error:
            raise in_words(error, cls) from None


class Component(BaseModel, metaclass=_InWords):
    """Base of all scenario tables: frozen, strict, unknown keys refused, no NaN, no infinity."""

    model_config = ConfigDict(
        frozen=True,
        strict=True,
        extra="forbid",
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        use_attribute_docstrings=False,
    )

    kind: ClassVar[str] = ""
    """Name of the scenario table: ``wind`` for ``[wind.jeminay]``."""

    file_readers: ClassVar[FileReaders] = {}
    """How to read the fields that may name a file."""

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        """Raise for numbers whose square would overflow."""
        for name in self.model_fields_set:
            value = getattr(self, name)
            for number in value if isinstance(value, list | tuple) else (value,):
                if isinstance(number, float) and abs(number) > LARGEST:
                    raise ValueError(beyond_reach(f"{name} = {number:g}"))
        return self

    def __getstate__(self) -> dict[Any, Any]:
        """State to pickle: the fields, without cached values."""
        values = {name: getattr(self, name) for name in type(self).model_fields}
        return {**super().__getstate__(), "__dict__": values}

    def with_(self, **changes: Any) -> Self:
        """A new, checked value with some fields changed."""
        values = {**self.given(), **changes}
        try:
            return type(self).model_validate(values, context={"allow_unusual": True})
        except ValidationError as error:
            raise in_words(error, type(self)) from None

    def keys_in_use(self) -> frozenset[str]:
        """Names of the fields in use; a component of two forms uses those of one."""
        return frozenset(type(self).model_fields)

    def derived(self, latitude: float | None) -> dict[str, tuple[object, str]]:
        """Values that follow from others where a key is left out.

        Parameters
        ----------
        latitude : float or None
            Of the weather of its site. [°] north

        Returns
        -------
        dict of str to (object, str)
            Key → value, and meaning with unit.
        """
        return {}

    def given(self) -> dict[str, Any]:
        """The fields that were set, as they can be set again."""
        return {name: getattr(self, name) for name in self.model_fields_set}


MAIN_BUS = "main"
"""The default bus."""


def _bus_name(name: str) -> str:
    if not re.fullmatch(r"\w[\w -]{0,99}", name) or name.endswith(" "):
        raise ValueError(
            "the name of a bus has up to 100 letters, digits, spaces, - and _, as in north or 220kV"
        )
    return name


class OnBus(Component):
    """A component at a bus."""

    bus: Annotated[str, AfterValidator(_bus_name)] | None = Field(
        None,
        description="bus that it is connected to; one bus is computed, so all components have the "
        f"same; default: {MAIN_BUS} [-]",
    )

    @property
    def bus_name(self) -> str:
        """The bus that it is connected to."""
        return MAIN_BUS if self.bus is None else self.bus


class ComponentOfForms(Component):
    """A component that writes only its `keys_in_use`: the defaults of the others mean nothing."""

    @model_serializer(mode="wrap")
    def _in_use(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in handler(self).items() if name in self.keys_in_use()}


def iso_text(value: object) -> object:
    """Text of a date or time that TOML has without quotes; anything else as it is."""
    return value.isoformat() if isinstance(value, date | time) else value


@dataclass(frozen=True, eq=False)
class Index(Value):
    """Index of a pandas or xarray series.

    Parameters
    ----------
    times : ndarray of datetime64[s], shape (T,)
    naive : bool
        Whether they carry no zone; then they are UTC or the local clock of the run.
    """

    times: Times
    naive: bool

    def fits(self, timeline: Timeline) -> bool:
        """Whether these are the beginnings of the intervals."""
        clocks = (timeline.utc, timeline.local) if self.naive else (timeline.utc,)
        return any(np.array_equal(self.times, clock) for clock in clocks)


class Series(Value):
    """A number for every interval: one constant, an array of shape (..., T), or a file's column.

    Users of the library pass numbers and arrays; a scenario file gives ``{file, column}``, which
    the loader replaces by the array before a portfolio is built.

    Parameters
    ----------
    values : float, ndarray of shape (..., T), or None
        None while they are still in their file.
    reference : SeriesRef, optional
        The column of a file that they are to be read from.
    labels : ndarray of datetime64[s], shape (T,), optional
        Beginning of each interval on the local clock, by which messages name intervals.
    notices : tuple of str
        Notices on how they were read.
    index : Index, optional
        Times that must be those of the run.
    """

    __slots__ = ("index", "labels", "notices", "reference", "values")

    def __init__(
        self,
        values: float | Array | None,
        reference: SeriesRef | None = None,
        *,
        labels: Times | None = None,
        notices: tuple[str, ...] = (),
        index: Index | None = None,
    ) -> None:
        self.reference = reference
        self.labels = labels
        self.notices = notices
        self.index = index
        if values is None:
            self.values: Array | None = None
            return
        array = np.array(values, dtype=np.float64)
        bad = ~np.isfinite(array)
        if bad.any():
            where = f" at {self.place(bad)}" if array.ndim else ""
            raise SeriesError(
                f"a series holds NaN or inf in {int(bad.sum())} of {array.size} values, first"
                f"{where}; every interval needs a number"
            )
        if array.size and (largest := float(np.abs(array).max())) > LARGEST:
            where = f" at {self.place(np.abs(array) > LARGEST)}" if array.ndim else ""
            raise SeriesError(beyond_reach(f"a series that holds {largest:g}{where}"))
        self.values = read_only(array)

    @property
    def is_constant(self) -> bool:
        """Whether this is one number rather than one for each interval."""
        return self.values is not None and self.values.ndim == 0

    def place(self, bad: NDArray[np.bool_]) -> str:
        """The first interval of those that are marked, by its time where that is known.

        Parameters
        ----------
        bad : ndarray of bool, shape (..., T)

        Returns
        -------
        str
            ``2030-01-01 07:00`` or ``interval 7``.
        """
        first = int(np.argmax(bad.reshape(-1, bad.shape[-1]).any(axis=0)))
        if self.labels is not None and self.labels.size == bad.shape[-1]:
            return stamp(self.labels[first])
        return f"interval {first}"

    def on(self, timeline: Timeline) -> Array:
        """The series on a timeline, shape (..., T).

        Raises
        ------
        SeriesError
            If the series is another number of intervals long, is indexed by other times, or is
            still in its file.
        """
        if self.values is None:
            raise SeriesError(f"{self.reference} has not been read yet")
        if self.values.ndim and self.values.shape[-1] != timeline.steps:
            raise SeriesError(
                f"a series has {self.values.shape[-1]} values, but the period has "
                f"{timeline.steps} intervals ({timeline.describe()})"
            )
        if self.index is not None and not self.index.fits(timeline):
            times = self.index.times
            clock = "no zone" if self.index.naive else "UTC"
            raise SeriesError(
                f"a series is indexed by {stamp(times[0])} to {stamp(times[-1])} ({clock}), which "
                f"are not the intervals of the period, {timeline.describe()}; select the period, "
                "or pass its values alone, as in series.to_numpy()"
            )
        return np.broadcast_to(self.values, (*self.values.shape[:-1], timeline.steps))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Series):
            return NotImplemented
        if self.values is None or other.values is None:
            return self.values is other.values and self.reference == other.reference
        return np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        reference = None if self.reference is None else str(self.reference)
        return hash((None if self.values is None else self.values.tobytes(), reference))

    def __repr__(self) -> str:
        if self.values is None:
            return f"Series({self.reference})"
        return f"Series({self.values!r})"


def as_series(value: object) -> object:
    """Series from what a library user or a scenario file gives."""
    if isinstance(value, bool | np.bool_) or value is None:
        raise PydanticCustomError("series", "expected a number or a table {{ file, column }}")
    if isinstance(value, int | float | np.integer | np.floating):
        number = value if isinstance(value, int) else float(value)
        if not -sys.float_info.max <= number <= sys.float_info.max:
            raise PydanticCustomError("finite_number", "Input should be a finite number")
        return Series(float(number))
    if isinstance(value, Series):
        return value
    if isinstance(value, Mapping):
        return Series(None, SeriesRef.model_validate(value))
    if isinstance(value, SeriesRef):
        return Series(None, value)
    if isinstance(value, list | tuple) or hasattr(value, "__array__"):
        return _of_array(value)
    raise PydanticCustomError("series", "expected a number or a table {{ file, column }}")


def _of_array(value: Any) -> Series:
    """Series from an array of NumPy, pandas or xarray, or a list; numbers only."""
    index = None
    if "time" in getattr(value, "dims", ()):  # xarray
        value = value.transpose(..., "time")
        times = np.asarray(value["time"])
        index = Index(times.astype("datetime64[s]"), True) if times.dtype.kind == "M" else None
    elif hasattr(getattr(value, "index", None), "tz"):  # pandas
        zone = value.index.tz
        plain = value.index if zone is None else value.index.tz_convert("UTC").tz_localize(None)
        index = Index(np.asarray(plain).astype("datetime64[s]"), zone is None)
    masked = int(np.ma.getmaskarray(value).sum()) if np.ma.isMaskedArray(value) else 0
    if masked:
        raise _no_numbers(f"has {masked} masked values; fill them, for every interval needs one")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise _no_numbers("is no regular array; its rows differ in length") from None
    if array.dtype.kind == "O":
        array = _of_objects(array)
    if array.dtype.kind not in "iuf":
        what = {"b": "true and false", "c": "complex numbers", "U": "text", "S": "text"}
        raise _no_numbers(f"holds {what.get(array.dtype.kind, str(array.dtype))}, not numbers")
    try:
        return Series(array.astype(np.float64), index=index)
    except SeriesError as error:
        raise _no_numbers(str(error).removeprefix("a series ")) from None


def _of_objects(array: NDArray[Any]) -> NDArray[Any]:
    """An array of Python numbers, and of pandas' nullable ones."""
    kinds = {type(item) for item in array.flat}
    odd = sorted(
        "None" if kind is type(None) else kind.__name__
        for kind in kinds
        if issubclass(kind, bool | np.bool_)
        or not issubclass(kind, int | float | np.integer | np.floating)
    )
    if odd:
        raise _no_numbers(f"holds {', '.join(odd)}, not numbers")
    try:
        return array.astype(np.float64)
    except OverflowError:
        raise _no_numbers("holds a number that is too large") from None


def _no_numbers(text: str) -> PydanticCustomError:
    return PydanticCustomError("series_values", "a series {text}", {"text": text})


def plain_series(series: Series) -> object:
    """Series as it is written into a scenario file."""
    if series.reference is not None:
        return series.reference.given()
    if series.values is None:
        return None
    return series.values.tolist()


def series_schema() -> dict[str, Any]:
    """JSON Schema of a table that names a column of a file."""
    schema = SeriesRef.model_json_schema()
    return {key: schema[key] for key in ("type", "properties", "required", "additionalProperties")}


SeriesField = Annotated[
    Series,
    BeforeValidator(as_series),
    PlainSerializer(plain_series),
    WithJsonSchema({"anyOf": [{"type": "number"}, series_schema()]}),
]
"""A number, an array (library) or ``{ file = "x.csv", column = "wind" }`` (scenario file)."""

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Efficiency = Annotated[float, Field(gt=0, le=1)]
PowerMW = Annotated[float, Field(ge=0), Usual(1e-4, 1e5)]
EnergyMWh = Annotated[float, Field(ge=0), Usual(1e-4, 1e7)]
PriceCNY = Annotated[float, Field(), Usual(1.0, 1e5)]

USUAL_PRICE_CNY_MWH = (10.0, 1e5)
"""Usual range of prices of energy, for the largest price of a period. A price below it was probably
given in CNY/kWh, whose sharp peaks reach 1 to 2 and whose caps in spot markets 1.5."""

CostCNY = Annotated[float, Field(ge=0), Usual(*USUAL_PRICE_CNY_MWH)]
