from . import glase_assign, glase_refund, glase_set_up
