from . import glase_write_off
