from . import glase_set_up
