"""ADaM (ADaMIG 1.3) of one study: what the dashboards show, row by row, with the SDTM records that it rests on."""

from .tables import tables

__all__ = ["tables"]
