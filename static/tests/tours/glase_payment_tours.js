import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import { negate, refresh, run } from "@point_of_sale/../tests/generic_helpers/utils";
import * as Glase from "./glase_util";

const AMOUNT = "5.10";

const { tour } = Glase;

tour("GlasePaidAtOnce", () => [
    Glase.startTill(),
    Glase.sell(),
    Glase.chooseGlase(),
    PaymentScreen.selectedPaymentlineHas("Glase", AMOUNT),
    Glase.lineIs("pending"),
    Glase.clickSend(),
    Glase.waitsFor(AMOUNT),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.dialogIsGone(),
    Glase.allStored(),
]);

tour("GlasePaidAfterTryAgain", () => [
    Glase.startTill(),
    Glase.shortWaits({ window: 1500 }),
    Glase.sell(),
    Glase.chooseGlase(),
    Glase.clickSend(),
    Glase.looks("asking"),
    Glase.says("The customer has not paid yet"),
    Glase.shortWaits({ window: 30000 }),
    Glase.press("try-again"),
    Glase.looks("waiting"),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

tour("GlasePaidWhileAsking", () => [
    Glase.startTill(),
    Glase.shortWaits({ window: 1000 }),
    Glase.sell(),
    Glase.chooseGlase(),
    Glase.clickSend(),
    Glase.looks("asking"),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

tour("GlaseCanceledByCashier", () => [
    Glase.sendBill(),
    Glase.press("cancel"),
    Glase.dialogIsGone(),
    Glase.lineIs("retry"),
    {
        content: "no way to call it paid by hand",
        trigger: negate(".send_force_done"),
    },
    PaymentScreen.clickPaymentlineDelButton("Glase", AMOUNT),
    PaymentScreen.emptyPaymentlines(AMOUNT),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    Glase.allStored(),
]);

tour("GlaseCanceledTooLate", () => [
    Glase.sendBill(),
    Glase.customer("begin"),
    Glase.press("cancel"),
    Glase.looks("unsure"),
    Glase.customer("confirm"),
    Glase.says("Too late to cancel: already paid"),
    Glase.press("read"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

tour("GlaseDeclined", () => [
    Glase.sendBill(),
    Glase.customer("decline"),
    Glase.says("Declined by the customer"),
    Glase.press("read"),
    Glase.lineIs("retry"),
    Glase.clickSend(),
    Glase.waitsFor(AMOUNT),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

tour("GlaseSplitLast", () => [
    Glase.startTill(),
    Glase.sell(),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.enterPaymentLineAmount("Cash", "2"),
    PaymentScreen.remainingIs("3.10"),
    Glase.chooseGlase(),
    PaymentScreen.selectedPaymentlineHas("Glase", "3.10"),
    Glase.clickSend(),
    Glase.waitsFor("3.10"),
    Glase.customer("pay"),
    Glase.receiptShowsGlase("3.10"),
    Glase.allStored(),
]);

tour("GlaseLowered", () => [
    Glase.startTill(),
    Glase.sell(),
    Glase.chooseGlase(),
    PaymentScreen.enterPaymentLineAmount("Glase", "3"),
    PaymentScreen.selectedPaymentlineHas("Glase", "3.00"),
    Glase.clickSend(),
    {
        content: "it warns that Glase is not the last payment",
        trigger: '.modal-body:contains("2.10"):contains("Glase last")',
    },
    Glase.choose("continue"),
    Glase.waitsFor("3.00"),
    Glase.customer("pay"),
    Glase.lineIs("done"),
    PaymentScreen.remainingIs("2.10"),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    Glase.receiptShowsGlase("3.00"),
    Glase.allStored(),
]);

tour("GlaseRaisedForChange", () => [
    Glase.startTill(),
    Glase.sell(),
    Glase.chooseGlase(),
    PaymentScreen.enterPaymentLineAmount("Glase", "9"),
    Glase.clickSend(),
    Glase.choose("change"),
    Glase.waitsFor("9.00"),
    Glase.customer("pay"),
    Glase.receiptShowsGlase("9.00"),
    ReceiptScreen.receiptChangeAmountIs("3.90"),
    Glase.allStored(),
]);

tour("GlaseReload", () => [
    Glase.sendBill(),
    refresh(),
    Glase.waitsFor(AMOUNT),
    PaymentScreen.isShown(),
    Glase.asksOnAndOn(),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

tour("GlaseDownLeaveOpen", () => [
    Glase.sendBill({ waits: { quiet: 3000 } }),
    Glase.faults(...Glase.SILENT),
    Glase.says("No answer from Glase"),
    Glase.press("leave"),
    Glase.dialogIsGone(),
    Glase.lineIs("glase_open"),
    {
        content: "it is said that it does not count",
        trigger: '.glase-line:contains("not known whether the customer has paid")',
    },
    PaymentScreen.remainingIs(AMOUNT),
    PaymentScreen.clickPaymentMethod("Cash"),
    // It is canceled first; Glase does not answer that either.
    Glase.looks("unsure"),
    Glase.press("leave"),
    Glase.choose("other"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    {
        content: "the receipt has cash alone",
        trigger: `.pos-receipt:contains("Cash"):not(:has(.glase-receipt))`,
    },
    Glase.allStored(),
]);

tour("GlaseCheckAgain", () => [
    Glase.sendBill({ waits: { quiet: 3000 } }),
    Glase.faults(...Glase.SILENT),
    Glase.press("leave"),
    Glase.lineIs("glase_open"),
    Glase.faults(),
    Glase.shortWaits({ quiet: 15000 }),
    { content: "check again", trigger: ".glase-check-again", run: "click" },
    Glase.looks("waiting"),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

tour("GlaseTwoCustomers", () => [
    Glase.payWithGlase(AMOUNT),
    Glase.nextOrder(),
    Glase.sell("Small Shelf"),
    Glase.chooseGlase(),
    Glase.clickSend(),
    Glase.waitsFor("2.83"),
    Glase.customer("pay"),
    Glase.receiptShowsGlase("2.83"),
    Glase.allStored(),
]);

tour("GlaseAtOnceSetting", () => [
    Glase.startTill(),
    Glase.sell(),
    Glase.chooseGlase(),
    Glase.waitsFor(AMOUNT),
    Glase.customer("pay"),
    Glase.receiptShowsGlase(AMOUNT),
    Glase.allStored(),
]);

tour("GlaseOnAPhone", () => [
    Glase.sendBill(),
    run(() => {
        const dialog = document.querySelector(".glase-dialog");
        if (dialog.scrollWidth > document.documentElement.clientWidth) {
            throw new Error("The dialog is wider than the screen.");
        }
        const cancel = document.querySelector(".glase-cancel").getBoundingClientRect();
        if (cancel.bottom > window.innerHeight || cancel.height < 40) {
            throw new Error("Cancel is not within reach of a thumb.");
        }
    }, "all of it fits the screen"),
    Glase.customer("pay"),
    ReceiptScreen.isShown(),
    Glase.allStored(),
]);
