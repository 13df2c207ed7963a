from . import glase_run_report
