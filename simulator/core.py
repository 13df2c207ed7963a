"""The simulator itself: what the SOAP door, the phone page and programs call."""

from . import customer, faults, invoices, journal, payments, principals, profile, timing
from .notify import Notifier
from .state import Store

DEFAULT_RESELLERS = (("demo", "9900", "demo"),)
DEFAULT_CURRENCIES = ("SEK", "EUR", "GBP", "USD")
LONGEST_ADVANCE = 10 * 366 * 24 * 3600


class Simulator:
    """A Glase service on this machine. No money is moved.

    :param state_path: SQLite file, shared by any number of processes; None: in memory. Nothing is
        opened before the first use.
    :param resellers: ``(id, user id, password)`` of each shop that may register tills
    :param currencies: ISO codes that invoices may have
    :param dict app_profile: settings (``doc/simulator.md``) that hold until :meth:`set_profile`
        overrides them
    :param notify_hosts: hosts besides loopback to which a notificationUrl may point
    :raise profile.ProfileError: a setting that does not exist
    """

    def __init__(
        self,
        state_path=None,
        resellers=DEFAULT_RESELLERS,
        currencies=DEFAULT_CURRENCIES,
        app_profile=None,
        notify_hosts=(),
    ):
        self.currencies = frozenset(currencies)
        self.delays = faults.Delays()
        self._resellers = [tuple(reseller) for reseller in resellers]
        self._own_profile = profile.check(app_profile or {})
        self._store = Store(state_path, self._on_open, self._on_access)
        self.notifier = Notifier(self._note_notification, self.profile, notify_hosts)

    # Access to the state

    def _on_open(self, tx):
        for reseller in self._resellers:
            self._put_reseller(tx, *reseller)

    def _on_access(self, tx):
        timing.catch_up(tx, self.profile_in(tx))

    def transaction(self):
        """One step on the state, see :class:`.state.Store`; brought up to the present moment."""
        return self._store.transaction()

    def close(self):
        """Let held calls and the state file go."""
        self.delays.release()
        self._store.close()

    def profile_in(self, tx):
        """The effective settings, inside a transaction."""
        return profile.effective(self._own_profile, tx.get_meta("profile"))

    def _note_notification(self, reference, url, outcome):
        with self.transaction() as tx:
            tx.insert(
                "notification", invoice_reference=reference, url=url, at=tx.now, outcome=outcome
            )

    # Set-up and steering

    def add_reseller(self, reseller_id, user, password):
        """Let a shop register tills; again with another password changes the password."""
        with self.transaction() as tx:
            self._put_reseller(tx, reseller_id, user, password)

    def _put_reseller(self, tx, reseller_id, user, password):
        row = tx.one("SELECT * FROM reseller WHERE id = ?", reseller_id)
        if row and row["user"] == user and principals.matches(row, password):
            return
        salt, digest = principals.hashed(password)
        tx.run(
            "INSERT OR REPLACE INTO reseller (id, user, salt, hash) VALUES (?, ?, ?, ?)",
            reseller_id,
            user,
            salt,
            digest,
        )

    def advance(self, seconds):
        """Move the simulator's clock forward and apply what falls due; returns its offset.

        :raise ValueError: not a number of seconds from 0 to ten years
        """
        if isinstance(seconds, bool) or not isinstance(seconds, (int, float)):
            raise ValueError("advance must be a number of seconds.")
        if not 0 <= seconds <= LONGEST_ADVANCE:
            raise ValueError("advance must be from 0 seconds to ten years.")
        with self.transaction() as tx:
            offset = tx.get_meta("clock_offset", 0) + seconds
            tx.set_meta("clock_offset", offset)
            tx.now += seconds
            self._on_access(tx)
        return offset

    def forget(self, reseller_id, seconds):
        """Remove a reseller's bills that were closed longer than so many seconds ago, with what happened to them.

        Payments, refunds and what a period counts stay: money can still be given back and reported.

        :return: how many bills were removed
        """
        with self.transaction() as tx:
            return invoices.forget(tx, reseller_id, tx.now - seconds)

    def profile(self):
        """The effective settings."""
        with self.transaction() as tx:
            return self.profile_in(tx)

    def set_profile(self, overrides):
        """Replace the overrides by these; returns the effective settings.

        :raise profile.ProfileError: a setting or value that does not exist
        """
        checked = profile.check(overrides)
        with self.transaction() as tx:
            tx.set_meta("profile", checked)
            return self.profile_in(tx)

    def faults(self):
        """Faults still to come."""
        with self.transaction() as tx:
            return faults.current(tx)

    def set_faults(self, new):
        """Replace the faults, and let go every call that is being delayed; returns the list.

        :raise faults.FaultError: a fault that does not exist
        """
        checked = faults.check(new)
        with self.transaction() as tx:
            faults.replace(tx, checked)
        self.delays.release()
        return checked

    def journal(self):
        """All that happened, see :mod:`.journal`."""
        with self.transaction() as tx:
            return {
                **journal.journal(tx),
                "profile": self.profile_in(tx),
                "faults": faults.current(tx),
            }

    def stickers(self):
        """Every till with a sticker: dicts of ``glase_id``, ``terminal_id``, ``terminal_name``."""
        with self.transaction() as tx:
            rows = tx.all(
                "SELECT glase_id, id AS terminal_id, name AS terminal_name FROM terminal "
                "WHERE glase_id IS NOT NULL ORDER BY registered_at"
            )
            return [dict(row) for row in rows]

    # The customer. All raise customer.UnknownSticker or customer.NothingToPay.

    def sticker(self, glase_id):
        """What a customer sees at this sticker: a dict, see :func:`_sticker`."""
        with self.transaction() as tx:
            return self._sticker(tx, glase_id)

    def _sticker(self, tx, glase_id):
        terminal = customer.terminal_of(tx, glase_id)
        row = invoices.current(tx, terminal)
        payment = payments.of_invoice(tx, row["reference"]) if row else None
        return {
            "glase_id": glase_id,
            "terminal_id": terminal["id"],
            "terminal_name": terminal["name"],
            "screen": customer.screen(row),
            "invoice": journal.invoice_dict(tx, row) if row else None,
            "payment": journal.payment_dict(tx, payment) if payment else None,
            "now": journal.when(tx.now),
        }

    def scan(self, glase_id, tokens=None, reference=None):
        """Look at the bill, see :func:`.customer.scan`; returns :meth:`sticker`'s dict."""
        with self.transaction() as tx:
            customer.scan(tx, glase_id, tokens, reference)
            return self._sticker(tx, glase_id)

    def begin(self, glase_id, reference=None):
        """Start to pay: a cancel hears 51 until :meth:`confirm` or :meth:`decline`."""
        with self.transaction() as tx:
            customer.begin(tx, glase_id, reference)
            return self._sticker(tx, glase_id)

    def confirm(self, glase_id, reference=None):
        """Finish what :meth:`begin` started."""
        with self.transaction() as tx:
            customer.confirm(tx, self, self.profile_in(tx), glase_id, reference)
            return self._sticker(tx, glase_id)

    def pay(self, glase_id, reference=None):
        """Scan, begin and confirm.

        :param reference: pay only if the bill shown is this invoice
        """
        with self.transaction() as tx:
            customer.pay(tx, self, self.profile_in(tx), glase_id, reference)
            return self._sticker(tx, glase_id)

    def decline(self, glase_id, reference=None):
        """Refuse the bill."""
        with self.transaction() as tx:
            customer.decline(tx, glase_id, reference)
            return self._sticker(tx, glase_id)

    def fail(self, glase_id, reference=None):
        """Let the customer's bank refuse the bill."""
        with self.transaction() as tx:
            customer.fail(tx, glase_id, reference)
            return self._sticker(tx, glase_id)
