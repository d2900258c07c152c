"""A file sent whole or from a byte on, so that a download that broke off goes on (RFC 9110, single ranges)."""

import re
from collections.abc import Iterator
from pathlib import Path

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

PIECE = 1 << 18  # bytes
RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def file_response(
    request: HttpRequest, path: Path, *, name: str, media_type: str, tag: str
) -> HttpResponseBase:
    """The file, or the part of it that is asked for; `tag`: its digest, by which a client knows that it is the same."""
    size, etag = path.stat().st_size, f'"{tag}"'
    common = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Content-Disposition": f'attachment; filename="{name}"',
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=common)
    asked = RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or request.headers.get("If-Range", etag) != etag or asked.groups() == ("", ""):
        response = StreamingHttpResponse(pieces(path, 0, size), content_type=media_type, headers=common)
        response["Content-Length"] = str(size)
        return response
    first, last = bounds(asked, size)
    if first > last:
        return HttpResponse(status=416, headers={**common, "Content-Range": f"bytes */{size}"})
    length = last - first + 1
    response = StreamingHttpResponse(
        pieces(path, first, length), status=206, content_type=media_type, headers=common
    )
    response["Content-Length"] = str(length)
    response["Content-Range"] = f"bytes {first}-{last}/{size}"
    return response


def bounds(asked: re.Match[str], size: int) -> tuple[int, int]:
    """First and last byte; the first lies behind the last where nothing of the file is asked for."""
    first, last = asked.groups()
    if not first:
        return max(0, size - int(last)), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def pieces(path: Path, first: int, length: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(first)
        while length > 0 and (piece := file.read(min(PIECE, length))):
            length -= len(piece)
            yield piece
