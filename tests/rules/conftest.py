"""Plain pytest: rules are imported as Odoo imports them, under a parent package that imports no Odoo."""

import sys
import types
from pathlib import Path

_PARENT = types.ModuleType("pos_glase")
_PARENT.__path__ = [str(Path(__file__).resolve().parents[2])]
sys.modules.setdefault("pos_glase", _PARENT)
