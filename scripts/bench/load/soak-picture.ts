import { panelsOf, type Panel } from './soak-series.ts';
import type { SoakSample } from './soak.ts';

const width = 900;
const panelHeight = 200;
const left = 70;
const right = 150;
const top = 30;
const plotHeight = panelHeight - 60;
const plotWidth = width - left - right;
/** Okabe and Ito: people who do not see red or green can distinguish them. */
const colours = ['#000000', '#e69f00', '#56b4e9', '#009e73', '#0072b2', '#d55e00', '#cc79a7', '#999999'];

/** The samples as an SVG picture: a panel for each unit, one under the other, over minutes. */
export function soakPicture(samples: readonly SoakSample[], title: string): string {
  const panels = panelsOf(samples);
  const height = top + panels.length * panelHeight;
  const minutes = samples.at(-1)?.minute ?? 1;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${width}" height="${height}" fill="white"/>`,
    `<text x="${left}" y="18" font-size="14">${title}</text>`,
    ...panels.map(
      (panel, index) =>
        `<g transform="translate(${left} ${top + index * panelHeight + 20})">${drawn(panel, minutes)}</g>`,
    ),
    '</svg>',
  ].join('\n');
}

function drawn({ title, series }: Panel, minutes: number): string {
  const highest = niceAbove(Math.max(...Object.values(series).flatMap((points) => points.map(([, y]) => y))));
  const x = (minute: number): string => ((minute / minutes) * plotWidth).toFixed(1);
  const y = (value: number): string => (plotHeight - (value / highest) * plotHeight).toFixed(1);
  const grid = [0, 0.5, 1].flatMap((share) => [
    `<line x1="0" x2="${plotWidth}" y1="${y(highest * share)}" y2="${y(highest * share)}" stroke="#ddd"/>`,
    `<text x="-6" y="${Number(y(highest * share)) + 4}" text-anchor="end">${(highest * share).toLocaleString('en')}</text>`,
    `<text x="${x(minutes * share)}" y="${plotHeight + 15}" text-anchor="middle">${(minutes * share).toLocaleString('en', { maximumFractionDigits: 1 })} min</text>`,
  ]);
  const lines = Object.entries(series).flatMap(([name, points], index) => {
    const colour = colours[index % colours.length]!;
    const path = points.map(([minute, value]) => `${x(minute)},${y(value)}`).join(' ');
    return [
      `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
      `<text x="${plotWidth + 8}" y="${10 + index * 14}" fill="${colour}">${name}</text>`,
    ];
  });
  return [`<text x="0" y="-6" font-weight="bold">${title}</text>`, ...grid, ...lines].join('\n');
}

/** 1, 2 or 5 times a power of ten, not below a value. */
function niceAbove(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= value)!;
}
