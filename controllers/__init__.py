from . import go_live, health, help_page, notification, payment, period_file, simulator
