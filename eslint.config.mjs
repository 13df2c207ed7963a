import js from "@eslint/js";
import globals from "globals";

export default [
    { ignores: ["**/lib/**", "node_modules", ".venv", ".demo"] },
    js.configs.recommended,
    {
        files: ["**/*.js", "**/*.mjs"],
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: { ...globals.browser, odoo: "readonly", luxon: "readonly" },
        },
        rules: {
            "arrow-body-style": ["error", "as-needed"],
            curly: ["error", "all"],
            eqeqeq: ["error", "always", { null: "ignore" }],
            "no-duplicate-imports": "error",
            "no-restricted-globals": ["error", "event", "self"],
            "no-restricted-syntax": ["error", "PrivateIdentifier"],
            "no-unused-vars": ["error", { args: "none", caughtErrors: "all" }],
            "no-var": "error",
            "prefer-const": ["error", { destructuring: "all", ignoreReadBeforeAssign: true }],
        },
    },
    {
        files: ["**/*worker*.js"],
        languageOptions: { globals: globals.worker },
        rules: { "no-restricted-globals": "off" },
    },
    {
        files: ["eslint.config.mjs"],
        languageOptions: { globals: globals.node },
    },
];
