import { Chrome } from "@point_of_sale/app/pos_app";
import { EndBanner } from "@pos_glase/app/dialogs/end_banner";

Chrome.components = { ...Chrome.components, EndBanner };
