"""Steps of a cashier at what Odoo's other modules bring to a till."""


def at_table(till, number=7):
    """An order at a table."""
    till.script(
        """async (number) => {
            const table = posmodel.models["restaurant.table"].find(
                (one) => one.table_number === number
            );
            await posmodel.setTableFromUi(table);
        }""",
        number,
    )
    till.page.wait_for_selector(".product-screen")
    return till


def with_guest(till, guest):
    """A customer stands on the order, and what the programs know of them is loaded."""
    till.script(
        """async (name) => {
            const partner = posmodel.models["res.partner"].find((one) => one.name === name);
            posmodel.getOrder().setPartner(partner);
            await posmodel.orderUpdateLoyaltyPrograms();
        }""",
        guest,
    )
    return till


def claim(till, program):
    """Take the reward of a program, as its button does."""
    told = till.script(
        """async (name) => {
            const order = posmodel.getOrder();
            const [found] = order.getClaimableRewards().filter(
                ({ reward }) => reward.program_id.name === name
            );
            const told = order._applyReward(found.reward, found.coupon_id, {});
            await posmodel.updateRewards();
            return told;
        }""",
        program,
    )
    assert told is True
    return till
