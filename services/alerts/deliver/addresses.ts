import { lookup as lookUp, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP, isIPv6 } from 'node:net';

/** Addresses that are nobody's on the internet: this machine, local networks, link-local (cloud metadata), reserved ones. */
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
// Of IPv6 only 2000::/3 is in use on the internet; parts of it embed IPv4 addresses (6to4, Teredo, NAT64) or are documentation.
const inUse = new BlockList();
inUse.addSubnet('2000::', 3, 'ipv6');
for (const [network, prefix] of [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
] as const)
  reserved.addSubnet(network, prefix, 'ipv6');

/** Whether an IP address is one of the public internet. */
export function isPublic(address: string): boolean {
  const bare = address.replace(/^\[|\]$/g, '');
  if (isIP(bare) === 0) return false;
  if (!isIPv6(bare)) return !reserved.check(bare, 'ipv4');
  return inUse.check(bare, 'ipv6') && !reserved.check(bare, 'ipv6');
}

/** An address that messages must not go to. */
export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress';

  constructor(host: string, address: string) {
    super(
      `${host} is at ${address}, which is no public address; set ALERTS_ALLOW_PRIVATE=true if it is meant`,
    );
  }
}

type Answer = (error: Error | null, address: string | LookupAddress[], family?: number) => void;

/**
 * A look-up for sockets that gives public addresses alone: what was checked is what is connected to, whatever the name
 * server says the next time.
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
