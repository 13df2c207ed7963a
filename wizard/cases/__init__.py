from . import glase_accept
