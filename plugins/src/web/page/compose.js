// Where a person writes: completion, history, what is pasted, how much is left.
import { $, STEPS, ask, make } from './dom.js';
import { complete, holdsSecret, read } from './commands.js';
import { fold, size, t } from './text.js';
import * as log from './log.js';
import * as model from './model.js';

const line = $('line');
const list = $('words');
let offered = null;
let chosen = 0;
/** How far back in what was sent. */
let back = 0;

export function setUp() {
	line.oninput = () => typed(true);
	line.onkeydown = key;
	line.onpaste = paste;
	line.onblur = () => offer();
	$('compose').onsubmit = send;
}

/** Another conversation is shown: its draft is there again. */
export function show(one, before) {
	if (before) before.draft = line.value;
	back = 0;
	put(one.draft, false);
}

/** Speaks to somebody. */
export function mention(name) {
	put(line.value ? `${line.value.trimEnd()} ${name} ` : `${name}: `);
}

export function put(text, isFocused = true) {
	line.value = text;
	typed();
	if (isFocused) line.focus();
}

function typed(isTyping) {
	line.style.height = 'auto';
	line.style.height = `${line.scrollHeight + 2}px`;
	line.classList.toggle('secret', holdsSecret(model.self.commands, line.value));
	note();
	const [characters, bytes] = size(line.value);
	const { limit } = model.self;
	$('left').textContent = characters > limit * 0.8 ? t.left(characters, limit, bytes) : '';
	$('left').className = characters > limit ? 'over' : '';
	const before = line.value.slice(0, line.selectionStart);
	// Names are offered to who asks for them, commands to everybody.
	offer(isTyping && /^[!/]|(^|\s)@\S*$/.test(before) ? found(before) : null);
}

function note(text = '') {
	$('note').textContent = text;
	$('note').hidden = !text;
}

function found(before) {
	const here = model.active.kind === 'room' ? [...model.active.members.values()] : [model.active.name];
	const people = [...model.active.speakers.filter((name) => here.includes(name)), ...here.sort((a, b) => (fold(a) < fold(b) ? -1 : 1))];
	const rooms = [...model.self.rooms.map(({ room }) => room), ...model.joined().map(({ name }) => name)];
	const live = { member: people.filter((name) => name !== model.self.name), room: rooms };
	return complete(model.self.commands, before, (kind) => [...new Set(live[kind])]);
}

function offer(what) {
	offered = what?.[1].length ? what : null;
	list.hidden = !offered;
	line.removeAttribute('aria-activedescendant');
	if (!offered) return;
	list.replaceChildren(...offered[1].map(([word, , note], at) => make('li', {
		id: `word${at}`, role: 'option', onpointerdown(event) { event.preventDefault(); accept(at); },
	}, make('b', null, word), note && make('span', null, note))));
	choose(0);
}

function choose(at) {
	const options = [...list.children];
	chosen = (at + options.length) % options.length;
	options.forEach((option, index) => option.setAttribute('aria-selected', index === chosen));
	line.setAttribute('aria-activedescendant', `word${chosen}`);
}

function accept(at) {
	const [from, words] = offered;
	line.setRangeText(words[at][1], from, line.selectionStart, 'end');
	typed(true);
}

function key(event) {
	const { key, isComposing, altKey, ctrlKey, metaKey, shiftKey } = event;
	if (isComposing || altKey || ctrlKey || metaKey) return;
	const step = STEPS[key];
	if (key === 'Enter') send();
	else if (offered && step) choose(chosen + step);
	else if (offered && key === 'Tab') accept(chosen);
	else if (offered && key === 'Escape') offer();
	else if (key === 'Tab' && !shiftKey && line.value) {
		offer(found(line.value.slice(0, line.selectionStart)));
		if (!offered) return;
		if (offered[1].length === 1) accept(0);
	} else if (!step || !recall(step)) return;
	event.preventDefault();
	event.stopPropagation();
}

/** Brings back what was sent here before; returns whether there was something. */
function recall(step) {
	const { active } = model;
	const wanted = back - step;
	if ((!back && line.selectionStart > 0) || wanted < 0 || wanted > active.typed.length) return false;
	if (!back) active.draft = line.value;
	back = wanted;
	put(back ? active.typed.at(-back) : active.draft);
	return true;
}

function send() {
	const { active, self } = model;
	const text = line.value.trimEnd();
	if (!text.trim() || !active) return;
	const { run, slip } = read(self.commands, text);
	const problem = slip ? t.slip(slip) : run ? '' : size(text)[0] > self.limit ? t.tooLong : model.isOpen(active) ? '' : t.notHere;
	if (problem) return note(problem);
	if (!holdsSecret(self.commands, text)) active.typed = [...active.typed, text].slice(-100);
	back = 0;
	put('');
	if (run) model.run(run);
	else model.say(text);
	log.toEnd();
}

async function paste(event) {
	const lines = event.clipboardData.getData('text').split(/[\r\n]+/).filter((line) => line.trim());
	if (lines.length < 2) return;
	event.preventDefault();
	const { active } = model;
	const start = make('pre', { tabIndex: 0 }, lines.slice(0, 6).join('\n') + (lines.length > 6 ? '\n…' : ''));
	const answer = await ask(t.pasteLines(lines.length), [start], [['send', t.sendLines(lines.length)], ['join', t.oneLine], ['', t.cancel]]);
	line.focus();
	if (answer === 'join') line.setRangeText(lines.map((line) => line.trim()).join(' '), line.selectionStart, line.selectionEnd, 'end');
	else if (answer === 'send') model.paste(lines, active);
	typed();
}
