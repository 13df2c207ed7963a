"""The module's version, as Glase's support sees it in every call (``doc/protocol.md §2.2``)."""

VERSION = "19.0.1.2.0"
CLIENT_ID = f"pos_glase {VERSION}"
