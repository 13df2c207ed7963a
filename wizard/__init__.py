from . import glase_assign
from . import glase_set_up
