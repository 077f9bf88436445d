"""ZIP files that are the same bytes for the same content."""

import io
from collections.abc import Mapping
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def named(name: str) -> ZipInfo:
    """Return the place of a file in a ZIP, with nothing of this machine or moment in it."""
    info = ZipInfo(name, _LONG_AGO)
    info.compress_type, info.external_attr, info.create_system = ZIP_DEFLATED, 0o644 << 16, 3
    return info


def put(archive: ZipFile, name: str, content: bytes) -> None:
    """Write a file into a ZIP."""
    archive.writestr(named(name), content)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return these files as one ZIP, by name."""
    made = io.BytesIO()
    with ZipFile(made, "w", ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            put(archive, name, content)
    return made.getvalue()
