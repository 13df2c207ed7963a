"""A till that talks to a real server the way the browser does, and the shop that it needs: for tests and benches."""

import http.cookiejar
import json
import re
import urllib.parse
import urllib.request
import uuid


def order_line(product_id, price, quantity=1):
    """A line as the till sends it: one thing without taxes, bought or given back."""
    return {
        "product_id": product_id,
        "full_product_name": "Wool socks",
        "qty": quantity,
        "price_unit": price,
        "price_subtotal": quantity * price,
        "price_subtotal_incl": quantity * price,
        "tax_ids": [[6, 0, []]],
    }


def order_values(session_id, total, **values):
    """An order as the till sends it.

    :param values: what is otherwise than in a new draft without lines
    """
    return {
        "uuid": str(uuid.uuid4()),
        "access_token": str(uuid.uuid4()),
        "state": "draft",
        "session_id": session_id,
        "amount_total": total,
        "amount_tax": 0,
        "amount_paid": 0,
        "amount_return": 0,
        "lines": [],
        "payment_ids": [],
        **values,
    }


class _Stays(urllib.request.HTTPRedirectHandler):
    """Does not go where a log-in leads: Odoo would make its whole page for nobody."""

    def http_error_303(self, _request, answer, *_details):
        return answer


class Till:
    """A till that talks to a real server the way the browser does."""

    def __init__(self, url, told):
        self.url, self.told = url, told
        self._actions = {}
        self.jar = http.cookiejar.CookieJar()
        cookies = urllib.request.HTTPCookieProcessor(self.jar)
        self._opener = urllib.request.build_opener(cookies)

    def log_in(self, login, password):
        """Log in through the form, as a person does."""
        with self._opener.open(f"{self.url}/web/login", timeout=60) as page:
            token = re.search(r'name="csrf_token" value="([^"]+)"', page.read().decode()).group(1)
        form = urllib.parse.urlencode(
            {"csrf_token": token, "login": login, "password": password}
        ).encode()
        stays = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar), _Stays)
        with stays.open(f"{self.url}/web/login", form, timeout=60) as answer:
            assert answer.status == 303, f"{login} is not let in"
        return self

    @property
    def session(self):
        """What a browser keeps of a log-in."""
        return next(cookie.value for cookie in self.jar if cookie.name == "session_id")

    def rpc(self, route, params):
        """One JSON-RPC request; raises on an error. No result is None."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "call", "params": params}).encode()
        request = urllib.request.Request(
            self.url + route, body, {"Content-Type": "application/json"}
        )
        with self._opener.open(request, timeout=60) as answer:
            decoded = json.load(answer)
        # As text: pytest would cut the middle out of anything else.
        assert "error" not in decoded, str(decoded["error"])
        return decoded.get("result")

    def door(self, name, **params):
        """Ask one of the till's routes."""
        return self.rpc(f"/pos_glase/{name}", {"config_id": self.told["config_id"], **params})

    def draft(self, amount, refunded=None):
        """Store a draft with one Glase line; returns what ``send`` wants to know.

        :param refunded: the bill whose order this one gives back, for what ``refund`` wants
        """
        order_uuid, line_uuid = str(uuid.uuid4()), str(uuid.uuid4())
        sign = -1 if refunded else 1
        line = order_line(self.told["product_id"], amount, sign)
        if refunded:
            [original] = self.call(
                "pos.order.line",
                "search_read",
                [("order_id.uuid", "=", refunded["order_uuid"])],
                ["id"],
            )
            line["refunded_orderline_id"] = original["id"]
        payment = {
            "uuid": line_uuid,
            "amount": sign * amount,
            "payment_method_id": self.told["method_id"],
            "payment_status": "pending",
        }
        order = order_values(
            self.told["session_id"],
            sign * amount,
            uuid=order_uuid,
            is_refund=bool(refunded),
            lines=[[0, 0, line]],
            payment_ids=[[0, 0, payment]],
        )
        self.call("pos.order", "sync_from_ui", [order])
        return {
            "order_uuid": order_uuid,
            "line_uuid": line_uuid,
            "attempt": str(uuid.uuid4()),
            "amount": f"{amount:.2f}",
        }

    def call(self, model, method, *arguments, **keywords):
        """Call a public method of a model, as the browser does."""
        return self.rpc(
            f"/web/dataset/call_kw/{model}/{method}",
            {"model": model, "method": method, "args": arguments, "kwargs": keywords},
        )

    def run(self, model, job):
        """Let a scheduled job work once, as an administrator; no server of these tests has a scheduler.

        :param str job: the method that the job calls
        """
        if job not in self._actions:
            [found] = self.call("ir.model", "search_read", [("model", "=", model)], ["id"])
            values = {"name": job, "state": "code", "code": f"model.{job}()"}
            self._actions[job] = self.call(
                "ir.actions.server", "create", {**values, "model_id": found["id"]}
            )
        self.call("ir.actions.server", "run", [self._actions[job]])

    def validate(self, bill):
        """Sync the order of a bill as paid, its Glase line as done."""
        self.call("pos.order", "sync_from_ui", [self.finished(bill)])

    def finished(self, bill):
        """What the till sends of a bill's order when it is paid."""
        [order] = self.call(
            "pos.order",
            "search_read",
            [("uuid", "=", bill["order_uuid"])],
            ["payment_ids", "amount_total"],
        )
        return order_values(
            self.told["session_id"],
            order["amount_total"],
            uuid=bill["order_uuid"],
            state="paid",
            amount_paid=order["amount_total"],
            payment_ids=[[1, order["payment_ids"][0], {"payment_status": "done"}]],
        )

    def open_register(self):
        """Open the till's register; what is sold from now on belongs to its session."""
        config_id = self.told["config_id"]
        self.call("pos.config", "open_ui", [config_id])
        [config] = self.call("pos.config", "read", [config_id], ["current_session_id"])
        session_id = config["current_session_id"][0]
        self.call("pos.session", "set_opening_control", [session_id], 0, "")
        self.told["session_id"] = session_id

    def close_register(self):
        """Close the register as the till's popup does, in its order; returns its last answer."""
        session_id = self.told["session_id"]
        counted = self.call("pos.session", "post_closing_cash_details", [session_id], 0)
        if not counted["successful"]:
            return counted
        self.call("pos.session", "update_closing_control_state_session", [session_id], "")
        return self.call("pos.session", "close_session_from_ui", [session_id], [])


def register(admin, config_id, account_id, name, sticker, **there):
    """Register a till and put a sticker on it, as an administrator does; returns the terminal's id."""
    values = {"name": name, "account_id": account_id, "config_id": config_id}
    terminal_id = admin.call("glase.terminal", "create", values, **there)
    admin.call("glase.terminal", "action_register", [terminal_id], **there)
    values = {"terminal_id": terminal_id, "text": sticker}
    assign_id = admin.call("glase.assign", "create", values, **there)
    admin.call("glase.assign", "action_assign", [assign_id], **there)
    return terminal_id


def set_up_till(url, endpoint):
    """Register the shop's first till with a simulator and open it, as an administrator and a cashier do.

    :param str url: the running server's
    :param str endpoint: the simulator's
    :return: what :class:`Till` and the tests want to know of it
    :rtype: dict
    """
    told = {}
    admin = Till(url, told).log_in("admin", "admin")
    [company_id] = admin.call(
        "res.company", "search", [("chart_template", "=", "se")], order="id desc", limit=1
    )
    there = {"context": {"allowed_company_ids": [company_id]}}

    def create(model, **values):
        return admin.call(model, "create", values, **there)

    [config_id] = admin.call(
        "pos.config", "search", [("company_id", "=", company_id)], order="id", limit=1, **there
    )
    account_id = create(
        "glase.account",
        name="Process test",
        company_id=company_id,
        environment="test",
        endpoint=endpoint,
        reseller_id="demo",
        reseller_user="9900",
        reseller_password="demo",
        shop_name="Fjällboden",
    )
    journal_id = create(
        "account.journal", name="Glase", type="bank", code="GLP", company_id=company_id
    )
    method_id = create(
        "pos.payment.method",
        name="Glase",
        journal_id=journal_id,
        company_id=company_id,
        payment_method_type="terminal",
        use_payment_terminal="glase",
    )
    admin.call(
        "pos.config", "write", [config_id], {"payment_method_ids": [[4, method_id]]}, **there
    )
    terminal_id = register(admin, config_id, account_id, "Till", "PROC1", **there)
    [terminal] = admin.call(
        "glase.terminal", "read", [terminal_id], ["terminal_identifier"], **there
    )
    [product_id] = admin.call(
        "product.product", "search", [("available_in_pos", "=", True)], limit=1, **there
    )
    told.update(
        config_id=config_id,
        method_id=method_id,
        product_id=product_id,
        terminal=terminal["terminal_identifier"],
    )
    Till(url, told).log_in("cashier", "cashier").open_register()
    return told
