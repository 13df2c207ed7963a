"""What is asked of an order before Glase is: what it still owes, its bill, and whether Odoo would finish it."""

from datetime import timezone
from decimal import Decimal

from odoo.exceptions import UserError

from ...glase import Amount, Invoice, InvoiceRow
from ...rules.bill_rows import Labels, OrderLine, bill_rows
from ...rules.due import CashRounding, still_due, total_due
from ..ledger import known_rows
from ..support import clock, money, parameters

# Payments in these states are not taken (yet); a tender without a terminal has no state at all.
RETRY, REVERSING = "retry", "reversing"
NOT_TAKEN = (
    "pending",
    RETRY,
    "waiting",
    "waitingCard",
    "waitingCancel",
    "glase_open",
    REVERSING,
)


def kept_rounding(kept):
    """How a bill was rounded.

    :param dict kept: ``rounding`` of its row
    :return: None if it was not
    :rtype: CashRounding
    """
    return CashRounding(Decimal(kept["step"]), kept["method"]) if kept else None


class Bill:
    """What an order comes to; amounts are Decimal, in the order's currency.

    :param order: one ``pos.order`` that is stored
    """

    def __init__(self, order):
        self.order, self.env = order, order.env

    def decimal(self, value):
        """An amount (float, major units) with the decimals of the order's currency."""
        return money.exact(self.order.currency_id, value)

    def total_due(self):
        """What the order costs the customer, rounded as its till rounds.

        Not `amount_total`: the till stores that without the rounding, the server with it.
        """
        return total_due(self.decimal(self.order.amount_total), self.rounding())

    def kept_total(self):
        """What the ledger keeps of the total of a bill that is made now: its sum, and how that is rounded.

        :return: ``order_total`` and ``rounding`` of its row
        :rtype: dict
        """
        rounding = self.rounding()
        kept = None
        if rounding and rounding.in_total:
            kept = {"step": str(rounding.step), "method": rounding.method}
        return {"order_total": float(self.total_due()), "rounding": kept}

    def total_on_bill(self, kept):
        """What the order would cost on a bill that is out: a till may round otherwise from one moment to the next.

        :param dict kept: ``rounding`` of the bill's row
        :rtype: Decimal
        """
        return total_due(self.decimal(self.order.amount_total), kept_rounding(kept))

    def worth(self):
        """What all its products come to, nothing rounded; below zero if they come back."""
        return self.decimal(sum(self.order.lines.mapped("price_subtotal_incl")))

    def taken(self, line_uuid=None):
        """The sum of the payments that count.

        :param str line_uuid: a payment that is not counted
        """
        return sum((amount for _name, amount in self._other_tenders(line_uuid)), Decimal(0))

    def due(self, line_uuid=None):
        """What is due once the other tenders are counted.

        :param str line_uuid: the payment that is not counted; without it all that were taken are
        """
        return still_due(
            self.decimal(self.order.amount_total),
            self.taken(line_uuid),
            self.rounding(),
            any(self.order.payment_ids.payment_method_id.mapped("is_cash_count")),
        )

    def due_on_bill(self, row):
        """What is due beside a payment of this order's, rounded as its bill was.

        :param row: of the ledger, whose own payment is not counted
        """
        return self.total_on_bill(row.rounding) - self.taken(row.line_uuid)

    def rounding(self):
        """The rounding of this order's till, if it has one.

        :rtype: CashRounding
        """
        order, config = self.order, self.order.config_id
        method = config.cash_rounding and config.rounding_method
        return method and CashRounding(
            step=Decimal(f"{method.rounding:.6f}"),
            method=method.rounding_method,
            whole_order=not config.only_round_cash_method,
            strategy=method.strategy,
            taxed=bool(order.lines.tax_ids_after_fiscal_position),
        )

    def can_give_more(self):
        """Whether the till can give change in cash, or take a tip, for what is paid too much."""
        config = self.order.config_id
        cash = config.payment_method_ids.filtered("is_cash_count")
        return bool(cash or (config.iface_tipproduct and config.tip_product_id))

    def invoice(self, line_uuid, amount, terminal, cashier, notification_url=None):
        """The Glase invoice for one payment line.

        :param str line_uuid: the payment line that is to be paid with Glase
        :param Decimal amount: the bill's total, a multiple of 0.01
        :param terminal: the till's registration
        :param str cashier: shown on the bill
        :param notification_url: where Glase may say that it was paid, or None
        :rtype: Invoice
        :raises InvoiceError: when the amount cannot be sent
        """
        order, account = self.order, terminal.account_id
        currency = order.currency_id.name
        rows = bill_rows(
            [self._order_line(line) for line in order.lines],
            self.total_due(),
            self._other_tenders(line_uuid),
            amount,
            Labels(
                rounding=self.env._("Rounding"),
                left=self.env._("Left to pay"),
                extra=self.env._("Tip or change"),
            ),
        )
        return Invoice(
            title=account.shop_name or order.company_id.name,
            client_invoice_id=parameters.short(order.pos_reference or order.uuid),
            rows=tuple(_invoice_row(row, currency) for row in rows),
            total=Amount(amount, currency),
            cashier_id=cashier or parameters.short(self.env.user.name),
            footer=account.invoice_footer or order.company_id.name,
            issue_date=clock.now(self.env.cr).replace(tzinfo=timezone.utc),
            notification_url=notification_url,
        )

    def _other_tenders(self, line_uuid):
        """Name and amount of each payment that was taken, but for this line's."""
        taken = known_rows.payments_of(self.order).filtered(
            lambda payment: (
                payment.uuid != line_uuid
                and payment.payment_status not in NOT_TAKEN
                and payment.amount
            )
        )
        return [
            (payment.payment_method_id.name, self.decimal(payment.amount))
            for payment in taken.sorted("id")
        ]

    def _order_line(self, line):
        taxes = line.tax_ids_after_fiscal_position or line.tax_ids
        percent = None
        if len(taxes) == 1 and taxes.amount_type == "percent":
            percent = Decimal(str(taxes.amount))
        product = line.product_id
        return OrderLine(
            name=line.full_product_name or product.display_name,
            total=self.decimal(line.price_subtotal_incl),
            quantity=Decimal(str(line.qty)),
            unit=product.uom_id.name or "",
            sku=product.default_code or "",
            ean=product.barcode or "",
            tax_percent=percent,
        )


def _invoice_row(row, currency):
    return InvoiceRow(
        description=row.description,
        total=Amount(row.total, currency),
        quantity=row.quantity,
        unit_price=None if row.unit_price is None else Amount(row.unit_price, currency),
        sku=row.sku,
        ean=row.ean,
        tax_rate=row.tax_rate,
    )


class DryRun:
    """Whether Odoo would finish an order once it is paid: one try, of which nothing stays (``doc/ledger.md §6``).

    The till asks all that its own side of Odoo will ask (`dry_run.js`). This is the server's side.
    """

    # An object in the context of the order that is tried: no request can send one.
    _KEY = "glase_dry_run"

    class Passed(Exception):
        """Everything before the order is paid was done."""

    @classmethod
    def ends(cls, order, values):
        """Where a try ends: an order that is tried is about to be paid.

        :param dict values: what is being written
        :raises Passed: if it is tried
        """
        if values.get("state") == "paid" and isinstance(order.env.context.get(cls._KEY), cls):
            raise cls.Passed

    def why_not(self, order):
        """What Odoo or another module refuses before it takes an order for paid.

        :param order: a draft; as if what is due was paid
        :return: a sentence, or None
        """
        tried = order.with_context(**{self._KEY: self})
        try:
            with order.env.cr.savepoint():
                tried.amount_paid = float(Bill(order).total_due())
                tried._process_saved_order(False)
                raise self.Passed
        except self.Passed:
            return None
        except UserError as error:
            return str(error)
