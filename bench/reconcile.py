#!/usr/bin/env python3
"""How long the period of a till, or of a shop, takes to reconcile, and with how many queries, as it grows.

Real Odoo and PostgreSQL on a copy of the base database. The ledger's rows are put in by SQL; the report is as
Glase writes it. Prints time, queries and growth; the queries must not grow with the rows.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))

from stack import console, set_up
from stack.base_db import Workplace, with_module

MOST_QUERIES_MORE = 20

RECONCILE = """
import json, time, uuid

company = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
config = env["pos.config"].search([("company_id", "=", company.id)], order="id", limit=1)
ROW = "<Row><TerminalId>{till}</TerminalId><CashierId>Maja</CashierId>" \\
      "<SalesAmount>{amount:.5f}</SalesAmount><ErsReference>{reference}</ErsReference></Row>"
REPORT = "<TransactionDetails><Meta>{of_till}" \\
         "<TransactionPeriodId>{period}</TransactionPeriodId></Meta>{rows}</TransactionDetails>"
SUM = "<Row><SalesCount>{count}</SalesCount><SalesTotal>{total:.5f}</SalesTotal></Row>"


def registered(account):
    till = uuid.uuid4().hex
    return env["glase.terminal"].sudo().create(
        {
            "account_id": account.id, "config_id": config.id, "name": till, "state": "retired",
            "external_identifier": till, "terminal_identifier": till, "environment": "simulator",
            "endpoint": "http://localhost/", "reseller_id": "demo", "active": False,
        }
    )


def paid(terminals, reference, count):
    # The nth payment is of n in the company's currency, at one till after another.
    env.flush_all()
    env.cr.execute(
        '''INSERT INTO glase_transaction (kind, state, line_uuid, attempt, amount, signed_amount,
               currency_id, terminal_id, account_id, company_id, environment, terminal_identifier,
               ers_reference, cashier, sent_at, paid_at, ended_at)
           SELECT 'payment', 'paid', gen_random_uuid()::text, '1', n, n, %s, terminal.id,
                  terminal.account_id, terminal.company_id, 'simulator',
                  terminal.terminal_identifier, %s || '-' || n, 'Maja',
                  now() - interval '1 hour', now() - interval '1 hour', now() - interval '1 hour'
             FROM generate_series(1, %s) AS n
             JOIN glase_terminal terminal ON terminal.id = (%s::int[])[1 + n %% %s]''',
        (company.currency_id.id, reference, count, terminals.ids, len(terminals)),
    )


def reported(terminals, reference, count):
    of_till = "<TerminalId>%s</TerminalId>" % reference if len(terminals) == 1 else ""
    tills = terminals.mapped("terminal_identifier")
    rows = "".join(
        ROW.format(till=tills[n % len(tills)], amount=n, reference=f"{reference}-{n}")
        for n in range(1, count + 1)
    )
    summed = SUM.format(count=count, total=count * (count + 1) // 2)
    return {
        what: REPORT.format(of_till=of_till, period=reference, rows=rows).encode()
        for what, rows in (("details", rows), ("summary", summed))
    }


def measured(tills, count):
    scope = "terminal" if tills == 1 else "shop"
    account = env["glase.account"].create(
        {
            "name": "Bench", "company_id": company.id, "environment": "simulator",
            "period_scope": scope,
        }
    )
    terminals = env["glase.terminal"].union(*(registered(account) for _till in range(tills)))
    reference = terminals[0].terminal_identifier
    paid(terminals, reference, count)
    covered = terminals if scope == "terminal" else terminals.browse()
    period = env["glase.period"].sudo()._make(account, covered, env["pos.session"])
    env.flush_all()
    env.cr.execute(
        "UPDATE glase_period SET state = 'marked', identifier = %s,"
        " mark_sent_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
        (reference, period.id),
    )
    env.invalidate_all()
    content = reported(terminals, reference, count)
    queries, began = env.cr.sql_log_count, time.perf_counter()
    period._take_in(content)
    env.flush_all()
    return {
        "tills": tills,
        "rows": count,
        "seconds": time.perf_counter() - began,
        "queries": env.cr.sql_log_count - queries,
        "state": period.state,
        "matched": len(period.line_ids.filtered(lambda line: line.kind == "matched")),
    }


print("TOLD", json.dumps([measured(tills, count) for tills in TILLS for count in COUNTS]))
"""


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/reconcile.py", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 1000, 10000])
    parser.add_argument(
        "--tills",
        type=int,
        nargs="+",
        default=[1, 10],
        help="1: the period of a till; more: the period of a shop with so many (default: 1 10)",
    )
    options = parser.parse_args(arguments)
    stack = set_up.prepare(browser=False)
    with Workplace(with_module(stack), stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        code = RECONCILE.replace("COUNTS", repr(options.rows)).replace("TILLS", repr(options.tills))
        printed = odoo.shell(code, "the periods cannot be reconciled")
    told = json.loads(printed.partition("TOLD ")[2].splitlines()[0])
    fine = [show([line for line in told if line["tills"] == tills]) for tills in options.tills]
    return 0 if all(fine) else 1


def show(told):
    """Print the periods of one till, or of one shop, the smallest first.

    :param list told: dicts with ``tills``, ``rows``, ``seconds``, ``queries``, ``state``, ``matched``
    :return: whether all rows were matched, and queries did not grow with them
    """
    tills = told[0]["tills"]
    console.say("Period of a till" if tills == 1 else f"Period of a shop with {tills} tills")
    console.say(f"{'rows':>8} {'seconds':>9} {'queries':>8} {'ms a row':>9} {'growth':>7}  result")
    before = None
    for line in told:
        each = line["seconds"] / line["rows"]
        growth = f"{each / before:.2f}" if before else "–"
        console.say(
            f"{line['rows']:>8} {line['seconds']:>9.2f} {line['queries']:>8} {each * 1000:>9.3f}"
            f" {growth:>7}  {line['matched']} matched, {line['state']}"
        )
        before = each
    matched = all(line["matched"] == line["rows"] for line in told)
    flat = told[-1]["queries"] - told[0]["queries"] <= MOST_QUERIES_MORE
    return matched and flat


if __name__ == "__main__":
    console.command(main)
