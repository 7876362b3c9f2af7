"""A material on its way out: always a download, never a page."""

from typing import Any

from django.http import FileResponse, Http404

from events.itineraries.materials.models import Material


def download(material: Material, *, is_private: bool = True) -> FileResponse:
    """The file under its own name. Raises Http404 when it is missing from the disk."""
    try:
        file: Any = material.file.open("rb")
    except FileNotFoundError as error:
        raise Http404 from error
    answer = FileResponse(file, as_attachment=True, filename=material.name, content_type=material.content.media_type)
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, no-store" if is_private else "public, max-age=300"
    return answer
