from collections import defaultdict

from odoo import Command, fields
from odoo.exceptions import UserError
from odoo.tools.translate import LazyTranslate

from ...rules import case_kinds, state_machine
from ..cases import progress
from ..support import autonomous_transaction, clock, managers
from ..support.sentences import note
from . import method_accounts
from .subject import exact, subject_of

# Said in the language of whoever settles the case.
# pylint: disable=prefer-env-translation
_lt = LazyTranslate(__name__)


class Booking:
    """The journal entries of one subject: a ledger row, or a payment that nothing proves.

    One rule for all of them (``doc/ledger.md §19``): when the correction that is due is another one
    than what is booked, all that stands for the subject is taken back to the last cent, account by
    account, and what is due now is booked anew. So an entry that is no longer right clears itself,
    a write-off of it included, in company currency too, whatever the rate is by then.
    """

    def __init__(self, env):
        """:param env: a superuser environment"""
        self.env = env

    def correct(self, subject):
        """Book what is due for a subject; nothing if that is booked already.

        :param subject: one ledger row or payment, in an environment of ``autonomous_transaction.run``
        :raises UserError: if Odoo cannot book it: an account is missing or archived, a period locked
        """
        autonomous_transaction.lock(subject)
        self.env.flush_all()
        kept = subject_of(subject)
        known, booked = kept.known(), self._booked(kept)
        due = kept.rounded(known.correction())
        if due != booked:
            self._post(subject, self._lines_due(subject, due), due - booked)
            self._clear(subject)
        kept.mark(due=not known.ended(), failed_at=False)
        waiting = [
            (case_kinds.LINKS[subject._name], "=", subject.id),
            ("state", "=", "open"),
            ("kind", "in", list(case_kinds.ended_by(case_kinds.BOOKED))),
        ]
        progress.settle(self.env["glase.case"].sudo().search(waiting), _lt("Booked."))

    def _booked(self, kept):
        """What entries of a subject have added to Glase's outstanding account.

        :rtype: Decimal
        """
        of_subject = [(kept.link, "=", kept.record.id), ("state", "=", "posted")]
        moves = self.env["account.move"]
        [(booked,)] = moves._read_group(of_subject, [], ["glase_amount:sum"])
        return kept.rounded(exact(booked or 0))

    def _lines_due(self, subject, due):
        """The lines of an entry that leaves a subject with just what is due for it.

        :param Decimal due: what Glase's outstanding account must show more, in the row's currency
        """
        lines = [
            (account, -amount, -balance)
            for account, (amount, balance) in self._standing(subject).items()
        ]
        if due:
            method = subject_of(subject).method()
            method_accounts.give(method)
            currency, company = method._glase_currency(), subject.company_id
            day = fields.Datetime.context_timestamp(
                self._in_time_zone(subject), subject_of(subject).moved_at()
            ).date()
            amount = float(due)
            balance = currency._convert(amount, company.currency_id, company, day)
            lines += [
                (method.outstanding_account_id, amount, balance),
                (method.glase_suspense_account_id, -amount, -balance),
            ]
        return lines

    def _standing(self, subjects, accounts=None):
        """What the entries of some subjects have left on each account.

        :param accounts: only these accounts, or None for all
        :return: ``(amount, balance)`` by account, in the journal's and the company's currency
        :rtype: dict
        """
        if not subjects:
            return {}
        domain = [
            (f"move_id.{subject_of(subjects[0]).link}", "in", subjects.ids),
            ("parent_state", "=", "posted"),
        ]
        if accounts is not None:
            domain.append(("account_id", "in", accounts.ids))
        groups = self.env["account.move.line"]._read_group(
            domain, ["account_id"], ["amount_currency:sum", "balance:sum", "currency_id:recordset"]
        )
        return {
            account: (currency[:1].round(amount), subjects.company_id.currency_id.round(balance))
            for account, amount, balance, currency in groups
            if not (
                currency[:1].is_zero(amount) and subjects.company_id.currency_id.is_zero(balance)
            )
        }

    def _post(self, subject, lines, change, words=None):
        """Post an entry of a subject.

        :param lines: ``(account, amount, balance)``: amounts in the journal's currency, balances in
            the company's, debits positive
        :param Decimal change: what the entry adds to Glase's outstanding account
        :param str words: what it is about, for the bookkeeper
        :return: the entry
        """
        kept = subject_of(subject)
        method = kept.method()
        words = words or kept.words()
        reference, period = kept.references()
        same = {"name": words, "currency_id": method._glase_currency().id}
        moves = self.env["account.move"].sudo().with_company(subject.company_id)
        move = moves.create(
            {
                "move_type": "entry",
                "journal_id": method.journal_id.id,
                "date": self._today(subject),
                "ref": words,
                kept.link: subject.id,
                "glase_amount": float(change),
                "glase_reference": reference,
                "glase_period": period,
                "line_ids": [Command.create({**same, **self._values_of(*line)}) for line in lines],
            }
        )
        move._post(soft=False)
        return move

    @staticmethod
    def _values_of(account, amount, balance):
        return {
            "account_id": account.id,
            "amount_currency": amount,
            "balance": balance,
            "tax_ids": [Command.clear()],
        }

    def _in_time_zone(self, subject):
        zone = subject.session_id.user_id.tz or subject.company_id.partner_id.tz or "UTC"
        return subject.with_context(tz=zone)

    def _today(self, subject):
        """The shop's present day, by the clock of the ledger."""
        now = clock.now(self.env.cr)
        return fields.Datetime.context_timestamp(self._in_time_zone(subject), now).date()

    def _clear(self, subject):
        """Reconcile lines of a subject's entries that add up to nothing, account by account.

        On the suspense account a payment and its refunds clear each other, too. What a bookkeeper
        has reconciled already stays as it is.
        """
        suspense = self._suspense_accounts(subject.company_id)
        for subjects in (subject, subject_of(subject).family()):
            lines = self.env["account.move.line"].search(
                [
                    (f"move_id.{subject_of(subject).link}", "in", subjects.ids),
                    ("parent_state", "=", "posted"),
                    ("account_id.reconcile", "=", True),
                    ("reconciled", "=", False),
                ]
            )
            by_account = defaultdict(lines.browse)
            for line in lines:
                by_account[line.account_id] |= line
            for account, open_lines in by_account.items():
                if subjects != subject and account not in suspense:
                    continue
                left = sum(open_lines.mapped("amount_residual_currency"))
                currency = open_lines.currency_id[:1]
                if len(open_lines) > 1 and currency.is_zero(left):
                    open_lines.reconcile()

    # === The suspense account ===

    def _suspense_accounts(self, company):
        methods = self.env["pos.payment.method"].sudo().with_context(active_test=False)
        return methods.search([("company_id", "=", company.id)]).glase_suspense_account_id

    def on_suspense(self, subject):
        """What stands on the suspense account for a subject and its refunds.

        :return: float in the journal's currency; above zero is money without an owner
        """
        accounts = self._suspense_accounts(subject.company_id)
        standing = self._standing(subject_of(subject).family(), accounts)
        return -sum(amount for amount, _balance in standing.values())

    def write_off(self, subject, account, reason):
        """Move what stands on the suspense account for a subject to another account.

        :param account: that takes it
        :param str reason: why, kept on the entry and on the cases
        :return: the entry
        :raises UserError: if nothing stands there
        """
        family = subject_of(subject).family()
        # What is written off stands for all of them: so does another case, of a refund.
        autonomous_transaction.lock(family)
        self.env.flush_all()
        accounts = self._suspense_accounts(subject.company_id)
        standing = self._standing(family, accounts)
        if not standing:
            raise UserError(self.env._("Somebody else has settled this just now. Reload the page."))
        lines = []
        for suspense, (amount, balance) in standing.items():
            lines += [(suspense, -amount, -balance), (account, amount, balance)]
        reader = managers.for_reader(subject)
        words = reader.env._(
            "%(subject)s written off: %(reason)s",
            subject=subject_of(reader).words(),
            reason=reason,
        )
        move = self._post(subject, lines, 0, words)
        self._clear(subject)
        return move

    # === When it cannot be booked ===

    def not_booked(self, subject, why):
        """Tell that a subject could not be booked: a case, and an activity for a manager.

        :param str why: a sentence
        """
        subject_of(subject).mark(failed_at=clock.now(self.env.cr))
        progress.open_case("not_booked", subject, why=why)


class WriteOff:
    """*Write off*: what stands on the suspense account for good goes to another account."""

    def __init__(self, case):
        """:param case: any case; what it may be asked for is looked up as the superuser"""
        self.case, self.env = case.sudo(), case.sudo().env
        self.subject = self._subject()

    def _subject(self):
        """What the case's money is booked for: a row of the ledger, or a payment that nothing proves."""
        row = self.case.transaction_id
        if not row:
            return self.case.payment_id
        unproven = self.env["pos.payment"].search(
            [("uuid", "=", row.line_uuid), ("glase_unverified", "=", True)], limit=1
        )
        # Goods were given for a bill that was not paid: its order's payment stands there.
        if unproven and row.state not in (state_machine.PAID, state_machine.REFUNDED):
            return unproven
        return row.original_id or row

    def amount(self):
        """What stands on the suspense account, in the journal's currency; above zero is money
        without an owner.

        :rtype: float
        """
        return Booking(self.env).on_suspense(self.subject) if self.subject else 0.0

    def book(self, account, reason):
        """Move what stands there to another account, and settle what was open about it.

        :param account: that takes it
        :param str reason: kept on the entry and on the cases
        :raises UserError: if nothing stands there any more
        """
        manager = self.env.user
        move = Booking(self.env).write_off(self.subject, account, reason)
        words = _lt("%(manager)s wrote this off: %(reason)s", manager=manager.name, reason=reason)
        note(move, words, self.subject)
        progress.settle(
            self._cases(),
            _lt(
                "Written off to %(account)s by %(manager)s: %(reason)s",
                account=account.display_name,
                manager=manager.name,
                reason=reason,
            ),
        )

    def _cases(self):
        """The open cases that it ends."""
        family = subject_of(self.subject).family()
        kinds = case_kinds.offering(case_kinds.WRITE_OFF)
        of_subject = [
            (case_kinds.LINKS[self.subject._name], "in", family.ids),
            ("kind", "in", list(kinds)),
        ]
        return self.case.search([*of_subject, ("state", "=", "open")]) | self.case
