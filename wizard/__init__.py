from . import glase_assign, glase_set_up
