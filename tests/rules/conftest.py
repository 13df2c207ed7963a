"""Plain pytest: rules are imported as Odoo imports them, under parent packages that import nothing.

Of the protocol client they find its tables, as long as those stand alone.
"""

import sys
import types
from pathlib import Path

_MODULE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(_MODULE / "tests/shared"))

for _name, _folder in (("pos_glase", _MODULE), ("pos_glase.glase", _MODULE / "glase")):
    _parent = types.ModuleType(_name)
    _parent.__path__ = [str(_folder)]
    sys.modules.setdefault(_name, _parent)
