"""Which program this is."""

from importlib.metadata import version

VERSION = version("countersign")
BUILD = f"countersign/{VERSION}"
