"""What an OOXML package says of its parts, read as Office reads it (ECMA-376-2, 7.2.3)."""

from __future__ import annotations

from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring


def read_content_types(xml: bytes) -> frozenset[str] | None:
    """Return every content type that `[Content_Types].xml` names, in lower case.

    Any encoding, namespace and character reference is read as a parser does. None where the XML does
    not parse, or has a document type: neither occurs in a package that Office wrote.
    """
    try:
        root = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, LookupError, ValueError):
        return None
    return frozenset(
        value.strip().lower()
        for element in root.iter()
        for name, value in element.attrib.items()
        if name.rpartition("}")[2].lower() == "contenttype"
    )
