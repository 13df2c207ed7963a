"""What somebody would have the system write, and where it would be found again."""

from odoo.tools import SQL

WORD, NUMBER, YEAR = "forged-by-context", 424242, "2991"


class Forged:
    """A value for each field that nobody gives, for a test of ``DoorsCommon``."""

    def value(self, field):
        """What a field would hold that somebody has forged; None where nothing can be told from what is right."""
        match field.type:
            case "char" | "text" | "html":
                return WORD
            case "integer" | "float" | "monetary":
                return NUMBER
            case "boolean":
                return True
            case "datetime":
                return f"{YEAR}-01-01 00:00:00"
            case "date":
                return f"{YEAR}-01-01"
            case "selection":
                return field.get_values(self.env)[-1] if not callable(field.selection) else None
        return None

    def assert_nothing_forged(self):
        """No record that money hangs on, and nothing that is said about one, holds any of it."""
        self.env.flush_all()
        forged = [f"%{WORD}%", f"%{NUMBER}%", f"%{YEAR}-01-01%"]
        for table in [*self.tables(), "mail_message", "mail_tracking_value", "bus_bus"]:
            found = self.env.execute_query(
                SQL(
                    "SELECT t::text FROM %s t WHERE t::text LIKE ANY(%s) LIMIT 1",
                    SQL.identifier(table),
                    forged,
                )
            )
            self.assertFalse(found, table)
