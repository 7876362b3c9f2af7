"""Reading what leaves: the file behind an export, and the words in PDFs, workbooks and archives."""

import io
import zipfile
from typing import Any

import openpyxl
import pypdf


def body(response: Any) -> bytes:
    return b"".join(response.streaming_content) if getattr(response, "streaming", False) else response.content


def taken(client: Any, answer: Any) -> bytes:
    """The file that a form of the desk has just made: it waits among the own exports."""
    assert answer.status_code == 302 and "/desk/exports/?new=" in answer.headers["Location"], (answer.status_code, answer.headers.get("Location"))
    page = client.get(answer.headers["Location"])
    assert page.status_code == 200 and "data-fetch-once" in page.content.decode()
    return bytes(client.get(f"/desk/exports/{answer.headers['Location'].rpartition('=')[2]}/").content)


def words_in(content: bytes) -> str:
    """All text of an answer: of a PDF the pages, of a workbook the cells and comments, of an archive its names and files."""
    if content.startswith(b"%PDF") and len(content) > 100:  # a stand-in for a scanned paper is no PDF
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    if not content.startswith(b"PK"):
        return content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if "[Content_Types].xml" in archive.namelist():
            return words_in_workbook(content)
        return "\n".join(f"{name}\n{words_in(archive.read(name))}" for name in archive.namelist())


def words_in_workbook(content: bytes) -> str:
    book = openpyxl.load_workbook(io.BytesIO(content))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    return "\n".join(f"{cell.value or ''} {cell.comment.text if cell.comment else ''}" for cell in cells)
