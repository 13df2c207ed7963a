"""The log-in of a reseller, apart from the account that has it: one may be tried before it is kept."""

from dataclasses import dataclass, field

from ...glase import Principal

DEFAULT_USER = "9900"
TEST_ENDPOINT = "https://extdev.seqr.com/soap/merchant/cashregister-2"
# The fields of an account that say where Glase is and who calls it: live tills depend on them.
LOGIN = ("endpoint", "reseller_id", "reseller_user", "reseller_password")

# Whose log-in a call needs; who ends a registration is a setting of the account.
TERMINAL, RESELLER, BY_ACCOUNT = "terminal", "reseller", "by account"


@dataclass(frozen=True)
class Login:
    """Where a Glase is, and who calls it for an account."""

    environment: str
    endpoint: str
    reseller_id: str
    reseller_user: str
    reseller_password: str = field(repr=False)

    def missing(self):
        """The names of what is not filled in."""
        return [name for name in LOGIN if name != "reseller_user" and not getattr(self, name)]

    def principal(self):
        """:rtype: glase.Principal"""
        return Principal.reseller(self.reseller_id, self.reseller_user, self.reseller_password)
