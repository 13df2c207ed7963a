from . import glase_wizard
