"""The map of parameters that periods and reports take (``doc/protocol.md §2.10``)."""


def parameters_of(request):
    """Key → value; keys are case-sensitive, the last of equal ones counts."""
    entries = ((request.get("parameters") or {}).get("parameter") or {}).get("entry", [])
    return {entry["key"]: entry.get("value", "") for entry in entries if "key" in entry}
