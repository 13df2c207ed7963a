"""Employees who log in at the till."""

import pytest
from companion_steps import employee_of, set_up
from looked_at import given_back, look
from till_page import SCREENS, pay

pytestmark = pytest.mark.usefixtures("no_open_orders")
WORKERS = 0
MODULES = ("pos_hr",)
PRODUCTS = ("Sourdough Loaf", "Cinnamon Roll")
ANNA, BO, MIA, MAX = "Anna Anttila", "Bo Bengtsson", "Mia Manager", "Max Minimal"
PIN = "2580"

SET_UP = """
employees = {{
    name: env["hr.employee"].create({{"name": name, "company_id": company.id, **more}})
    for name, more in {employees!r}.items()
}}
user = env["res.users"].search([("login", "=", "manager")])
env["hr.employee"].create({{"name": user.name, "company_id": company.id, "user_id": user.id}})
env.flush_all()
for kind, name in (("minimal", {minimal!r}), ("advanced", {manager!r})):
    # An open register lets nobody do this by the settings.
    field = config._fields[kind + "_employee_ids"]
    env.cr.execute(
        f"INSERT INTO {{field.relation}} ({{field.column1}}, {{field.column2}}) VALUES (%s, %s)",
        (config.id, employees[name].id),
    )
env.cr.execute("UPDATE pos_config SET module_pos_hr = true WHERE id = %s", (config.id,))
"""


@pytest.fixture(scope="module", autouse=True)
def modules(shop):
    employees = {ANNA: {"pin": PIN}, BO: {}, MIA: {}, MAX: {}}
    set_up(shop, SET_UP, employees=employees, minimal=MAX, manager=MIA)


def sent(till):
    """A bill of a new order is out; returns the order's uuid."""
    till.new_order().ring_up(*PRODUCTS).send()
    return till.order_uuid()


def test_a_pin(shop, till, seen):
    """An employee logs in with a PIN, and sells."""
    till.log_in()
    till.page.click(".open-register-btn")
    till.page.locator(".screen-login input").press_sequentially(PIN)
    till.page.keyboard.press("Enter")
    till.page.wait_for_selector(SCREENS)
    uuid = sent(till)
    pay(shop)
    seen(look(shop, till, uuid))
    assert employee_of(shop, uuid) == ANNA


def test_the_till_is_locked(shop, till, seen):
    """The till is locked while the bill is out: the money is kept for whoever unlocks it."""
    till.log_in().unlock(BO)
    uuid = sent(till)
    till.lock()
    assert not till.page.locator(".modal").count()
    pay(shop)
    till.until(
        """(uuid) => posmodel.models["pos.order"].getBy("uuid", uuid).payment_ids
            .every((line) => line.payment_status === "done")""",
        uuid,
    )
    assert till.page.locator(".screen-login").is_visible()
    till.unlock(MIA)
    seen(look(shop, till, uuid))
    assert employee_of(shop, uuid) == BO


def test_the_till_is_left_alone(shop, till, seen):
    """Nobody touches the till for long while the bill is out: it stays at the payment."""
    till.log_in().unlock(BO)
    uuid = sent(till)
    till.script(
        "() => posmodel.idleTimeout.forEach(({ action }) => action())",
    )
    till.settle()
    till.looks("waiting")
    pay(shop)
    seen(look(shop, till, uuid))


def test_few_rights(shop, till, seen):
    """A sale by an employee with the fewest rights."""
    till.log_in().unlock(MAX)
    uuid = sent(till)
    pay(shop)
    seen(look(shop, till, uuid))
    assert employee_of(shop, uuid) == MAX


@pytest.mark.parametrize("employee", [MIA, "Mats Föreståndare"])
def test_managers(shop, till, seen, employee):
    """A sale and its refund by a manager, without a user of Odoo and with one."""
    till.log_in().unlock(employee)
    uuid = sent(till)
    pay(shop)
    words = look(shop, till, uuid)
    assert employee_of(shop, uuid) == employee
    seen(f"{words}; {given_back(shop, till, uuid)}")


def test_another_cashier(shop, till, seen):
    """The cashier changes between the goods and the bill, and again while it is out."""
    till.log_in().unlock(BO).new_order().ring_up(*PRODUCTS)
    become = """(name) => posmodel.setCashier(
        posmodel.models["hr.employee"].find((one) => one.name === name)
    )"""
    till.script(become, MIA)
    till.send()
    uuid = till.order_uuid()
    till.script(become, BO)
    till.looks("waiting")
    pay(shop)
    seen(look(shop, till, uuid))
    assert employee_of(shop, uuid) == MIA
