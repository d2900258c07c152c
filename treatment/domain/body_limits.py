"""What body size can be at all: outside it is a typing error, not a person (assumption)."""

from decimal import Decimal

HEIGHT_CM = (Decimal(50), Decimal(250))
WEIGHT_KG = (Decimal(3), Decimal(350))


def possible(value: Decimal, limits: tuple[Decimal, Decimal]) -> bool:
    """Whether a measurement lies within the limits, both included."""
    return limits[0] <= value <= limits[1]
