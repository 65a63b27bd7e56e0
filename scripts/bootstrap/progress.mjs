const FRAMES = ["-", "\\", "|", "/"];

/** Shows what is being done: one line a phase, with a turning sign on a terminal and a sign of life elsewhere. */
export class Progress {
  constructor(out) {
    this.out = out;
  }

  line(text) {
    this.out.write(`${text}\n`);
  }

  /** Shows a phase while `work` runs, and its seconds at the end. */
  async phase(name, work) {
    const begun = performance.now();
    const seconds = () => ((performance.now() - begun) / 1000).toFixed(1);
    let frame = 0;
    if (!this.out.isTTY) this.line(`${name} ...`);
    const turning = setInterval(
      () => {
        if (this.out.isTTY) this.out.write(`\r${FRAMES[frame++ % FRAMES.length]} ${name} ${seconds()} s `);
        else this.line(`${name} ... ${Math.round(Number(seconds()))} s`);
      },
      this.out.isTTY ? 120 : 10_000,
    );
    try {
      const result = await work();
      if (this.out.isTTY) this.out.write("\r\x1b[2K");
      this.line(`${name}: ${result === 0 ? "done" : "failed"} after ${seconds()} s`);
      return result;
    } finally {
      clearInterval(turning);
    }
  }
}
