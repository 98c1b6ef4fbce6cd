"""What every component is: a frozen, strict value that refuses what it does not understand."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    PlainSerializer,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError, core_schema

from altay_energy.errors import SeriesError
from altay_energy.timeline import Timeline
from altay_energy.units import LARGEST, Array


@dataclass(frozen=True)
class Usual:
    """Range in which a value is ordinary; outside it the unit was probably another one.

    Stands in ``Annotated``. A value outside, but for zero, is refused unless it is checked in a
    context that says ``allow_unusual``, as a scenario with ``allow_unusual = true`` does.
    """

    low: float
    high: float

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def _checked(self, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, int | float) or (info.context or {}).get("allow_unusual"):
            return value
        if value == 0 or self.low <= abs(value) <= self.high:
            return value
        raise PydanticCustomError("unusual", "{text}", {"text": self._text(value)})

    def _text(self, value: float) -> str:
        text = f"is unusual (expected {self.low:g} to {self.high:g})"
        for unit, meant in (("smaller", value / 1000), ("larger", value * 1000)):
            if self.low <= abs(meant) <= self.high:
                text += f"; if it is in a unit 1000 times {unit}, write {meant:g}"
                break
        return f"{text}; if it is meant, say allow_unusual = true at the top of the scenario"


def beyond_reach(what: str) -> str:
    """Message for a number that no quantity can be.

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


class Component(BaseModel):
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

    @model_validator(mode="after")
    def _within_reach(self) -> Self:
        """No number beyond what any quantity is: its square would leave the range of doubles."""
        for name in self.model_fields_set:
            value = getattr(self, name)
            for number in value if isinstance(value, list | tuple) else (value,):
                if isinstance(number, float) and abs(number) > LARGEST:
                    raise ValueError(beyond_reach(f"{name} = {number:g}"))
        return self

    def with_(self, **changes: Any) -> Self:
        """A new, checked value with some fields changed."""
        return type(self).model_validate(
            {**self.given(), **changes}, context={"allow_unusual": True}
        )

    def keys_in_use(self) -> frozenset[str]:
        """Names of the fields that mean something; a component of two forms has those of one."""
        return frozenset(type(self).model_fields)

    def given(self) -> dict[str, Any]:
        """The fields that were set, as they can be set again."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class SeriesRef(Component):
    """A column of a CSV file that stands where a number may stand."""

    file: str = Field(min_length=1, description="CSV file, relative to the scenario file")
    column: str = Field(min_length=1, description="name of the column in the header")


class Series:
    """A number for every interval: one constant, an array of shape (..., T), or a file's column.

    Library users pass numbers and arrays; a scenario file passes ``{file, column}``, which the
    loader replaces by the array before a portfolio is built.
    """

    __slots__ = ("reference", "values")

    def __init__(self, values: float | Array | None, reference: SeriesRef | None = None) -> None:
        self.reference = reference
        if values is None:
            self.values: Array | None = None
            return
        array = np.array(values, dtype=np.float64)
        if not np.isfinite(array).all():
            raise SeriesError("a series holds NaN or inf; every interval needs a number")
        if array.size and (largest := float(np.abs(array).max())) > LARGEST:
            raise SeriesError(beyond_reach(f"a series that holds {largest:g}"))
        array.setflags(write=False)
        self.values = array

    @property
    def is_constant(self) -> bool:
        """Whether this is one number rather than one for each interval."""
        return self.values is not None and self.values.ndim == 0

    def on(self, timeline: Timeline) -> Array:
        """The series on a timeline, shape (..., T).

        Raises
        ------
        SeriesError
            If the series is another number of intervals long, or still in its file.
        """
        if self.values is None:
            raise SeriesError(f"{self.reference} has not been read yet")
        if self.values.ndim and self.values.shape[-1] != timeline.steps:
            raise SeriesError(
                f"a series has {self.values.shape[-1]} values, but the period has "
                f"{timeline.steps} intervals ({timeline.describe()})"
            )
        return np.broadcast_to(self.values, (*self.values.shape[:-1], timeline.steps))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Series):
            return NotImplemented
        if self.values is None or other.values is None:
            return self.values is other.values and self.reference == other.reference
        return np.array_equal(self.values, other.values)

    def __hash__(self) -> int:
        return hash((None if self.values is None else self.values.tobytes(), self.reference))

    def __repr__(self) -> str:
        if self.values is None:
            return f"Series({self.reference})"
        return f"Series({self.values!r})"


def as_series(value: object) -> object:
    """Series from what a library user or a scenario file gives."""
    if isinstance(value, bool) or value is None:
        raise PydanticCustomError("series", "expected a number or a table {{ file, column }}")
    if isinstance(value, int | float):
        if not -sys.float_info.max <= value <= sys.float_info.max:
            raise PydanticCustomError("finite_number", "Input should be a finite number")
        return Series(float(value))
    if isinstance(value, Mapping):
        return Series(None, SeriesRef.model_validate(value))
    if isinstance(value, SeriesRef):
        return Series(None, value)
    if isinstance(value, np.ndarray | list | tuple):
        try:
            return Series(np.asarray(value, dtype=np.float64))
        except (TypeError, OverflowError):
            raise PydanticCustomError("series", "expected an array of numbers") from None
    if isinstance(value, Series):
        return value
    raise PydanticCustomError("series", "expected a number or a table {{ file, column }}")


def plain_series(series: Series) -> object:
    """Series as it is written into a scenario file."""
    if series.reference is not None:
        return series.reference.model_dump()
    if series.values is None:
        return None
    return series.values.tolist()


SeriesField = Annotated[
    Series,
    BeforeValidator(as_series),
    PlainSerializer(plain_series),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number"},
                {
                    "type": "object",
                    "properties": {"file": {"type": "string"}, "column": {"type": "string"}},
                    "required": ["file", "column"],
                    "additionalProperties": False,
                },
            ]
        }
    ),
]
"""A number, an array (library) or ``{ file = "x.csv", column = "wind" }`` (scenario file)."""

Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Efficiency = Annotated[float, Field(gt=0, le=1)]
PowerMW = Annotated[float, Field(ge=0), Usual(1e-4, 1e5)]
EnergyMWh = Annotated[float, Field(ge=0), Usual(1e-4, 1e7)]
PriceCNY = Annotated[float, Field(), Usual(1.0, 1e5)]
