"""A ledger as of years: one finished sale, made old and copied by SQL with its order, payment and events."""

TABLES = ("pos_order", "pos_payment", "glase_transaction", "glase_event")
# Older than all that a job looks at because it is new.
AGE = "interval '40 days'"
TIMES = """
    SELECT column_name FROM information_schema.columns
     WHERE table_name = %s AND data_type = 'timestamp without time zone'
"""
# Rows of a table as other rows with other ids; what is unique is made anew.
COPY = """
    INSERT INTO {table}
    SELECT made.* FROM {table} model, generate_series({first}, {last}) AS n,
           LATERAL jsonb_populate_record(model, jsonb_build_object({values})) AS made
     WHERE model.id = ANY(%s)
"""


class OldLedger:
    """Copies of a sale that is reported and booked: else a job would compare each of them.

    :param cursor: of the database; whoever gives it commits
    :param int row: the id of a paid row whose order is finished
    """

    def __init__(self, cursor, row):
        cursor.execute("SELECT order_id, payment_id FROM glase_transaction WHERE id = %s", [row])
        [(order, payment)] = cursor.fetchall()
        cursor.execute("SELECT id FROM glase_event WHERE transaction_id = %s", [row])
        events = [event for (event,) in cursor.fetchall()]
        self.sale = dict(zip(TABLES, ([order], [payment], [row], events), strict=True))
        self.count = 0
        for table, models in self.sale.items():
            cursor.execute(TIMES, [table])
            older = ", ".join(f'"{name}" = "{name}" - {AGE}' for (name,) in cursor.fetchall())
            cursor.execute(f"UPDATE {table} SET {older} WHERE id = ANY(%s)", [models])

    def fill(self, cursor, size):
        """Copy the sale until there are so many copies."""
        first = {}
        for table in TABLES:
            cursor.execute(f"SELECT max(id) FROM {table}")
            first[table] = cursor.fetchone()[0] - self.count
        order, payment, row, _event = (f"{first[table]} + n" for table in TABLES)
        made = {
            "pos_order": f"'id', {order}, 'uuid', gen_random_uuid(), 'access_token', gen_random_uuid(),"
            " 'name', 'G' || n, 'pos_reference', 'G' || n",
            "pos_payment": f"'id', {payment}, 'uuid', gen_random_uuid(), 'pos_order_id', {order}",
            "glase_transaction": (
                f"'id', {row}, 'line_uuid', gen_random_uuid(), 'attempt', gen_random_uuid(),"
                " 'order_uuid', gen_random_uuid(), 'call_reference', NULL,"
                " 'invoice_reference', 'G' || n, 'own_reference', 'G' || n, 'ers_reference', 'G' || n,"
                f" 'order_id', {order}, 'payment_id', {payment}"
            ),
            "glase_event": f"'id', nextval('glase_event_id_seq'), 'transaction_id', {row}",
        }
        for table, models in self.sale.items():
            numbers = {"first": self.count + 1, "last": size}
            copy = COPY.format(table=table, values=made[table], **numbers)
            cursor.execute(copy, [models])
            cursor.execute(f"SELECT setval('{table}_id_seq', (SELECT max(id) FROM {table}))")
        self.count = size
