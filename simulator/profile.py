"""What the vendor leaves undocumented, as settings: we do not want to test our own guess.

Each setting has a default and the values it may take; ``doc/simulator.md`` explains them.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Setting:
    """``allowed`` is a tuple of values, or ``"count"``/``"seconds"`` for numbers ≥ 0."""

    default: object
    allowed: object

    def accepts(self, value):
        if self.allowed == "count":
            return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**6
        if self.allowed == "seconds":
            return (
                isinstance(value, (int, float))
                and not isinstance(value, bool)
                and 0 <= value < 10**8
            )
        return any(value == each and type(value) is type(each) for each in self.allowed)

    def describe(self):
        if self.allowed == "count":
            return "a whole number, 0 or more"
        if self.allowed == "seconds":
            return "seconds, 0 or more"
        return " or ".join(str(value) for value in self.allowed)


SWITCH = (True, False)

SETTINGS = {
    # How closely requests are checked
    "strictness": Setting("lenient", ("lenient", "documented")),
    # Registration
    "short_password": Setting("accept", ("accept", "refuse")),
    "external_id_reuse": Setting("accept", ("accept", "refuse")),
    "unregister_by": Setting("terminal", ("terminal", "reseller", "both")),
    "reseller_unregisters": Setting("only", ("only", "newest")),
    "terminal_kind": Setting("cash_register", ("cash_register", "webshop")),
    # Invoices
    "first_version": Setting(1, "count"),
    "send_while_paid_unfetched": Setting("keep", ("keep", "reverse", "refuse")),
    "send_while_paying": Setting("cancel", ("cancel", "refuse")),
    "status_without_reference": Setting("current", ("current", "refuse")),
    "update_after_scan": Setting(90, (90, 48)),
    "cancel_while_paying": Setting(51, (51, 48)),
    "cancel_canceled": Setting(95, (95, 55)),
    # Time
    "reversal_seconds": Setting(20, "seconds"),
    "reversed_status": Setting("CANCELED", ("CANCELED", "FAILED", "EXPIRED", "54")),
    "expire_seconds": Setting(0, "seconds"),
    # Reservations
    "reservation_desired": Setting("reserve", ("reserve", "debit")),
    "reservation_seconds": Setting(180, "seconds"),
    "lapsed_status": Setting("CANCELED", ("CANCELED", "FAILED", "EXPIRED")),
    # Notifications
    "notifications": Setting("once", ("once", "never")),
    "notification_body": Setting("empty", ("empty", "reference")),
    # Refunds
    "refunds_allowed": Setting(True, SWITCH),
    "payer_takes_refunds": Setting(True, SWITCH),
    "refund_by": Setting("paying_terminal", ("paying_terminal", "same_shop")),
    "retired_refunds": Setting("refuse", ("refuse", "allow")),
    "refund_reference": Setting("own", ("own", "payment")),
    # Periods and reports
    "period_id_field": Setting("transactionPeriodId", ("transactionPeriodId", "ersReference")),
    "report_not_ready_count": Setting(1, "count"),
    "refunds_in_reports": Setting("own_row", ("own_row", "payment_reference", "netted", "absent")),
    "report_rows": Setting("all", ("all", "late", "missing")),
    "report_shape": Setting("manual", ("manual", "reporting")),
    "report_xml": Setting("wellformed", ("wellformed", "mismatched", "broken")),
    "report_content": Setting("both", ("both", "string", "base64")),
    "report_leading_newline": Setting(True, SWITCH),
}


class ProfileError(ValueError):
    """A setting or value that does not exist; the message names what is allowed."""


def check(profile):
    """The given overrides, if each is a known setting with an allowed value.

    :param dict profile: name → value
    :raise ProfileError: otherwise
    """
    if not isinstance(profile, dict):
        raise ProfileError("A profile is an object of settings.")
    for name, value in profile.items():
        if name not in SETTINGS:
            raise ProfileError(f"There is no setting {name}.")
        if not SETTINGS[name].accepts(value):
            raise ProfileError(f"{name} must be {SETTINGS[name].describe()}.")
    return dict(profile)


def effective(*layers):
    """Defaults, overridden by each layer in turn (dicts or None)."""
    profile = {name: setting.default for name, setting in SETTINGS.items()}
    for layer in layers:
        profile.update(layer or {})
    return profile
