// Text as people read it: its language, names and links in it, the colour of a name. Nothing here touches the page.

const language = navigator.languages.find((one) => /^(en|it)/.test(one)) ?? 'en';
/** The texts of the page. */
export const { default: t } = await import(`./${language.slice(0, 2)}.js`);

export const fold = (text) => text.toLowerCase();

// An address ends at white space and at everything invisible, so that what is seen is what is opened.
const LINK = /(?<![\p{L}\p{N}])https?:\/\/[^\s<>"`\p{C}\p{Z}\p{DI}\u2800]+/gu;

/** Takes a text apart: `[text, link, mark]`, in order; `mark` is `me` or `found`. */
export function parts(text, name, query) {
	const found = [];
	for (const { 0: whole, index } of text.matchAll(LINK)) {
		let link = whole.replace(/[.,;:!?'"]+$/, '');
		if (!link.includes('(')) link = link.replace(/\)+$/, '');
		found.push([index, index + link.length, link]);
	}
	const mark = query ? 'found' : 'me';
	for (const at of query ? places(text, query) : names(text, name)) {
		const end = at + (query || name).length;
		if (!found.some(([from, to]) => at < to && from < end)) found.push([at, end, '', mark]);
	}
	found.sort((a, b) => a[0] - b[0]);
	const result = [];
	let at = 0;
	for (const [from, to, link, mark] of found) {
		result.push([text.slice(at, from)], [text.slice(from, to), link, mark]);
		at = to;
	}
	return [...result, [text.slice(at)]].filter(([text]) => text);
}

/** Where `text` has the folded `query`. A few letters change their length in lower case; then nothing is found rather than something else. */
function places(text, query) {
	const [folded, found] = [fold(text), []];
	if (folded.length !== text.length || !query) return found;
	for (let at = folded.indexOf(query); at >= 0; at = folded.indexOf(query, at + query.length)) found.push(at);
	return found;
}

/** Where `text` has the word `name`, whatever its case. */
export const names = (text, name = '') => places(text, fold(name)).filter((at) =>
	!/[\p{L}\p{N}_]$/u.test(text.slice(0, at)) && !/^[\p{L}\p{N}_]/u.test(text.slice(at + name.length)));

const encoder = new TextEncoder();
/** Characters as the server counts them, and bytes. */
export const size = (text) => [[...text].length, encoder.encode(text).length];

const gamma = (value) => (value <= 0.0031308 ? value * 12.92 : 1.055 * value ** (1 / 2.4) - 0.055);
// Saturation, and how bright the name is to be on the ground, as WCAG counts it.
const THEMES = { dark: [0.5, 0.595], light: [0.85, 0.155] };

/** The colour of a name: the same as in the window, and legible on the ground. */
export function colour(name, theme) {
	const [saturation, wanted] = THEMES[theme];
	let hash = 0x811c9dc5;
	for (const byte of encoder.encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
	const hue = (Math.imul(hash, 0x9e3779b9) >>> 8) / (1 << 24);
	const rgb = [5, 3, 1].map((shift) => {
		const at = (hue * 6 + shift) % 6;
		return 1 - saturation * Math.max(0, Math.min(at, 4 - at, 1));
	});
	const value = Math.min(1, wanted / (0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2]));
	return `rgb(${rgb.map((part) => Math.round(gamma(part * value) * 255))})`;
}
