"""Card terminals of other makers: Odoo's modules for them are real, what their makers would answer is made up."""

import json

# What Stripe's own file brings, which comes from the net.
STRIPE = """
window.StripeTerminal = {
    create() {
        let ended;
        let status = "not_connected";
        window.stripeCard = (result) => ended(result);
        return {
            getConnectionStatus: () => status,
            discoverReaders: async () => ({ discoveredReaders: [{ serial_number: "S1" }] }),
            connectReader: async () => {
                status = "connected";
                return {};
            },
            collectPaymentMethod: () => new Promise((resolve) => (ended = resolve)),
            cancelCollectPaymentMethod: async () => {
                ended({ error: { code: "canceled", message: "The payment was canceled." } });
                return {};
            },
            processPayment: async (paymentIntent) => ({ paymentIntent }),
        };
    },
};
"""


class CardTerminal:
    """The maker at the other end of Odoo's module for one terminal.

    :cvar name: of the terminal in ``use_payment_terminal``, and of its method at the till
    :cvar refunds: whether Odoo's module gives money back by the terminal
    :cvar tells_cancel: whether the module tells a cancel in a dialog
    """

    name = ""
    refunds = tells_cancel = False

    def __init__(self, till):
        self.till = till
        self.sent = {}
        till.context.route("**/web/dataset/call_kw/pos.payment.method/**", self._answer)

    def _answer(self, route):
        method = route.request.url.rpartition("/")[2]
        if not hasattr(self, method):
            route.fallback()
            return
        asked = route.request.post_data_json
        result = getattr(self, method)(*asked["params"]["args"])
        body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result})
        route.fulfill(content_type="application/json", body=body)

    def choose(self):
        """The terminal gets the amount at once, and waits for a card."""
        self.till.page.locator(".paymentmethod", has_text=self.name).first.click()
        self.till.page.locator(".send_payment_cancel").wait_for()

    def choose_for(self, part):
        """The whole amount is canceled at once, and a part of it sent again."""
        self.choose()
        self.cancel()
        self.till.script(
            "(part) => posmodel.getOrder().getSelectedPaymentline().setAmount(part)", part
        )
        self.till.page.locator(".send_payment_request").click()
        self.till.page.locator(".send_payment_cancel").wait_for()

    def cancel(self):
        """The cashier cancels; the line stays, and may be sent again."""
        self.till.page.locator(".send_payment_cancel").click()
        if self.tells_cancel:
            self.till.confirm("The payment was canceled.")
        self.till.page.locator(".send_payment_request", has_text="Retry").wait_for()

    def take_away(self):
        """The cashier presses the X on the line that is selected."""
        self.till.page.locator(".paymentline.selected .delete-button").click()
        self.till.until("() => !posmodel.getOrder().payment_ids.length")

    def give_back(self):
        """The terminal gives back what is due."""
        self.till.page.locator(".paymentmethod", has_text=self.name).first.click()
        self.till.page.locator(".send_refund_request").click()

    def pays(self):
        """The customer's card is taken."""
        raise NotImplementedError

    def notified(self, handler):
        """The maker tells Odoo's server, and the server the till."""
        self.till.script(
            """([name, handler]) => {
                const method = posmodel.models["pos.payment.method"].find((one) => one.name === name);
                method.payment_terminal[handler]();
            }""",
            [self.name, handler],
        )


class Stripe(CardTerminal):
    name = "stripe"
    tells_cancel = True

    def __init__(self, till):
        super().__init__(till)
        till.context.route(
            "https://js.stripe.com/**",
            lambda route: route.fulfill(content_type="text/javascript", body=STRIPE),
        )

    def stripe_payment_intent(self, _ids, _amount):
        return {"client_secret": "secret"}

    def stripe_capture_payment(self, intent):
        return {"id": intent}

    def pays(self):
        self.till.script("() => window.stripeCard({ paymentIntent: { id: 'pi_1' } })")


class Adyen(CardTerminal):
    name = "adyen"

    def proxy_adyen_request(self, _ids, data, _operation):
        request = data["SaleToPOIRequest"]
        if "AbortRequest" in request:
            return True
        self.sent = request["MessageHeader"]
        return {"SaleToPOIRequest": {}}

    def get_latest_adyen_status(self, _ids):
        payment = {
            "Response": {"Result": "Success", "AdditionalResponse": "pspReference=P1&cardType=mc"},
            "PaymentResult": {"AmountsResp": {}},
            "PaymentReceipt": [],
        }
        return {"SaleToPOIResponse": {"MessageHeader": self.sent, "PaymentResponse": payment}}

    def pays(self):
        self.notified("handleAdyenStatusResponse")


class Razorpay(CardTerminal):
    name = "razorpay"
    refunds = tells_cancel = True
    status = "SENT"

    def razorpay_make_payment_request(self, _ids, data):
        self.sent = data
        return {"success": True, "p2pRequestId": "R1"}

    def razorpay_fetch_payment_status(self, _ids, _data):
        taken = self.status == "AUTHORIZED"
        return self._told() if taken else {"status": self.status}

    def razorpay_cancel_payment_request(self, _ids, _data):
        return {
            "error": "The payment was canceled.",
            "payment_messageCode": "P2P_DEVICE_CANCELED",
        }

    def razorpay_make_refund_request(self, _ids, data):
        return {
            **self._told(),
            "status": "REFUNDED",
            "externalRefNumber": data["externalRefNumber"],
        }

    def _told(self):
        return {
            "status": self.status,
            "externalRefNumber": self.sent["referenceId"],
            "settlementStatus": "SETTLED",
            "txnId": "T1",
            "p2pRequestId": "R1",
            "nameOnCard": "",
        }

    def pays(self):
        """The till's next question, ten seconds later at most, finds it."""
        self.status = "AUTHORIZED"


class MercadoPago(CardTerminal):
    name = "mercado_pago"

    def mp_payment_intent_create(self, _ids, _infos):
        return {"id": "I1"}

    def mp_payment_intent_get(self, _ids, intent):
        return {"id": intent, "state": "FINISHED", "payment": {"id": 7}}

    def mp_get_payment_status(self, _ids, _payment):
        return {"status": "approved"}

    def mp_payment_intent_cancel(self, _ids, intent):
        return {"id": intent}

    def pays(self):
        self.notified("handleMercadoPagoWebhook")


MAKERS = {maker.name: maker for maker in (Stripe, Adyen, Razorpay, MercadoPago)}
