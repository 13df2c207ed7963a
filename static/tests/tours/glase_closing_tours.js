import * as Chrome from "@point_of_sale/../tests/pos/tours/utils/chrome_util";
import * as PaymentScreen from "@point_of_sale/../tests/pos/tours/utils/payment_screen_util";
import * as ReceiptScreen from "@point_of_sale/../tests/pos/tours/utils/receipt_screen_util";
import { registry } from "@web/core/registry";
import { negate } from "@point_of_sale/../tests/generic_helpers/utils";
import * as Glase from "./glase_util";

const { tour } = Glase;
const AMOUNT = "5.10";

function openPopup() {
    return [Glase.nextOrder(), Chrome.clickMenuOption("Close Register")];
}

function countCash() {
    return {
        content: "the cash is counted",
        trigger: ".close-pos-popup .fa-clone",
        run: "click",
    };
}

function closeRegister() {
    return [
        countCash(),
        {
            content: "close the register",
            trigger: '.close-pos-popup button.highlight:enabled:contains("Close Register")',
            run: "click",
            expectUnloadPage: true,
        },
        { content: "it is closed", trigger: "button:contains(backend)" },
    ];
}

tour("GlaseCloseMatched", () => [
    Glase.payWithGlase(AMOUNT),
    Glase.allStored(),
    openPopup(),
    { content: "nothing is open", trigger: ".close-pos-popup:not(:has(.glase-blocking))" },
    {
        content: "the net of one payment; no report yet",
        trigger: `.close-pos-popup .glase-figures:contains("Net"):contains(${AMOUNT}):not(:contains("report"))`,
    },
    {
        content: "Glase is listed, and nobody is asked to count it",
        trigger: `.close-pos-popup .payment-methods-overview > div:contains(Glase):contains(${AMOUNT}):not(:contains(Counted))`,
    },
    {
        content: "no count of Glase",
        trigger: negate('span:contains("Glase Count")', ".close-pos-popup"),
    },
    closeRegister(),
]);

tour("GlaseCloseGlaseDown", () => [
    Glase.payWithGlase(AMOUNT),
    Glase.allStored(),
    Glase.faults(...Glase.DEAD),
    openPopup(),
    closeRegister(),
]);

tour("GlaseCloseRefused", () => [
    Glase.sendBill({ waits: { quiet: 3000 } }),
    Glase.faults(...Glase.SILENT),
    Glase.press("leave"),
    Glase.lineIs("glase_open"),
    PaymentScreen.clickPaymentMethod("Cash"),
    Glase.looks("unsure"),
    Glase.press("leave"),
    Glase.choose("other"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    Glase.allStored(),
    openPopup(),
    {
        content: "which payment, and what to do",
        trigger:
            '.close-pos-popup .glase-blocking:contains("Running"):contains("5.10"):contains("Check it again")',
    },
    countCash(),
    {
        content: "the register cannot be closed",
        trigger: '.close-pos-popup button.highlight:disabled:contains("Close Register")',
    },
    {
        content: "back to the till",
        trigger: '.close-pos-popup .modal-footer button:contains("Discard")',
        run: "click",
    },
    // It is a till that sells on, and Glase answers again.
    Glase.faults(),
    Glase.sell(),
    PaymentScreen.clickPaymentMethod("Cash"),
    PaymentScreen.clickValidate(),
    ReceiptScreen.isShown(),
    Glase.allStored(),
]);

tour("GlaseCloseOverridden", () => [
    Glase.sendBill({ waits: { quiet: 3000 } }),
    Glase.faults(...Glase.SILENT),
    Glase.press("force"),
    Glase.approve("pos_admin", "pos_admin"),
    ReceiptScreen.isShown(),
    Glase.allStored(),
    openPopup(),
    {
        content: "what is open, and what to do",
        trigger: '.close-pos-popup .glase-blocking:contains("Running"):contains("5.10")',
    },
    {
        content: "the register cannot be closed",
        trigger: '.close-pos-popup button.highlight:disabled:contains("Close Register")',
    },
    { content: "a manager may", trigger: ".close-pos-popup .glase-override", run: "click" },
    Glase.approve("pos_admin", "pos_admin"),
    { content: "approved", trigger: negate(".glase-blocking", ".close-pos-popup") },
    closeRegister(),
]);

tour("GlaseClosePopupReported", () => [
    Glase.startTill(),
    Chrome.clickMenuOption("Close Register"),
    {
        content: "a period that is not settled does not hold the till up",
        trigger: '.close-pos-popup .glase-carried:contains("Carried over with Glase: 1")',
    },
    ...[
        ["Payments (1)", "20.00"],
        ["Net", "20.00"],
        ["By Glase's report", "27.00"],
        ["Difference", "7.00"],
    ].map(([name, sum]) => ({
        content: name,
        trigger: `.close-pos-popup .glase-figures div:contains("${name}"):contains("${sum}")`,
    })),
    {
        content: "the difference stands out",
        trigger: '.close-pos-popup .glase-figures .text-danger:contains("7.00")',
    },
]);

registry.category("web_tour.tours").add("GlaseAcceptDifference", {
    steps: () =>
        Glase.patient([
            {
                content: "the period says that a payment differs",
                trigger: '.o_arrow_button_current:contains("Differences")',
            },
            {
                content: "see the differences",
                trigger: "button[name=action_differences]",
                run: "click",
            },
            {
                content: "they are listed",
                trigger: '.o_last_breadcrumb_item:contains("Differences")',
            },
            {
                content: "open the only one",
                trigger: ".o_list_view .o_data_row td[name=reference]",
                run: "click",
            },
            {
                content: "what it means, and what to do",
                trigger: '.alert-warning:contains("the ledger has never heard of it")',
            },
            {
                content: "why it is accepted",
                trigger: ".o_form_view .o_field_widget[name=reason] :is(input, textarea)",
                run: "edit Paid while Odoo was being moved",
            },
            {
                content: "accept it",
                trigger: ".o_form_view button[name=action_accept]",
                run: "click",
            },
            {
                content: "it is settled: nothing is left to accept",
                trigger: ".o_form_view:has([name=accepted_by]):not(:has([name=action_accept]))",
            },
        ]),
});

registry.category("web_tour.tours").add("GlaseCloseOverInOffice", {
    steps: () =>
        Glase.patient([
            {
                content: "a manager may",
                trigger: 'button:contains("Close in Spite of Open Glase Payments")',
                run: "click",
            },
            {
                content: "what is open, and what to do",
                trigger:
                    '.modal .o_field_widget[name=blocking]:contains("20.00"):contains("A manager settles it")',
            },
            {
                content: "why it is closed all the same",
                trigger: ".modal .o_field_widget[name=reason] input",
                run: "edit The till's computer is broken",
            },
            { content: "approve", trigger: ".modal button[name=action_approve]", run: "click" },
            {
                content: "it stays on the session",
                trigger:
                    'body:not(:has(.modal)) .o_field_widget[name=glase_override_reason]:contains("broken")',
            },
            {
                content: "close it",
                trigger: "button[name=action_pos_session_closing_control]",
                run: "click",
            },
            {
                content: "it is closed",
                trigger: '.o_arrow_button_current:contains("Closed & Posted")',
            },
        ]),
});
