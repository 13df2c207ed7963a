#!/usr/bin/env python3
"""How long a period takes to reconcile, and with how many queries, as it grows.

Real Odoo and PostgreSQL on a copy of the base database. The ledger's rows are put in by SQL; the report is as
Glase writes it. Prints time, queries and growth; the queries must not grow with the rows.
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "bin"))

from stack import console, set_up
from stack.base_db import Workplace
from stack.paths import MODULE

MOST_QUERIES_MORE = 20

RECONCILE = """
import json, time, uuid

company = env["res.company"].search([("chart_template", "=", "se")], order="id desc", limit=1)
config = env["pos.config"].search([("company_id", "=", company.id)], order="id", limit=1)
account = env["glase.account"].create(
    {"name": "Bench", "company_id": company.id, "environment": "simulator"}
)
ROW = "<Row><TerminalId>{till}</TerminalId><CashierId>Maja</CashierId>" \\
      "<SalesAmount>{amount:.5f}</SalesAmount><ErsReference>{reference}</ErsReference></Row>"
REPORT = "<TransactionDetails><Meta><TerminalId>{till}</TerminalId>" \\
         "<TransactionPeriodId>{period}</TransactionPeriodId></Meta>{rows}</TransactionDetails>"
SUM = "<Row><SalesCount>{count}</SalesCount><SalesTotal>{total:.5f}</SalesTotal></Row>"
told = []
for count in COUNTS:
    till = uuid.uuid4().hex
    terminal = env["glase.terminal"].sudo().create(
        {
            "account_id": account.id, "config_id": config.id, "name": till, "state": "retired",
            "external_identifier": till, "terminal_identifier": till, "environment": "simulator",
            "endpoint": "http://localhost/", "reseller_id": "demo", "active": False,
        }
    )
    env.flush_all()
    env.cr.execute(
        '''INSERT INTO glase_transaction (kind, state, line_uuid, attempt, amount, signed_amount,
               currency_id, terminal_id, account_id, company_id, environment, terminal_identifier,
               ers_reference, cashier, sent_at, paid_at, ended_at)
           SELECT 'payment', 'paid', gen_random_uuid()::text, '1', n, n, %s, %s, %s, %s,
                  'simulator', %s, %s || '-' || n, 'Maja', now() - interval '1 hour',
                  now() - interval '1 hour', now() - interval '1 hour'
             FROM generate_series(1, %s) AS n''',
        (company.currency_id.id, terminal.id, account.id, company.id, till, till, count),
    )
    period = env["glase.period"].sudo()._make(account, terminal)
    env.cr.execute(
        "UPDATE glase_period SET state = 'marked', identifier = %s,"
        " mark_sent_at = now() AT TIME ZONE 'UTC' WHERE id = %s",
        (till, period.id),
    )
    env.invalidate_all()
    rows = [ROW.format(till=till, amount=n, reference=f"{till}-{n}") for n in range(1, count + 1)]
    details = REPORT.format(till=till, period=till, rows="".join(rows)).encode()
    total = count * (count + 1) // 2
    summary = REPORT.format(till=till, period=till, rows=SUM.format(count=count, total=total))
    queries, began = env.cr.sql_log_count, time.perf_counter()
    period._take_in({"details": details, "summary": summary.encode()})
    env.flush_all()
    told.append(
        {
            "rows": count,
            "seconds": time.perf_counter() - began,
            "queries": env.cr.sql_log_count - queries,
            "state": period.state,
            "matched": len(period.line_ids.filtered(lambda line: line.kind == "matched")),
        }
    )
print("TOLD", json.dumps(told))
"""


def main(arguments):
    parser = argparse.ArgumentParser(prog="bench/reconcile.py", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[100, 1000, 10000])
    options = parser.parse_args(arguments)
    stack = set_up.prepare(browser=False)
    with Workplace(stack.base, stack.python, stack.tree) as workplace:
        odoo = workplace.odoo
        with console.step(f"installing {MODULE} on a copy of the base database"):
            odoo.once("-i", MODULE, what=f"{MODULE} cannot be installed")
        code = RECONCILE.replace("COUNTS", repr(options.rows))
        printed = odoo.shell(code, "the periods cannot be reconciled")
    told = json.loads(printed.partition("TOLD ")[2].splitlines()[0])
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
    return 0 if matched and flat else 1


if __name__ == "__main__":
    console.command(main)
