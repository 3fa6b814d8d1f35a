// The log: rows for what is near the viewport, and none for the rest, so that a long one costs as much as a short one.
import { $, make, rich } from './dom.js';
import { colour, t } from './text.js';
import * as model from './model.js';

// How far beyond the viewport rows stand ready, in pixels, and within which time lines of one author stand together.
const [MARGIN, TOGETHER] = [600, 300_000];
const box = $('log');
const rows = $('rows');
const drawn = new Map();
let app = null;
let shown = null;
/** Where each line begins, as far as they are right, and one more for the end. */
let tops = [0];
let right = 0;
/** Whether the end is followed; otherwise the line with this number stays where it is in the viewport. */
let place = { isAtEnd: true };
/** Where the viewport was put. */
let top = 0;
let frame = 0;
let width = 0;
let query = '';
let hit = null;

/** `person(name, anchor)` and `message(line, anchor)` open menus, `theme()` and `time(at, isFull)` say how; `drawn()` is told. */
export function setUp(handlers) {
	app = handlers;
	box.onscroll = scrolled;
	new ResizeObserver(() => shown && (box.clientWidth === width ? update() : redraw())).observe(box);
}

export const isAtEnd = () => place.isAtEnd;

export function show(conversation) {
	if (shown === conversation) return update();
	if (shown) shown.place = place;
	shown = conversation;
	place = shown.place ?? { isAtEnd: true };
	redraw();
}

/** Everything is drawn and measured anew: the width, the theme or the size of the text has changed. */
export function redraw() {
	width = box.clientWidth;
	for (const row of drawn.values()) row.remove();
	drawn.clear();
	for (const line of shown?.lines ?? []) delete line.height;
	update();
}

/** Something has changed; it is drawn with the next frame. */
export function update() {
	right = 0;
	frame ||= requestAnimationFrame(render);
}

export function toEnd() {
	place = { isAtEnd: true };
	update();
}

/** Marks a text wherever it stands, and brings one line with it into view. */
export function find(text, line) {
	query = text;
	hit = line;
	if (line) toLine(line);
	update();
}

function toLine(line) {
	if (line.group) line.group.open = true;
	place = { number: shown.base + shown.lines.indexOf(line), offset: -box.clientHeight / 3 };
	right = 0;
	render();
}

/** The line whose row has the focus, and the row. */
export const focused = () => [...drawn].find(([, row]) => row.contains(document.activeElement)) ?? [];

/** Moves the focus from row to row. */
export function move(step) {
	const { lines } = shown;
	const [from] = focused();
	let at = from ? lines.indexOf(from) + step : lines.length - 1;
	while (lines[at] && !height(lines[at])) at += step;
	if (!lines[at]) return;
	if (!drawn.has(lines[at])) toLine(lines[at]);
	const row = drawn.get(lines[at]);
	row.focus({ preventScroll: true });
	row.scrollIntoView({ block: 'nearest' });
}

const length = () => shown.lines.length + shown.pending.length;
const lineAt = (at) => shown.lines[at] ?? shown.pending[at - shown.lines.length];

function height(line) {
	if (model.isFolded(line) && line.group.first !== line) return 0;
	return line.height ?? 26 + 20 * Math.floor(line.text.length / 90);
}

function measure() {
	const end = length();
	for (let at = right; at < end; at += 1) tops[at + 1] = tops[at] + height(lineAt(at));
	tops.length = end + 1;
	right = end;
}

/** Which line stands at a height. */
function lineNumber(y) {
	let [low, high] = [0, length()];
	while (low < high) {
		const middle = (low + high) >> 1;
		if (tops[middle + 1] > y) high = middle;
		else low = middle + 1;
	}
	return low;
}

function scrolled() {
	// What is about to be drawn decides itself where it stands, and so did what was drawn.
	if (!shown || right < length() || box.scrollTop === top) return;
	const { scrollTop, clientHeight, scrollHeight } = box;
	const at = lineNumber(scrollTop);
	place = { isAtEnd: scrollTop + clientHeight > scrollHeight - 30, number: shown.base + at, offset: scrollTop - tops[at] };
	frame ||= requestAnimationFrame(render);
}

function render() {
	frame = 0;
	if (!shown) return;
	// What is drawn is measured, and what was measured may move what is to be drawn.
	let changed = true;
	for (let round = 0; changed && round < 5; round += 1) {
		measure();
		const total = tops[length()];
		rows.style.height = `${total}px`;
		const at = Math.max(0, Math.min(place.number - shown.base, length()));
		const wanted = place.isAtEnd ? total : tops[at] + place.offset;
		top = Math.max(0, Math.min(wanted, total - box.clientHeight));
		if (Math.abs(box.scrollTop - top) > 1) box.scrollTop = top;
		top = box.scrollTop;
		changed = draw(lineNumber(top - MARGIN), lineNumber(top + box.clientHeight + MARGIN));
	}
	if (changed) update();
	else if (top < MARGIN) model.askOlder(shown);
	app.drawn();
}

/** Draws these rows and no others; returns whether a height was not as it was thought. */
function draw(first, last) {
	const lines = new Map();
	for (let at = first; at <= last && at < length(); at += 1) if (height(lineAt(at))) lines.set(lineAt(at), at);
	for (const [line, row] of drawn) {
		if (lines.has(line)) continue;
		if (row.contains(document.activeElement)) box.focus({ preventScroll: true });
		row.remove();
		drawn.delete(line);
	}
	let before = null;
	for (const [line, at] of lines) {
		const row = rowOf(line, lineAt(at - 1));
		// In the order of reading, for who listens.
		if (row.previousSibling !== before || !row.parentNode) before ? before.after(row) : rows.prepend(row);
		before = row;
	}
	const changed = [...lines].filter(([line]) => line.height !== (line.height = drawn.get(line).offsetHeight));
	if (changed.length) right = Math.min(right, changed[0][1]);
	measure();
	for (const [line, at] of lines) drawn.get(line).style.top = `${tops[at]}px`;
	return changed.length > 0;
}

const day = (line) => new Date(line.time).toDateString();

function rowOf(line, before) {
	const isNewDay = !before || day(before) !== day(line);
	const isUnread = shown.firstUnread === line;
	const isHead = isNewDay || isUnread || before.from !== line.from || before.kind !== 'say' || line.time - before.time > TOGETHER;
	const folded = model.isFolded(line);
	const state = [line.kind, isNewDay, isUnread, isHead, folded && line.group.size, line.failed, query, hit === line].join();
	const old = drawn.get(line);
	if (old?.state === state) return old;
	const { kind, from, own, mention, pending, failed } = line;
	const classes = { [kind]: 1, head: isHead && from, on: !isHead || !from, own, mention, pending, failed, hit: hit === line };
	const row = make('div', { tabIndex: -1, className: `row ${Object.keys(classes).filter((key) => classes[key]).join(' ')}` },
		isNewDay && make('div', { className: 'line' }, make('span', null, app.day(line.time))),
		isUnread && make('div', { className: 'line new' }, make('span', null, t.unread)),
		...(folded ? [unfold(line)] : content(line, isHead)));
	row.state = state;
	if (old) {
		const hadFocus = old === document.activeElement;
		old.replaceWith(row);
		if (hadFocus) row.focus({ preventScroll: true });
	}
	drawn.set(line, row);
	return row;
}

const unfold = ({ group }) => make('button', { className: 'fold', onclick() { group.open = true; update(); } }, `▸ ${t.folded(group)}`);

function content(line, isHead) {
	const { from, text, time, reply, mention, failed, pending } = line;
	const when = make('time', { title: app.time(time, true) }, app.time(time));
	const said = make('span', { className: 'text', dir: 'auto' }, ...(reply ? answer(reply) : rich(text, mention ? model.self.name : '', query)));
	if (!from) return [when, said];
	const name = make('button', { className: 'name', tabIndex: -1, onclick: () => app.person(from, name) }, from);
	const face = make('span', { className: 'face', 'aria-hidden': 'true' }, [...from][0].toUpperCase());
	name.style.color = face.style.backgroundColor = colour(from, app.theme());
	const more = make('button', { className: 'more', tabIndex: -1, 'aria-label': t.actions, onclick: () => app.message(line, more) }, '⋯');
	const who = isHead || line.kind === 'act' ? [face, name] : [make('span', { className: 'unseen' }, `${from}: `)];
	const conversation = shown;
	return [...who, when, said, failed && make('span', { className: 'why' }, `${t.notSent}: ${failed} `,
		make('button', { onclick: () => model.retry(conversation, line) }, t.retry), ' ',
		make('button', { onclick: () => model.discard(conversation, line) }, t.discard)), !pending && more];
}

/** The answer to a command, with what belongs together in columns. */
function answer({ kind, value }) {
	if (kind === 'text') return rich(value);
	if (kind === 'list') return rich(value.join('\n'));
	const row = (tag) => (cells) => make('tr', null, ...cells.map((cell) => make(tag, { dir: 'auto' }, cell)));
	return [make('table', null, ...(value.columns ? [row('th')(value.columns)] : []), ...(value.rows ?? value).map(row('td')))];
}
