from . import glase_close_over
