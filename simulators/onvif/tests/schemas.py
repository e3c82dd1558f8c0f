"""ONVIF's own schemas, as the third-party client ships them: what is answered must be valid by them."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import onvif  # type: ignore[import-untyped]
from lxml import etree  # type: ignore[import-untyped]

WSDL = Path(onvif.__file__).parent / "wsdl"
FILES = {
    "tds": "devicemgmt.wsdl",
    "trt": "media.wsdl",
    "tptz": "ptz.wsdl",
    "tev": "events.wsdl",
    "wsnt": "events.wsdl",
    "trc": "recording.wsdl",
    "tse": "search.wsdl",
}
"""Where each service is described; Media2 is newer than the client's files."""


class _Beside(etree.Resolver):  # type: ignore[misc]
    def resolve(self, url: str, _pubid: str, context: Any) -> Any:
        return self.resolve_filename(str(WSDL / url.rpartition("/")[2]), context)


@cache
def _schema(name: str) -> Any:
    parser = etree.XMLParser(no_network=True)
    parser.resolvers.add(_Beside())
    tree = etree.parse(str(WSDL / name), parser)
    schema = next(tree.iter("{http://www.w3.org/2001/XMLSchema}schema"))
    return etree.XMLSchema(etree.fromstring(etree.tostring(schema), parser, base_url=str(WSDL / name)))


def check(prefix: str, envelope: bytes) -> None:
    """Fail if the element in the body is not valid."""
    if prefix not in FILES:
        return
    body = etree.fromstring(envelope).find("{http://www.w3.org/2003/05/soap-envelope}Body")
    schema = _schema(FILES[prefix])
    # The element must keep the namespaces it uses: a document of its own has them.
    alone = etree.fromstring(etree.tostring(body[0]))
    assert schema.validate(alone), f"{schema.error_log}\n{etree.tostring(alone, pretty_print=True).decode()}"
