from . import glase_refund
