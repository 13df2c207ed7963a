from . import glase_assign, glase_sticker_check
