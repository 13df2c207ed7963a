import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ProductScreen from "@point_of_sale/../tests/pos/tours/utils/product_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import { inLeftSide } from "@point_of_sale/../tests/pos/tours/utils/common";
import { negate, run } from "@point_of_sale/../tests/generic_helpers/utils";
import * as Glase from "./glase_util";

const { tour } = Glase;
const AMOUNT = "5.10";

const sendBill = () => Glase.sendBill({ waits: { quiet: 3000 } });

function payInCash() {
    return [
        PaymentScreen.clickPaymentMethod("Cash"),
        PaymentScreen.clickValidate(),
        ReceiptScreen.isShown(),
        Glase.allStored(),
    ];
}

// --- Force done ---

tour("GlaseForceDone", () => [
    ...sendBill(),
    Glase.faults(...Glase.SILENT),
    Glase.says("No answer from Glase"),
    Glase.press("force"),
    Glase.approve("pos_admin", "wrong"),
    { content: "refused", trigger: '.glase-approval-message:contains("not right")' },
    Glase.passwordIsEmpty(),
    Glase.approve("pos_admin", "pos_admin"),
    ReceiptScreen.isShown(),
    Glase.notifies("stored, but not proven"),
    Glase.faults(),
    Glase.customer("pay"),
    Glase.notifies("Glase has confirmed"),
    Glase.allStored(),
]);

tour("GlaseForceDoneWhenLeftOpen", () => [
    ...sendBill(),
    Glase.faults(...Glase.SILENT),
    Glase.press("leave"),
    Glase.lineIs("glase_open"),
    { content: "force done on the line", trigger: ".glase-line .glase-force", run: "click" },
    Glase.approve(),
    ReceiptScreen.isShown(),
    Glase.notifies("stored, but not proven"),
    Glase.allStored(),
]);

// --- Change amount ---

tour("GlaseChangeAmount", () => [
    Glase.sendBill(),
    Glase.press("change-amount"),
    Glase.typeAmount("9"),
    { content: "too much", trigger: '.glase-amount-message:contains("At most")' },
    Glase.typeAmount("3,10"),
    Glase.waitsFor("3.10"),
    Glase.customer("pay"),
    Glase.lineIs("done"),
    PaymentScreen.selectedPaymentlineHas("Glase", "3.10"),
    PaymentScreen.remainingIs("2.00"),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    Glase.receiptShowsGlase("3.10"),
    Glase.allStored(),
]);

tour("GlaseChangeAmountScanned", () => [
    Glase.sendBill(),
    Glase.customer("scan"),
    Glase.press("change-amount"),
    Glase.typeAmount("3.10"),
    Glase.press("send-anew"),
    Glase.choose("anew"),
    Glase.waitsFor("3.10"),
    Glase.customer("pay"),
    Glase.lineIs("done"),
    PaymentScreen.remainingIs("2.00"),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    Glase.receiptShowsGlase("3.10"),
    Glase.allStored(),
]);

tour("GlaseChangeAmountUnanswered", () => [
    Glase.sendBill(),
    Glase.faults({ operation: "updateInvoice", kind: "drop-after", count: null }),
    Glase.press("change-amount"),
    Glase.typeAmount("3.10"),
    Glase.says("the customer may pay either"),
    Glase.customer("pay"),
    Glase.lineIs("done"),
    PaymentScreen.selectedPaymentlineHas("Glase", "3.10"),
    PaymentScreen.remainingIs("2.00"),
    ...payInCash(),
]);

// --- A bill that was not answered ---

function loseSend(kind) {
    return [
        Glase.startTill(),
        Glase.sell(),
        Glase.chooseGlase(),
        Glase.faults({ operation: "sendInvoice", kind, count: 1 }),
        Glase.clickSend(),
        Glase.says("not known whether the bill has arrived"),
    ];
}

tour("GlaseGiveUpLostSend", () => [
    ...loseSend("drop-after"),
    Glase.press("give-up"),
    Glase.dialogIsGone(),
    Glase.notifies("Given up"),
    Glase.lineIs("retry"),
    ...payInCash(),
]);

tour("GlaseSendAgainAfterLostSend", () => [
    ...loseSend("drop-after"),
    Glase.press("send-again"),
    Glase.waitsFor(AMOUNT),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

// --- The basket, and another tender ---

tour("GlaseFrozenBasket", () => [
    ...sendBill(),
    Glase.faults(...Glase.SILENT),
    Glase.press("leave"),
    Glase.lineIs("glase_open"),
    PaymentScreen.clickBack(),
    ProductScreen.isShown(),
    ProductScreen.clickDisplayedProduct("Small Shelf"),
    Glase.notifies("the order stays as it is"),
    inLeftSide([
        ...ProductScreen.clickLine("Desk Organizer", "1"),
        ...ProductScreen.clickNumpad("5"),
    ]),
    {
        content: "the quantity stays too",
        trigger: '.modal-body:contains("the order stays as it is")',
    },
    { content: "read", trigger: ".modal-footer .btn-primary", run: "click" },
    inLeftSide(ProductScreen.selectedOrderlineHasDirect("Desk Organizer", "1", AMOUNT)),
    ProductScreen.totalAmountIs(AMOUNT),
    Glase.faults(),
    ProductScreen.clickPayButton(),
    PaymentScreen.clickPaymentMethod("Cash"),
    // Canceled for certain: nothing stands in the way any more.
    PaymentScreen.selectedPaymentlineHas("Cash", AMOUNT),
    PaymentScreen.clickBack(),
    ProductScreen.clickDisplayedProduct("Small Shelf"),
    ProductScreen.totalAmountIs("7.93"),
    Glase.allStored(),
]);

tour("GlaseOtherTenderAfterUnansweredCancel", () => [
    ...sendBill(),
    Glase.faults(...Glase.SILENT),
    Glase.press("cancel"),
    Glase.looks("unsure"),
    Glase.press("leave"),
    Glase.lineIs("glase_open"),
    PaymentScreen.clickPaymentMethod("Cash"),
    Glase.choose("back"),
    { content: "no other payment", trigger: negate('.paymentline:contains("Cash")') },
    PaymentScreen.clickPaymentMethod("Cash"),
    Glase.choose("other"),
    PaymentScreen.selectedPaymentlineHas("Cash", AMOUNT),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    Glase.allStored(),
]);

tour("GlaseRaisedForTip", () => [
    Glase.startTill(),
    Glase.sell(),
    Glase.chooseGlase(),
    PaymentScreen.enterPaymentLineAmount("Glase", "6"),
    Glase.clickSend(),
    Glase.choose("tip"),
    Glase.waitsFor("6.00"),
    Glase.customer("pay"),
    Glase.receiptShowsGlase("6.00"),
    Glase.allStored(),
]);

// --- Money back ---

function payWithGlase() {
    return [Glase.payWithGlase(AMOUNT), Glase.nextOrder(), ProductScreen.isShown()];
}

function refundIt() {
    return [
        ProductScreen.clickRefund(),
        { content: "the receipt", trigger: ".ticket-screen .order-row", run: "click" },
        ProductScreen.clickReview(),
        {
            content: "give all of it back",
            trigger: ".ticket-screen .btn-primary.pay-order-button",
            run: "click",
        },
        PaymentScreen.isShown(),
        // Proposed by itself: what was paid with Glase is given back with Glase.
        PaymentScreen.selectedPaymentlineHas("Glase", `-${AMOUNT}`),
        Glase.lineIs("pending"),
    ].flat();
}

tour("GlaseRefund", () => [
    ...payWithGlase(),
    ...refundIt(),
    Glase.clickSend(),
    ReceiptScreen.isShown(),
    {
        content: "the receipt has amount, reference and original reference of the refund",
        trigger: `.pos-receipt .glase-receipt:contains("Glase refund"):contains("-${AMOUNT}"):has(.glase-reference)`,
        run() {
            const texts = ["reference", "original-reference"].map((name) =>
                document.querySelector(`.glase-receipt .glase-${name}`)?.textContent.trim()
            );
            if (!texts[0] || !texts[1] || texts[0] === texts[1]) {
                throw new Error(`References on the receipt: ${texts}`);
            }
        },
    },
    Glase.allStored(),
]);

tour("GlaseRefundReload", () => [
    ...payWithGlase(),
    ...refundIt(),
    // Our own server's answer is lost: asked again with the same attempt.
    Glase.loseOnce("refund"),
    Glase.clickSend(),
    ReceiptScreen.isShown(),
    { content: "given back", trigger: '.pos-receipt .glase-receipt:contains("Glase refund")' },
    Glase.allStored(),
]);

tour("GlaseRefundUnknown", () => [
    ...payWithGlase(),
    ...refundIt(),
    Glase.faults({ operation: "refundPayment", kind: "drop-after", count: 1 }),
    Glase.clickSend(),
    Glase.says("may or may not have been refunded"),
    Glase.press("read"),
    Glase.lineIs("done"),
    PaymentScreen.remainingIs("0.00"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    {
        content: "the receipt does not claim it",
        trigger: '.pos-receipt .glase-receipt:contains("not confirmed by Glase")',
    },
    Glase.notifies("stored, but not proven"),
    Glase.allStored(),
]);

tour("GlaseRefundUnknownPaidOtherwise", () => [
    ...payWithGlase(),
    ...refundIt(),
    Glase.faults({ operation: "refundPayment", kind: "drop-before", count: 1 }),
    Glase.clickSend(),
    Glase.says("Do not pay back another way without a manager"),
    Glase.press("pay-otherwise"),
    Glase.approve("pos_user", "pos_user"),
    { content: "a cashier may not", trigger: ".glase-approval-message" },
    Glase.approve("pos_admin", "pos_admin"),
    Glase.dialogIsGone(),
    { content: "the line is gone", trigger: negate('.paymentline:contains("Glase")') },
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.selectedPaymentlineHas("Cash", `-${AMOUNT}`),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    Glase.allStored(),
]);

function payAPart() {
    return [
        Glase.startTill(),
        Glase.sell(),
        Glase.chooseGlase(),
        PaymentScreen.enterPaymentLineAmount("Glase", "3"),
        Glase.clickSend(),
        Glase.choose("continue"),
        Glase.waitsFor("3.00"),
        Glase.customer("pay"),
        Glase.lineIs("done"),
        PaymentScreen.remainingIs("2.10"),
    ];
}

const reverse = {
    content: "reverse",
    trigger: ".glase-line .send_payment_reversal",
    run: "click",
};

tour("GlaseReverse", () => [
    ...payAPart(),
    reverse,
    { content: "given back", trigger: '.electronic_status:contains("reversed")' },
    PaymentScreen.remainingIs(AMOUNT),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    Glase.allStored(),
]);

tour("GlaseReverseUnknown", () => [
    ...payAPart(),
    Glase.faults({ operation: "refundPayment", kind: "drop-after", count: 1 }),
    reverse,
    Glase.says("this order cannot be finished"),
    Glase.press("read"),
    Glase.lineIs("reversing"),
    {
        content: "no other payment, and no end",
        trigger: ".glase-line .glase-check-again",
    },
    PaymentScreen.remainingIs(AMOUNT),
    PaymentScreen.clickPaymentMethod("Cash"),
    { content: "said", trigger: '.modal-body:contains("Check it again first")' },
    { content: "read", trigger: ".modal-footer .btn-primary", run: "click" },
    run(() => {}, "still there"),
    Glase.lineIs("reversing"),
    Glase.allStored(),
]);
