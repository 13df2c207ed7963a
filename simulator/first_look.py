"""A first look at a request, so that libxml2 gets only what each of its versions reads in linear time.

Versions before 2.12 compare each attribute with all before it, look for a prefix through all that are
known at its place, and give each element all that a document type names.
"""

from xml.parsers import expat

from .codes import SoapFault

MOST = 100


def look_at(body):
    """Read a request and keep nothing.

    :param bytes body: the HTTP body
    :raise SoapFault: it is not well-formed, has a document type, or more than :data:`MOST` attributes
        at an element or namespaces at a place
    """
    known = [0]

    def start(_name, attributes):
        known.append(known[-1] + sum(name.startswith("xmlns") for name in attributes))
        if len(attributes) > MOST or known[-1] > MOST:
            raise SoapFault(f"More than {MOST} attributes or namespaces are not read.")

    def doctype(*_names):
        raise SoapFault("Document type declarations are not accepted.")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = doctype
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _name: known.pop()
    try:
        # What a handler raises is heard at the end of a piece.
        for at in range(0, len(body), 4096):
            parser.Parse(body[at : at + 4096])
        parser.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError):
        raise SoapFault("The request is not well-formed XML.") from None
