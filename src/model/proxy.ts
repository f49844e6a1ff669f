/** Proxies that the environment names, and hosts that are reached without them. Pure. */

const PROXIES = ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

type Environment = Readonly<Record<string, string | undefined>>;

export function namesProxy(env: Environment): boolean {
  return PROXIES.some((name) => env[name]);
}

/** The variables that make a program reach `hosts` without a proxy; none when the environment names no proxy. */
export function bypass(env: Environment, hosts: readonly string[]): Record<string, string> {
  if (!namesProxy(env)) return {};
  const list = [env["NO_PROXY"] || env["no_proxy"], ...hosts].filter(Boolean).join(",");
  return { NO_PROXY: list, no_proxy: list };
}
