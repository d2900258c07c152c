"""Define-XML 2.1: the description of a package of datasets, held against their own data."""

from .document import define_xml

__all__ = ["define_xml"]
