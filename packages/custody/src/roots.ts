export { fileRoot } from "./file-root.ts";
export { isUnder, MOVE_STEPS, moveRoot, type MoveStep } from "./move-root.ts";
export { assertOpenable, headerOf, rootKeyOf } from "./open-root.ts";
export { ROOT_SETTING_NAMES, rootSettingsOf, rootWrapperOf } from "./root-settings.ts";
export { headerLine, newRoot, openRoot, type RootHeader, type RootWrapper, wrappedRootKey } from "./root-wrapper.ts";
export { readSecretFile, readStrongSecret } from "./secret-file.ts";
export { assertStrongSecret } from "./secret-strength.ts";
