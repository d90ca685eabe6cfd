/** Whether the host is what only this machine can reach: 127.0.0.0/8, ::1 and `localhost`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/**
 * Whether the authority of a request (`Host`, `:authority`) names this machine. A web page of another site can make its
 * own name lead to a loopback address (DNS rebinding), but cannot make the browser send another name.
 *
 * @param authority a host with or without a port (RFC 3986, section 3.2)
 */
export function isLoopbackAuthority(authority: string): boolean {
  const host = authority.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');
  return isLoopback(host.toLowerCase());
}
