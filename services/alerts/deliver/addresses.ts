import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Addresses outside the public internet: this machine, local networks, link-local (cloud metadata), reserved ones. */
const reserved = new BlockList();
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
] as const)
  reserved.addSubnet(network, prefix, 'ipv4');
// IPv6 uses only 2000::/3 on the internet. Parts of it embed IPv4 addresses (6to4, Teredo, NAT64) or are for documentation.
const inUse = new BlockList();
inUse.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const)
  reserved.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address belongs to the public internet. */
export function isPublic(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '');
  if (isIP(bare) === 0) return false;
  if (!isIPv6(bare)) return !reserved.check(bare, 'ipv4');
  return inUse.check(bare, 'ipv6') && !reserved.check(bare, 'ipv6');
}

/** A receiver at an address that notifications must not go to. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress';

  constructor(host: string, address: string) {
    super(
      `${host} is at ${address}, which is not a public address; set ALERTS_ALLOW_PRIVATE=true to allow it`,
    );
  }
}

type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * A look-up for sockets that returns public addresses only. The socket connects to the address that was checked, whatever the name
 * server answers the next time.
 */
export function publicLookup(host: string, options: LookupOptions, answer: Answer): void {
  lookUp(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return answer(error, []);
    const wrong = addresses.find(({ address }) => !isPublic(address));
    if (wrong !== undefined) return answer(new PrivateAddress(host, wrong.address), []);
    if (options.all === true) return answer(null, addresses);
    answer(null, addresses[0]!.address, addresses[0]!.family);
  });
}
