-- A copied database must never speak for the shop that it was copied from: every account is put on
-- the simulator, every secret is wiped, and the registrations end here (not at Glase).
UPDATE glase_account
   SET environment = 'simulator',
       endpoint = NULL,
       reseller_password = NULL,
       public_url = NULL,
       bound_to = NULL,
       phone_secret = gen_random_uuid()::text || gen_random_uuid()::text;

UPDATE glase_terminal
   SET state = 'retired',
       active = FALSE,
       retired_at = COALESCE(retired_at, now() AT TIME ZONE 'UTC'),
       unregistered_at = COALESCE(unregistered_at, now() AT TIME ZONE 'UTC'),
       busy_since = NULL
 WHERE state != 'draft';

UPDATE glase_terminal
   SET environment = 'simulator',
       endpoint = 'http://localhost/soap/merchant/cashregister-2',
       reseller_id = 'shop-' || account_id,
       external_identifier = NULL,
       password = NULL;

UPDATE glase_verification
   SET state = CASE WHEN state IN ('running', 'paused', 'cleaning') THEN 'stopped' ELSE state END,
       password = NULL;

-- What somebody was about to fill in, log-in and all.
DELETE FROM glase_set_up;

-- A move that was under way shuts its tills, and its other account is a simulator now, too.
UPDATE glase_go_live SET state = 'done' WHERE state != 'done';

UPDATE glase_receipt
   SET state = 'failed', next_try_at = NULL, message = 'Not submitted: this database is a copy'
 WHERE state IN ('waiting', 'sending');

-- Who monitors the shop does not monitor a copy.
DELETE FROM res_users_apikeys WHERE starts_with(scope, 'pos_glase.health.');
