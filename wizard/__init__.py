from . import glase_wizard
from . import (
    glase_accept,
    glase_assign,
    glase_close_over,
    glase_refund,
    glase_run_report,
    glase_set_up,
    glase_sticker_check,
    glase_write_off,
)
