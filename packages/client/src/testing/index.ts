export { testDeployment, type TestDeployment } from "./deployment.ts";
export { type Arrived, listen, type Listener, ok, type Reply, token, wire } from "./listener.ts";
