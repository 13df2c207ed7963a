from . import (
    test_attack,
    test_attack_context,
    test_attack_dialogs,
    test_attack_evidence,
    test_attack_methods,
    test_attack_parameters,
    test_attack_secrets,
    test_attack_ways,
    test_guards_own_keys,
    test_neutralize,
    test_one_of_a_kind,
    test_security,
)
