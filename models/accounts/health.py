"""How a company's Glase is, for a monitor, and the tokens by which a monitor may ask.

A token is an API key of Odoo's for one scope, which is that of one company's health: Odoo keeps a hash of
it, compares it in constant time and lets nobody in with it anywhere else. It ends with who made it.
"""

from odoo import fields

from ...glase import VERSION, Endpoint, Reach, gate
from ...rules import health, state_machine
from ...rules.environments import SIMULATOR
from ..support import clock, managers

ROUTE = "/pos_glase/health"
SCOPE = "pos_glase.health."
JOBS = ("settle", "watch_forced", "periods", "books", "verify", "receipts", "mail")

# Of bills and refunds that nobody has decided: how many, and how old (seconds) are the oldest one, and
# the oldest that holds its till and that nobody was told of.
_UNDECIDED = """
    SELECT count(*), COALESCE(max(age), 0),
           COALESCE(max(age) FILTER (
               WHERE holds AND NOT EXISTS (
                   SELECT FROM glase_case
                    WHERE glase_case.transaction_id = undecided.id AND glase_case.state = 'open'
               )), 0)
      FROM (SELECT id, state = ANY(%(holding)s) AS holds,
                   EXTRACT(EPOCH FROM %(now)s - COALESCE(sent_at, create_date)) AS age
              FROM glase_transaction
             WHERE company_id = %(company)s AND state = ANY(%(states)s)) AS undecided
"""
# When Glase has last answered about a payment, looked for from the newest event backwards for a day.
_LAST_ANSWER = """
    SELECT EXTRACT(EPOCH FROM %(now)s - COALESCE(event.last_time, event.time))
      FROM glase_event event
      JOIN glase_transaction ON glase_transaction.id = event.transaction_id
     WHERE event.time > %(now)s - interval '1 day' AND event.outcome = %(answer)s
       AND glase_transaction.company_id = %(company)s
       AND glase_transaction.environment = %(environment)s
  ORDER BY event.time DESC
     LIMIT 1
"""


class Health:
    """What is told of one company: no order, no amount, no name of a till, an account or a person.

    It only reads.

    :param company: whose
    """

    def __init__(self, company):
        self.company = company.sudo()
        self.env = self.company.env
        self.now = clock.now(self.env.cr)

    def told(self):
        """What a monitor reads.

        :return: texts, numbers and truth values by name; ``trouble`` lists what is wrong
        :rtype: dict
        """
        jobs = {name: self._job(name) for name in JOBS}
        count, oldest, stuck = self._undecided()
        accounts = self.env["glase.account"].search([("company_id", "=", self.company.id)])
        confirmed = not any(accounts.mapped("unbound_why"))
        slow = self._slow(accounts)
        found = health.trouble(health.Facts(tuple(jobs.values()), stuck, slow, confirmed))
        return {
            "status": "trouble" if found else "ok",
            "trouble": found,
            "version": VERSION,
            "database": "reachable",
            "confirmed": confirmed,
            "jobs": {
                name: {"active": job.active, "late": round(job.late), "failures": job.failures}
                for name, job in jobs.items()
            },
            "undecided": {"count": count, "oldest": round(oldest)},
            "glase": {
                environment: {"last_answer": self._last_answer(environment)}
                for environment in sorted(set(accounts.mapped("environment")))
            },
            "slow": slow is not None,
        }

    def _query(self, query, **values):
        values = {"now": self.now, "company": self.company.id, **values}
        self.env.cr.execute(query, values)
        return self.env.cr.fetchone()

    def _job(self, name):
        job = self.env.ref(f"pos_glase.cron_{name}", raise_if_not_found=False)
        if not job:
            return health.Job(active=False)
        # By the server's own time: jobs are run by that.
        late = (fields.Datetime.now() - job.nextcall).total_seconds()
        return health.Job(job.active, max(late, 0.0), job.failure_count)

    def _undecided(self):
        states = [*state_machine.HOLDS_TILL, state_machine.UNKNOWN]
        holding = [*state_machine.HOLDS_TILL]
        count, *ages = self._query(_UNDECIDED, states=states, holding=holding)
        return count, *map(float, ages)

    def _last_answer(self, environment):
        """Seconds since Glase has answered about a payment; None if it has not within a day."""
        answer = state_machine.ANSWER
        found = self._query(_LAST_ANSWER, environment=environment, answer=answer)
        return found and round(float(found[0]))

    def _slow(self, accounts):
        """Seconds since the newest trial call to a slow address of these accounts, or None."""
        real = accounts.filtered(lambda one: one.environment != SIMULATOR and one.endpoint)
        urls = [Endpoint.parse(account.endpoint, Reach.NETWORK).url for account in real]
        known = self.env["glase.endpoint"].search(
            [("url", "in", urls), ("slow", ">=", gate.FAILURES), ("tried_at", "!=", False)]
        )
        ages = [(self.now - tried_at).total_seconds() for tried_at in known.mapped("tried_at")]
        return min(ages, default=None)


# === Tokens ===


def tokens(company):
    """The tokens of a company: API keys of Odoo's."""
    keys = company.env["res.users.apikeys"].sudo()
    return keys.search([("scope", "=", _scope(company))])


def make_token(company):
    """Make a token for a company, in the name of who asks; it is good until it is revoked.

    :return: the token, which is told this once
    :rtype: str
    """
    keys = company.env["res.users.apikeys"].sudo()
    return keys._generate(_scope(company), company.env._("Monitor of Glase"), None)


def revoke_tokens(company):
    """End all tokens of a company, whoever made them."""
    tokens(company)._remove()


def revoke_all_tokens(env):
    """End the tokens of all companies."""
    keys = env["res.users.apikeys"].sudo()
    keys.search([("scope", "=like", f"{SCOPE}%")])._remove()


def company_of(env, company_id, token):
    """The company of whose health a token may be told.

    :param env: of a stranger
    :return: the company; an empty one where the token is not good for it
    """
    company = env["res.company"].sudo().browse(company_id)
    keys = env["res.users.apikeys"].sudo()
    user_id = token and keys._check_credentials(scope=_scope(company), key=token)
    user = env["res.users"].sudo().browse(user_id)
    known = user and company.exists() and managers.is_manager(user, company)
    return company if known else company.browse()


def _scope(company):
    return f"{SCOPE}{company.id}"
