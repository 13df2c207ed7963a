from . import payment, simulator
