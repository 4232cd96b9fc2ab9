"""Reads documents with expat and with libxml2 and says what they hold.

On standard input: the length of a document as four bytes, the highest first, and the document, again and again.
On standard output: a line of JSON for each, {"expat": what, "libxml2": what}. What a parser read is {"tree": [namespace,
name, {attribute: value}, [child or text, ...]]}; what it refused is {"error": its word}.
"""
import ctypes
import ctypes.util
import json
import struct
import sys
import xml.parsers.expat

NONET, NOERROR, NOWARNING = 1 << 11, 1 << 5, 1 << 6
SEVERITY_ERROR = 4
ELEMENT, TEXT, CDATA, REFERENCE, INSTRUCTION, DOCTYPE, END = 1, 3, 4, 5, 7, 10, 15
SPACE, SIGNIFICANT = 13, 14
XMLNS = "http://www.w3.org/2000/xmlns/"
SEPARATOR = "\x01"  # of namespace and name; stands in no document


def by_expat(text):
    root = ["", "", {}, []]
    stack = [root]

    def start(name, attributes):
        space, _, local = name.rpartition(SEPARATOR)
        named = {}
        for key, value in attributes.items():
            named["{%s}%s" % tuple(key.rsplit(SEPARATOR, 1)) if SEPARATOR in key else key] = value
        element = [space, local, named, []]
        stack[-1][3].append(element)
        stack.append(element)

    parser = xml.parsers.expat.ParserCreate(namespace_separator=SEPARATOR)
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: stack.pop()
    parser.CharacterDataHandler = lambda data: stack[-1][3].append(data)
    try:
        parser.Parse(text, True)
    except (xml.parsers.expat.ExpatError, LookupError, UnicodeError, ValueError) as problem:
        return {"error": str(problem)}
    return {"tree": root[3][0]}


lib = ctypes.CDLL(ctypes.util.find_library("xml2") or "libxml2.so.2")
HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p)
lib.xmlReaderForMemory.restype = ctypes.c_void_p
lib.xmlReaderForMemory.argtypes = [ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int]
lib.xmlTextReaderSetErrorHandler.argtypes = [ctypes.c_void_p, HANDLER, ctypes.c_void_p]
for name in ("ConstLocalName", "ConstNamespaceUri", "ConstValue", "ConstName"):
    function = getattr(lib, "xmlTextReader" + name)
    function.restype, function.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
for name in ("Read", "NodeType", "IsEmptyElement", "MoveToNextAttribute", "MoveToElement"):
    getattr(lib, "xmlTextReader" + name).argtypes = [ctypes.c_void_p]
lib.xmlFreeTextReader.argtypes = [ctypes.c_void_p]


def word(text):
    return (text or b"").decode("utf-8", "surrogateescape")


def by_libxml2(text):
    errors = []

    @HANDLER
    def note(_, message, severity, __):
        # What a namespace's name looks like is no matter of being well-formed, and only libxml2 minds.
        if severity >= SEVERITY_ERROR and b"is not a valid URI" not in message:
            errors.append(message.decode("utf-8", "replace").strip())

    reader = lib.xmlReaderForMemory(text, len(text), None, None, NONET | NOERROR | NOWARNING)
    if not reader:
        return {"error": "no reader"}
    try:
        lib.xmlTextReaderSetErrorHandler(reader, note, None)
        root = ["", "", {}, []]
        stack = [root]
        more = lib.xmlTextReaderRead(reader)
        while more == 1:
            kind = lib.xmlTextReaderNodeType(reader)
            if kind == ELEMENT:
                element = [word(lib.xmlTextReaderConstNamespaceUri(reader)), word(lib.xmlTextReaderConstLocalName(reader)), {}, []]
                empty = lib.xmlTextReaderIsEmptyElement(reader) == 1
                while lib.xmlTextReaderMoveToNextAttribute(reader) == 1:
                    space, local = word(lib.xmlTextReaderConstNamespaceUri(reader)), word(lib.xmlTextReaderConstLocalName(reader))
                    if space != XMLNS:
                        element[2]["{%s}%s" % (space, local) if space else local] = word(lib.xmlTextReaderConstValue(reader))
                lib.xmlTextReaderMoveToElement(reader)
                stack[-1][3].append(element)
                if not empty:
                    stack.append(element)
            elif kind == END:
                stack.pop()
            elif kind in (TEXT, CDATA, SPACE, SIGNIFICANT):
                stack[-1][3].append(word(lib.xmlTextReaderConstValue(reader)))
            more = lib.xmlTextReaderRead(reader)
        if more != 0 or errors:
            return {"error": errors[0] if errors else "refused"}
        return {"tree": root[3][0]}
    finally:
        lib.xmlFreeTextReader(reader)


while True:
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        break
    document = sys.stdin.buffer.read(struct.unpack(">I", head)[0])
    print(json.dumps({"expat": by_expat(document), "libxml2": by_libxml2(document)}), flush=True)
