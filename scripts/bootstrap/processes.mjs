import { spawn } from "node:child_process";
import { root } from "./root.mjs";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"];
const QUIET = {
  TURBO_TELEMETRY_DISABLED: "1",
  TURBO_NO_UPDATE_NOTIFIER: "1",
  NEXT_TELEMETRY_DISABLED: "1",
  DO_NOT_TRACK: "1",
  NO_UPDATE_NOTIFIER: "1",
  npm_config_update_notifier: "false",
  npm_config_fund: "false",
  npm_config_audit: "false",
};

/** Calls back once when the process that started this one is gone, however it went. */
export function leaveWithParent(gone) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    gone();
  }, 250);
  watch.unref();
}

/**
 * Runs one step to its end, in a process group of its own, so that a signal to us ends all that it started.
 * Quiet steps show their output only when they fail; the caller gets it in both cases.
 */
export function runStep(command, args, { quiet = true, env = {} } = {}) {
  return new Promise((settle) => {
    const child = spawn(command, args, {
      cwd: root,
      detached: true,
      env: { ...process.env, ...QUIET, ...env },
      stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
    });
    const said = [];
    child.stdout?.on("data", (chunk) => said.push(chunk));
    child.stderr?.on("data", (chunk) => said.push(chunk));
    const killGroup = (signal) => {
      try {
        process.kill(-(child.pid ?? Number.NaN), signal);
      } catch {
        // The group has ended already.
      }
    };
    const stop = (signal) => {
      killGroup(signal);
      setTimeout(() => killGroup("SIGKILL"), 10_000).unref();
      child.once("close", () => process.exit(128 + (signal === "SIGINT" ? 2 : 15)));
    };
    for (const signal of SIGNALS) process.on(signal, stop);
    leaveWithParent(() => stop("SIGTERM"));
    const end = (code, text) => {
      for (const signal of SIGNALS) process.removeListener(signal, stop);
      settle({ code, output: text });
    };
    child.on("error", (error) => end(127, `${command}: ${error.message}\n`));
    child.on("close", (code) => end(code ?? 1, Buffer.concat(said).toString("utf8")));
  });
}

/**
 * Runs the product and ends with it. It has a process group of its own, so that a Ctrl-C, which a terminal sends to
 * everybody at once and npm forwards again, reaches it exactly once; the channel tells it when this process is killed.
 */
export function hold(command, args) {
  const child = spawn(command, args, { cwd: root, detached: true, stdio: ["inherit", "inherit", "inherit", "ipc"] });
  let lastMs = -Infinity;
  const forward = (signal) => {
    if (performance.now() - lastMs < 500) return;
    lastMs = performance.now();
    child.kill(signal);
  };
  for (const signal of SIGNALS) process.on(signal, forward);
  leaveWithParent(() => {
    forward("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 30_000).unref();
  });
  return new Promise(() => {
    child.on("error", (error) => {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    });
    child.on("exit", (code, signal) => process.exit(code ?? 128 + (signal === "SIGINT" ? 2 : signal === "SIGKILL" ? 9 : 15)));
  });
}
