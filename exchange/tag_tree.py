"""Tags without those that say nothing: WeasyPrint gives each piece of text a Span of its own, and each gap an element without content."""

from collections.abc import Iterator
from typing import Any

import pikepdf

BARE = {"/Type", "/S", "/P", "/K", "/Pg"}
HOLDING = {"/P", "/H1", "/H2", "/H3", "/TD", "/TH", "/Span"}  # elements that may hold text themselves (ISO 32000-1, 14.8.4)

Place = tuple[int, int]  # page and piece of its content


def simplify(opened: pikepdf.Pdf) -> None:
    """Texts become the direct content of what their Span stood in. What has a language, a title or words of its own stays."""
    root = opened.Root.StructTreeRoot
    holders: dict[Place, Any] = {}
    for element in root.K:
        gather(element, holders)
    for at in range(0, len(root.ParentTree.Nums), 2):
        page, parents = int(root.ParentTree.Nums[at]), root.ParentTree.Nums[at + 1]
        for content in range(len(parents)):
            parents[content] = holders[page, content]


def gather(element: Any, holders: dict[Place, Any]) -> None:
    """Dissolve what says nothing below an element, and note which element holds which piece of content."""
    found = [part for child in element.get("/K", []) for part in parts_of(child, element, holders)]
    for part in found:
        if is_element(part):
            part.P = element
        else:
            holders[int(element.Pg.StructParents), int(part)] = element
    element.K = pikepdf.Array(found)


def parts_of(child: Any, element: Any, holders: dict[Place, Any]) -> Iterator[Any]:
    """The child itself, or what is in it where it says nothing."""
    if not is_element(child):
        yield child
        return
    gather(child, holders)
    has_text = not all(map(is_element, child.K))
    says_nothing = not child.keys() - BARE and (str(child.S) in ("/Span", "/NonStruct") or not len(child.K))
    if says_nothing and (str(element.S) in HOLDING or not has_text):
        yield from child.K
    else:
        yield child


def is_element(child: Any) -> bool:
    return isinstance(child, pikepdf.Dictionary)
