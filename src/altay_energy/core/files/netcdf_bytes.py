"""A dataset as netCDF-4, made in memory and then written as plain bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import xarray as xr


def write_netcdf4(
    dataset: xr.Dataset, path: Path, encoding: Mapping[str, Mapping[str, Any]]
) -> None:
    """Write a dataset so that a full disk raises an error and does not crash the process.

    HDF5 cannot recover from a disk that is full (it ends in a segmentation fault while Python
    closes it); plain writing can.

    Parameters
    ----------
    dataset : xarray.Dataset
    path : Path
    encoding : mapping of str to mapping
        By variable, as xarray takes it.

    Raises
    ------
    OSError
        If the disk does not take it.
    """
    import h5netcdf
    from xarray.backends import H5NetCDFStore

    content = io.BytesIO()
    with h5netcdf.File(content, "w") as file:
        dataset.dump_to_store(H5NetCDFStore(file), encoding=encoding)
    # not getbuffer(): a view that outlives a failed write crashes Python 3.12 at exit
    path.write_bytes(content.getvalue())
