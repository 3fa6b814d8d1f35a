// The page: joins, shows what the model knows, and asks it for what the person does.
import { $, STEPS, ask, make, popup, rove } from './dom.js';
import { colour, fold, t } from './text.js';
import * as compose from './compose.js';
import * as log from './log.js';
import * as model from './model.js';
import * as net from './net.js';

// So many people are listed; a filter finds the others.
const LISTED = 500;
const root = document.documentElement;
const app = $('app');
const clock = new Intl.DateTimeFormat(t.lang, { timeStyle: 'short', hourCycle: 'h23' });
const recent = new Intl.RelativeTimeFormat(t.lang, { numeric: 'auto' });
const date = new Intl.DateTimeFormat(t.lang, { dateStyle: 'full' });
const isDark = matchMedia('(prefers-color-scheme: dark)');
const isNarrow = matchMedia('(max-width: 46rem)');
const kept = { name: '', theme: 'auto', size: '15', people: innerWidth > 900, ...attempt(() => JSON.parse(localStorage.salotto)) };
// What this tab had when it was loaded anew. It is gone then, so that a copy of the tab does not take the place of this one.
const before = attempt(() => JSON.parse(sessionStorage.salotto)) ?? {};
attempt(() => { delete sessionStorage.salotto; });

let password = '';
// Whether the name belongs to an account, to which the password is then.
let isAccount = false;
let rooms = [];
let isIn = false;
let shown = null;
let frame = 0;
let countdown = 0;
let hits = [];
let hit = 0;

/** What `act` returns, or nothing where the browser keeps nothing for a page, or an address is none. */
function attempt(act) {
	try {
		return act();
	} catch {
		return null;
	}
}

const hashRoom = () => attempt(() => decodeURIComponent(location.hash.slice(1))) ?? '';

function keep(changes) {
	Object.assign(kept, changes);
	attempt(() => { localStorage.salotto = JSON.stringify(kept); });
}

function hello() {
	const { rooms: had, ...rest } = before;
	const resume = isIn ? model.resume() : had && { ...rest, rooms: {} };
	rooms = isIn ? Object.keys(resume.rooms) : had ?? [hashRoom()].filter(Boolean);
	if (isAccount && password) return { type: 'command', line: `login ${kept.name} ${JSON.stringify(password)}` };
	return { type: 'hello', version: 2, name: kept.name, rooms, password: password || undefined, resume };
}

function stateChanged(state, { text, code, reason, until, ...detail }) {
	const hasAccount = isAccount;
	isAccount = code ? code === 'denied' : isAccount && !/connecting|ended/.test(state);
	if (code && isAccount && !hasAccount && password) return net.offer();
	// An account comes back without its rooms, and enters them again after the welcome.
	if (state === 'online' && isAccount) queueMicrotask(() => rooms.forEach(model.join));
	clearInterval(countdown);
	const told = t.reasons[reason] ?? (reason || undefined);
	// A name that is none comes with one that is.
	const better = /try `(.+?)`/.exec(text)?.[1];
	if (better) $('name').value = better;
	if (state === 'waiting') model.broken();
	if (state === 'ended') model.ended();
	if (state === 'waiting' && !isIn) {
		// The first attempt is the person's to repeat.
		net.end();
		text = told || t.noServer;
	}
	const isNew = state === 'online' && !isIn;
	isIn ||= isNew;
	const isAsked = state === 'name' || state === 'password';
	const ending = state === 'ended' ? t.ended({ reason, ...detail }) : '';
	$('gate').hidden = isIn && !isAsked;
	app.hidden = !$('gate').hidden;
	$('refusal').textContent = text ?? ending;
	if (state !== 'connecting') $('locked').hidden = state !== 'password' && !isAccount;
	if (!$('gate').hidden && state !== 'connecting') $(state === 'password' ? state : 'name').focus();
	if (isNew && !isNarrow.matches) $('line').focus();
	const [words, button] = $('status').children;
	$('status').hidden = state === 'online';
	button.hidden = state === 'connecting';
	button.textContent = state === 'ended' ? t.join : t.now;
	const write = () => {
		words.textContent = state === 'waiting' ? t.waiting(Math.max(0, Math.ceil((until - Date.now()) / 1000)), told) : ending || t.connecting;
	};
	write();
	if (state === 'waiting') countdown = setInterval(write, 1000);
	changed();
}

/** Something has changed, and perhaps a line of a conversation is new; drawn with the next frame. */
function changed(one, line) {
	if (line?.text && one === model.active && !line.own && !line.group) $('live').textContent = (line.from ? `${line.from}: ` : '') + line.text;
	// The room that one came for is not to be entered: perhaps another.
	if (line?.kind === 'error' && one.kind === 'server' && rooms.splice(0).length) chooseRoom();
	const [count, { active }] = [model.unread(), model];
	document.title = (count ? `(${count}) ` : '') + (active ? `${model.label(active)} – ` : '') + (model.self.server || 'Salotto');
	frame ||= requestAnimationFrame(draw);
}

function draw() {
	frame = 0;
	const { active, self } = model;
	if (active && active !== shown) {
		compose.show(active, shown);
		shown = active;
		find();
		// Back leads to the room before; the first one is that of the address.
		if (active.kind === 'room' && hashRoom() !== active.name) history[hashRoom() ? 'pushState' : 'replaceState'](null, '', `#${encodeURIComponent(active.name)}`);
	}
	$('server').textContent = $('title').textContent = self.server || 'Salotto';
	$('me').textContent = self.name;
	drawButtons($('list'), model.all.map((one) => ({
		what: one, isCurrent: one === active, state: [one.name, one.unread, one.mentions, model.isOpen(one)].join(),
		className: (one.unread ? 'unread' : '') + (model.isOpen(one) ? '' : ' gone'),
		label: model.label(one) + (one.unread ? `, ${t.unreads(one.unread)}` : ''),
		content: () => [make('span', { className: 'kind' }, one.kind === 'room' ? '#' : '@'), make('span', { className: 'title' }, one.name || self.server),
			one.unread && make('span', { className: `badge${one.mentions ? ' named' : ''}` }, one.unread > 99 ? '99+' : `${one.unread}`)],
	})), (one) => {
		model.show(one);
		drawers();
		if (!isNarrow.matches) $('line').focus();
	});
	if (!active) return;
	const isRoom = active.kind === 'room';
	$('room').textContent = model.label(active);
	$('topic').textContent = $('topic').title = active.topic;
	$('count').textContent = active.count;
	$('who').hidden = !isRoom;
	$('line').placeholder = `${t.message} · ${model.label(active)}`;
	$('stop').hidden = !active.paste.length;
	$('stop').textContent = t.stop(active.paste.length);
	app.classList.toggle('people', isRoom && kept.people);
	drawPeople();
	log.show(active);
}

/** Buttons in a list, changed where they differ, so that the focus stays where it is. */
function drawButtons(list, entries, act) {
	while (list.children.length > entries.length) list.lastChild.remove();
	entries.forEach(({ what, isCurrent, state, className, label, content }, at) => {
		const button = (list.children[at] ?? list.appendChild(make('li', null, make('button')))).firstChild;
		if (button.state !== state) {
			button.replaceChildren(...content().filter(Boolean));
			Object.assign(button, { state, className });
			button.setAttribute('aria-label', label);
		}
		button.setAttribute('aria-current', Boolean(isCurrent));
		button.onclick = () => act(what, button);
	});
}

function drawPeople() {
	const { members, count } = model.active;
	const wanted = fold($('filter').value.trim());
	const all = [...members].filter(([key]) => key.includes(wanted)).sort(([a], [b]) => (a < b ? -1 : 1));
	$('filter').hidden = members.size < 20;
	drawButtons($('members'), all.slice(0, LISTED).map(([, name]) => ({
		what: name, state: name + theme(), className: name === model.self.name ? 'self' : '', label: name,
		content() {
			const dot = make('span', { className: 'dot' });
			dot.style.backgroundColor = colour(name, theme());
			return [dot, name];
		},
	})), person);
	const more = (wanted ? all.length : count) - LISTED;
	$('rest').textContent = more > 0 ? t.more(more) : '';
}

const drawn = () => { $('down').hidden = log.isAtEnd(); };

function day(time) {
	const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(time).setHours(0, 0, 0, 0)) / 86_400_000);
	return days < 2 ? recent.format(-days, 'day') : date.format(time);
}

/** The menu of a person: only what this role may. */
function person(name, anchor) {
	const may = ['ignore', 'unignore', 'whois', 'kick', 'mute', 'unmute', 'ban'].filter(model.can);
	const others = name === model.self.name ? [] : [[t.talk, () => model.talk(name)],
		...may.map((path) => [t[path], () => (/^(kick|mute|ban)/.test(path) ? punish(path, name) : model.run(`${path} ${name}`))])];
	popup(anchor, name, [[t.mention, () => { drawers(); compose.mention(name); }], ...others]);
}

/** Asks for how long and why, and does it. */
async function punish(path, name) {
	const [time, why] = [choice('time', Object.entries(t.times)), make('input', { id: 'why', autocomplete: 'off' })];
	const isTimed = path !== 'kick';
	const rows = [...(isTimed ? [row(time, t.time)] : []), row(why, t.why)];
	if (await ask(`${t[path]}: ${name}`, rows, act(t[path]))) model.run(`${path} ${name} ${isTimed ? time.value : ''} ${why.value}`);
}

function message(line, anchor) {
	const { active, can, run } = model;
	const remove = async () => await ask(t.delete, [make('p', null, `${line.from}: ${line.text}`)], act(t.delete)) && run(`delete ${active.name} ${line.id}`);
	popup(anchor, t.actions, [[t.mention, () => compose.mention(line.from)], ...(line.id && can('delete') ? [[t.delete, remove]] : [])]);
}

const act = (text) => [['act', text], ['', t.cancel]];
const row = (field, text) => make('p', null, make('label', { htmlFor: field.id }, text), field);
const choice = (id, options) => make('select', { id }, ...options.map(([value, text]) => make('option', { value, selected: value === kept[id] }, text)));

async function chooseRoom() {
	model.askRooms();
	const input = make('input', { id: 'wanted', autocomplete: 'off', autocapitalize: 'off' });
	const list = make('div', { className: 'choice' });
	const fill = () => model.self.rooms.length !== list.children.length && list.replaceChildren(...model.self.rooms.map(({ room, topic, members }) =>
		make('button', { type: 'button', value: `#${room}`, onclick: () => $('dialog').close(`#${room}`) }, make('b', null, `#${room}`), ` · ${members}`, make('span', null, topic))));
	const timer = setInterval(fill, 100);
	const answer = await ask(t.rooms, [row(input, t.roomName), list], act(t.join));
	clearInterval(timer);
	if (answer) model.join(answer === 'act' ? input.value : answer);
}

async function settings() {
	const check = (id) => make('input', { id, type: 'checkbox', checked: kept[id] });
	const [theme, size] = [choice('theme', Object.entries(t.themes)), choice('size', ['13', '15', '17', '20', '24'].map((value) => [value, value]))];
	const [sound, notify] = [check('sound'), check('notify')];
	theme.onchange = size.onchange = () => {
		keep({ theme: theme.value, size: size.value });
		dress();
	};
	sound.onchange = () => {
		keep({ sound: sound.checked });
		if (kept.sound) beep();
	};
	notify.onchange = async () => {
		notify.checked &&= await Notification.requestPermission() === 'granted';
		keep({ notify: notify.checked });
	};
	const rows = [row(theme, t.theme), row(size, t.size), row(sound, t.sound)];
	// Browsers notify only of pages that came by TLS, or from this machine.
	if (window.Notification && isSecureContext) rows.push(row(notify, t.notify));
	if (await ask(t.settings, rows, [['', t.close], ['quit', t.quit]])) net.send({ type: 'quit' });
}

const theme = () => (kept.theme !== 'auto' ? kept.theme : isDark.matches ? 'dark' : 'light');

function dress() {
	root.dataset.theme = theme();
	root.style.fontSize = `${kept.size}px`;
	log.redraw();
	changed();
}

/** Somebody is named or written to while nobody looks. */
function alerted(one, line) {
	if (kept.sound) beep();
	if (!kept.notify || !document.hidden) return;
	// Phones have it and refuse it.
	const note = attempt(() => new Notification(`${line.from} · ${model.label(one)}`, { body: line.text, tag: one.name, icon: 'icon.png' })) ?? {};
	note.onclick = () => {
		focus();
		model.show(one);
	};
}

let audio = null;
function beep() {
	audio ??= new AudioContext();
	const [tone, volume] = [audio.createOscillator(), audio.createGain()];
	tone.connect(volume).connect(audio.destination);
	volume.gain.value = 0.1;
	tone.start();
	tone.stop(audio.currentTime + 0.15);
}

/** Opens one of the two drawers of a narrow page, and closes the other. */
function drawers(which) {
	for (const [drawer, button] of [['side', 'menu'], ['people', 'who']]) {
		const isShown = app.classList.toggle(`show-${drawer}`, drawer === which && !app.classList.contains(`show-${drawer}`));
		$(button).setAttribute('aria-expanded', isShown);
		if (isShown) $(drawer).querySelector('button').focus();
	}
}

/** Opens the search or, without `isOpen`, closes it. */
function find(isOpen = false) {
	$('find').hidden = !isOpen;
	$('look').setAttribute('aria-expanded', isOpen);
	if (isOpen) return $('query').select();
	$('query').value = '';
	search();
}

/** Finds what is typed in what is loaded, the last first; or goes on from there. */
function search(step) {
	const query = fold($('query').value.trim());
	if (!step) {
		hits = query ? model.active.lines.filter(({ from = '', text }) => fold(`${from} ${text}`).includes(query)) : [];
		hit = hits.length - 1;
	} else if (hits.length) hit = (hit + step + hits.length) % hits.length;
	$('hits').textContent = query && `${hit + 1}/${hits.length}`;
	$('deep').hidden = !query || !model.can('search');
	log.find(query, hits[hit]);
}

function keys(event) {
	const { key, altKey, ctrlKey, metaKey } = event;
	const { all, active } = model;
	const [step, isChord] = [STEPS[key], ctrlKey || metaKey];
	if (app.hidden || $('dialog').open || !active) return;
	if (altKey && step) model.show(all.at((all.indexOf(active) + step) % all.length));
	else if (isChord && key === 'f') find(true);
	else if (isChord && key === 'k') chooseRoom();
	else if (key === 'Escape') {
		find();
		drawers();
		log.toEnd();
		$('line').focus();
	} else return;
	event.preventDefault();
}

function logKeys(event) {
	const step = STEPS[event.key];
	const [line, row] = log.focused();
	if (event.altKey || event.target.closest('button, a')) return;
	if (step) log.move(step);
	else if (event.key !== 'Enter' || !line) return;
	else if (line.from) message(line, row);
	else row.querySelector('button')?.click();
	event.preventDefault();
}

function layout() {
	const { height, offsetTop } = window.visualViewport;
	root.style.setProperty('--height', `${height}px`);
	root.style.setProperty('--top', `${offsetTop}px`);
}

function wire() {
	const clicks = {
		settings, more: chooseRoom, menu: () => drawers('side'), away: () => drawers(), look: () => find($('find').hidden), prev: () => search(-1),
		stop() {
			model.active.paste = [];
			changed();
		},
		deep: () => model.run(`search ${$('query').value}`), leave: () => model.close(model.active),
		who() {
			if (isNarrow.matches) return drawers('people');
			keep({ people: !kept.people });
			changed();
		},
		down() {
			log.toEnd();
			model.look(true);
		},
		again: net.connect,
	};
	for (const id in clicks) $(id).onclick = clicks[id];
	for (const id of ['list', 'members']) $(id).onkeydown = (event) => rove($(id), event);
	// No form goes anywhere.
	addEventListener('submit', (event) => event.target.method !== 'dialog' && event.preventDefault());
	$('find').onsubmit = () => search(1);
	$('query').oninput = () => search();
	$('filter').oninput = drawPeople;
	$('log').onkeydown = logKeys;
	$('join').onsubmit = () => {
		keep({ name: $('name').value.trim() });
		password = $('password').value;
		net.offer();
	};
}

function listen() {
	const look = () => model.look(!document.hidden && document.hasFocus());
	for (const event of ['focus', 'blur']) addEventListener(event, look);
	document.addEventListener('visibilitychange', look);
	addEventListener('keydown', keys);
	addEventListener('hashchange', () => isIn && model.join(hashRoom()));
	addEventListener('pagehide', () => {
		const { epoch, token, name } = model.self;
		if (isIn && net.state !== 'ended') attempt(() => { sessionStorage.salotto = JSON.stringify({ epoch, token, name, rooms: model.joined().map((one) => one.name) }); });
	});
	for (const event of ['resize', 'scroll']) window.visualViewport.addEventListener(event, layout);
	isDark.onchange = dress;
	isNarrow.onchange = () => drawers();
}

function start() {
	root.lang = t.lang;
	$('old').hidden = true;
	$('join').hidden = false;
	for (const element of document.querySelectorAll('[data-t]')) element.textContent = t[element.dataset.t];
	for (const element of document.querySelectorAll('[data-label]')) element.setAttribute('aria-label', element.title = t[element.dataset.label]);
	log.setUp({ person, message, theme, drawn, day, time: (at, isFull) => (isFull ? `${date.format(at)}, ` : '') + clock.format(at) });
	model.setUp({ send: net.send, changed, alert: alerted });
	net.setUp({ hello, take: model.take, changed: stateChanged });
	compose.setUp();
	wire();
	listen();
	layout();
	dress();
	model.want(hashRoom());
	$('where').textContent = location.host + (hashRoom() && ` · #${hashRoom()}`);
	$('name').value = before.name ?? kept.name;
	if (before.rooms) {
		kept.name = before.name;
		net.connect();
	} else net.end();
}

start();
