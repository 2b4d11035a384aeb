export default () => globalThis.stopEmulator();
