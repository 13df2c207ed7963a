from . import go_live, notification, payment, simulator
