from . import go_live, help_page, notification, payment, period_file, simulator
