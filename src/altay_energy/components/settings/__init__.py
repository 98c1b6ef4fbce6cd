"""Tables of a scenario that are no plants: period, weather, dispatch, sites."""

from altay_energy.core.moved import forward

__getattr__ = forward(__name__, "settings")
