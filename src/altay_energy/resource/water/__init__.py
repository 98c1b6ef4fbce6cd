"""Water to power: turbines, reservoirs, open water."""
