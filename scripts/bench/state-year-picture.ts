/** Draws what `state-year.ts` measured. */

/** One line of a picture. */
export type Curve = { readonly name: string; readonly color: string; readonly values: readonly number[] };

/** One set of axes: months to the right, a unit upward. */
export type Panel = { readonly title: string; readonly curves: readonly Curve[] };

const width = 860;
const panelHeight = 260;
const margin = { left: 70, right: 190, top: 44, bottom: 40 };
const font = 'font-family="system-ui, sans-serif" font-size="13"';

/**
 * A picture of panels beneath each other, as SVG.
 *
 * @param mark A month at which something happens, with what; drawn in every panel.
 */
export function picture(
  title: string,
  panels: readonly Panel[],
  mark: { readonly month: number; readonly text: string },
): string {
  const height = 40 + panels.length * panelHeight;
  const drawn = panels.map((panel, index) => panelOf(panel, 40 + index * panelHeight, mark));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${margin.left}" y="26" ${font} font-weight="600">${title}</text>`,
    ...drawn,
    '</svg>',
    '',
  ].join('\n');
}

function panelOf(
  { title, curves }: Panel,
  top: number,
  mark: { readonly month: number; readonly text: string },
): string {
  const months = Math.max(...curves.map(({ values }) => values.length));
  const most = niceAbove(Math.max(...curves.flatMap(({ values }) => values)));
  const right = width - margin.right;
  const [low, high] = [top + panelHeight - margin.bottom, top + margin.top];
  const x = (month: number): number => margin.left + ((right - margin.left) * month) / months;
  const y = (value: number): number => low - ((low - high) * value) / most;
  const lines = [0, 0.25, 0.5, 0.75, 1].map((part) => {
    const at = y(part * most).toFixed(1);
    return `<path d="M${margin.left} ${at}H${right}" stroke="#e3e3e3"/><text x="${margin.left - 8}" y="${Number(at) + 4}" ${font} fill="#555" text-anchor="end">${short(part * most)}</text>`;
  });
  const ticks = Array.from({ length: Math.floor(months / 3) }, (_, index) => 3 * (index + 1)).map(
    (month) =>
      `<text x="${x(month).toFixed(1)}" y="${low + 18}" ${font} fill="#555" text-anchor="middle">${month}</text>`,
  );
  const drawn = curves.map(({ color, values }) => {
    const points = values.map((value, index) => `${x(index + 1).toFixed(1)},${y(value).toFixed(1)}`);
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${color}" stroke-width="2"/>`;
  });
  const legend = curves.map(
    ({ name, color }, index) =>
      `<path d="M${right + 16} ${high + 6 + 22 * index}h18" stroke="${color}" stroke-width="3"/><text x="${right + 40}" y="${high + 10 + 22 * index}" ${font}>${name}</text>`,
  );
  const marked =
    mark.month > months
      ? []
      : [
          `<path d="M${x(mark.month).toFixed(1)} ${high}V${low}" stroke="#888" stroke-dasharray="4 4"/>`,
          `<text x="${x(mark.month).toFixed(1)}" y="${high - 6}" ${font} fill="#555" text-anchor="end">${mark.text}</text>`,
        ];
  return [
    `<text x="${margin.left}" y="${top + 18}" ${font} fill="#111">${title}</text>`,
    ...lines,
    ...ticks,
    `<text x="${right + 16}" y="${low + 18}" ${font} fill="#555">month</text>`,
    ...marked,
    ...drawn,
    ...legend,
  ].join('\n');
}

/** The next of 1, 2, 4, 6, 8 and their multiples by ten. */
function niceAbove(value: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(value, 1)));
  return power * ([1, 2, 4, 6, 8, 10].find((factor) => factor * power >= value) ?? 10);
}

function short(value: number): string {
  return value >= 1e6 ? `${value / 1e6} M` : value.toLocaleString('en');
}
