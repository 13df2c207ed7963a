from . import glase_assign, glase_refund, glase_run_report, glase_set_up, glase_write_off
