// Preact and htm, by one name for all modules.
export * from "./vendor/standalone.module.js";
