export interface CartLine {
  sku: string;
  quantity: number;
  unitPriceCents: number;
}

export class OutOfStockError extends Error {
  constructor(public readonly sku: string) {
    super(`no stock left for ${sku}`);
  }
}

/** Sum of all lines, before discounts and tax, in cents. */
export function subtotalCents(lines: CartLine[]): number {
  return lines.reduce((sum, line) => sum + line.quantity * line.unitPriceCents, 0);
}

/** Applies a voucher. Percent vouchers are rounded down, fixed ones never make the total negative. */
export function applyVoucher(totalCents: number, voucher: { percent?: number; fixedCents?: number }): number {
  if (voucher.percent !== undefined) {
    return totalCents - Math.floor((totalCents * voucher.percent) / 100);
  }
  return Math.max(0, totalCents - (voucher.fixedCents ?? 0));
}

/** VAT by country code; unknown countries pay none, since the buyer declares it. */
export const VAT_RATES: Record<string, number> = { DE: 0.19, FR: 0.2, NL: 0.21, NO: 0.25 };

/** Reserves stock for a quarter of an hour, so that nobody else can buy it during checkout. */
export async function reserveStock(lines: CartLine[], warehouse: { take(sku: string, n: number): Promise<boolean> }) {
  for (const line of lines) {
    if (!(await warehouse.take(line.sku, line.quantity))) {
      throw new OutOfStockError(line.sku);
    }
  }
  return Date.now() + 15 * 60 * 1000;
}

/** Merges the cart of a guest into that of the account at sign-in: quantities add up, prices are the newer ones. */
export function mergeGuestCart(account: CartLine[], guest: CartLine[]): CartLine[] {
  const bySku = new Map(account.map((line) => [line.sku, { ...line }]));
  for (const line of guest) {
    const known = bySku.get(line.sku);
    bySku.set(line.sku, known ? { ...line, quantity: known.quantity + line.quantity } : line);
  }
  return [...bySku.values()];
}
