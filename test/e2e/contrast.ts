import type { Page } from 'playwright-core';

/** WCAG 2.2, 1.4.3: 4.5 for text, 3 for large text (24 px, or bold from 18.66 px). */
const least = { usual: 4.5, large: 3 } as const;

interface ShownText {
  readonly text: string;
  readonly colour: string;
  readonly ground: string;
  /** In CSS pixels. */
  readonly size: number;
  readonly bold: boolean;
}

/** Runs in the browser: every text with its colour and the first ground below it that is not clear. */
const collect = `(() => {
  const isClear = (colour) => colour === 'rgba(0, 0, 0, 0)' || colour === 'transparent';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode() !== null) {
    const text = walker.currentNode.textContent.trim();
    const element = walker.currentNode.parentElement;
    if (text === '' || element.tagName.toLowerCase() === 'title') continue;
    const style = getComputedStyle(element);
    let ground = element;
    while (ground !== null && isClear(getComputedStyle(ground).backgroundColor)) ground = ground.parentElement;
    found.push({
      text: text.slice(0, 40),
      colour: element.closest('svg') === null ? style.color : style.fill,
      ground: getComputedStyle(ground ?? document.documentElement).backgroundColor,
      size: Number.parseFloat(style.fontSize),
      bold: Number(style.fontWeight) >= 700,
    });
  }
  return found;
})()`;

/** Text whose colour is too near to that of its ground, with the ratio. Needs JavaScript in the browser. */
export async function contrastFaults(page: Page): Promise<readonly string[]> {
  const texts = await page.evaluate<readonly ShownText[]>(collect);
  if (texts.length === 0) throw new Error('the page has no text');
  return texts.flatMap(({ text, colour, ground, size, bold }) => {
    const ratio = contrast(colour, ground);
    const wanted = size >= 24 || (bold && size >= 18.66) ? least.large : least.usual;
    return ratio >= wanted ? [] : [`${ratio.toFixed(2)}: ${colour} on ${ground}: ${text}`];
  });
}

/** The contrast ratio of two colours as browsers write them, 1 to 21. */
export function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

/** WCAG 2.2, relative luminance. */
function luminance(colour: string): number {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour)?.slice(1).map(Number);
  if (parts === undefined) throw new Error(`not an opaque colour: ${colour}`);
  const [red = 0, green = 0, blue = 0] = parts.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
