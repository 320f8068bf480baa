"""Catalogues: items, their photos and their hierarchy. Nothing here imports torch."""

from hrlib.catalogue.attributes import Attributes
from hrlib.catalogue.captions import Captions
from hrlib.catalogue.catalogue import Catalogue
from hrlib.catalogue.hierarchy import Hierarchy, lca_height
from hrlib.catalogue.readers import from_folder, from_table
from hrlib.catalogue.sources import load
from hrlib.catalogue.store import ImageStore

__all__ = [
    "Attributes",
    "Captions",
    "Catalogue",
    "Hierarchy",
    "ImageStore",
    "from_folder",
    "from_table",
    "lca_height",
    "load",
]
