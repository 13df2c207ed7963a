from . import notification, payment, simulator
