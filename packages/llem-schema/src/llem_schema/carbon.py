"""Emissions that the energy of a window stands for, where an intensity was given."""

from llem_schema.frozen import FrozenList
from llem_schema.model import Model
from llem_schema.order import Origin


class CarbonRecord(Model):
    """`emissions_g = energy_j / 3.6e6 x intensity_g_per_kwh x pue`; without a PUE that factor is
    left out. Joules elsewhere in the result know nothing of it."""

    emissions_g: float
    """Grams of CO2 equivalent."""
    emissions_uncertainty_g: float | None
    """Expanded, k = 2: that of the energy alone; intensity and PUE are taken as they were given."""
    emissions_per_output_token_g: float
    energy_j: float
    """Gross energy that is counted."""
    counted: FrozenList[str]
    """Whose energy that is: `accelerators`, `host`."""
    intensity_g_per_kwh: float
    """Grams of CO2 equivalent for a kilowatt-hour of electricity."""
    intensity_source: Origin
    pue: float | None
    """Power usage effectiveness of the data centre: its whole energy over that of its computers.
    Never assumed."""
    pue_source: Origin | None
