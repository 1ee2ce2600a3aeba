// @ts-check
/** Files for the reader to keep. */

const scale = 2;
/** What a picture takes from the style of the page. */
const copied = `
  align-items background-color border-bottom border-collapse border-left border-radius border-right border-top
  bottom box-sizing color column-gap display fill flex flex-direction flex-wrap font-family
  font-feature-settings font-size font-variant-numeric font-weight grid-column grid-template-columns height
  justify-content left letter-spacing line-height list-style margin max-width min-height min-width opacity
  overflow padding position right row-gap stroke stroke-width text-align text-anchor text-decoration
  text-overflow top transform vertical-align white-space width z-index`
  .trim()
  .split(/\s+/);

/**
 * Lets the browser keep a file.
 *
 * @param {string} name
 * @param {Blob} content
 */
export function keep(name, content) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/**
 * A PNG of an element as it is drawn now, without its buttons, twice as large as on the screen.
 *
 * @param {HTMLElement} element
 * @param {string} caption a line below it
 */
export async function pictureOf(element, caption) {
  const { width, height } = element.getBoundingClientRect();
  const drawn = copyOf(element);
  drawn.style.margin = '0';
  drawn.style.height = 'auto';
  const below = document.createElement('p');
  below.textContent = caption;
  below.style.cssText = `margin:6px 0 0;color:${colour('ink-3')};font-size:12px`;
  drawn.append(below);
  drawn.setAttribute('xmlns', 'http://www.w3.org/1999/xhtml');
  const lineHeight = 28;
  const [w, h] = [Math.ceil(width), Math.ceil(height) + lineHeight];
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}"><style>${await font()}</style><foreignObject width="100%" height="100%">${new XMLSerializer().serializeToString(drawn)}</foreignObject></svg>`;
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [w * scale, h * scale];
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  context.fillStyle = colour('panel');
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return /** @type {Promise<Blob>} */ (
    new Promise((done, failed) =>
      canvas.toBlob((blob) => (blob === null ? failed(new Error('no picture')) : done(blob)), 'image/png'),
    )
  );
}

/**
 * A copy that carries its style with it.
 *
 * @param {HTMLElement} element
 */
function copyOf(element) {
  const copy = /** @type {HTMLElement} */ (element.cloneNode(true));
  const [originals, copies] = [element, copy].map((root) => [
    root,
    .../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('*')),
  ]);
  originals?.forEach((original, index) => {
    const one = /** @type {HTMLElement} */ (copies?.[index]);
    const style = getComputedStyle(original);
    one.style.cssText = copied.map((name) => `${name}:${style.getPropertyValue(name)}`).join(';');
    if (original instanceof HTMLCanvasElement) {
      const image = new Image();
      image.src = original.toDataURL();
      image.style.cssText = one.style.cssText;
      one.replaceWith(image);
    }
  });
  for (const one of copy.querySelectorAll('[data-not-in-picture]')) one.remove();
  return copy;
}

/** The font of the page, as a picture can have it: a picture asks for no files. */
async function font() {
  const response = await fetch('/vendor/inter-latin.woff2');
  const bytes = new Uint8Array(await response.arrayBuffer());
  const units = Array.from(bytes, (byte) => String.fromCodePoint(byte)).join('');
  return `@font-face{font-family:Inter;font-weight:100 900;src:url(data:font/woff2;base64,${btoa(units)})}`;
}

/** @param {string} name of a colour in base.css */
function colour(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
