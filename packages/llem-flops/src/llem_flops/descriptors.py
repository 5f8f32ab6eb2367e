"""What the entry points name."""

from llem_contracts import Descriptor

PALM = Descriptor(
    name="palm",
    summary="2 x non-embedding parameters x tokens, and the matrix units' own count",
    factory="llem_flops.palm:palm_counter",
)
