"""SDTM (SDTMIG 3.4, SDTM CT 2025-03-28) of one study, made from what the casebook records and derives."""

from .tables import tables

__all__ = ["tables"]
