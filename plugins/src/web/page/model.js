// What is known: conversations with their lines, who is there, what is unread. Takes events and requests; draws nothing.
import { fold, names, t } from './text.js';
import { find } from './commands.js';

// So many lines a conversation keeps, and so many go at once where there are more.
const [MOST, SLACK, MOST_CONVERSATIONS, MOST_MEMBERS] = [50_000, 4000, 200, 10_000];
const ARRIVALS = { joined: 'came', left: 'went', renamed: 'renamed' };

/** The server, the own name, and what can be typed after `!`. */
export const self = { server: '', name: '', epoch: '', token: '', commands: [], limit: 0, rooms: [] };
export const all = [];
export let active = null;
let app = null;
let isSeen = true;
let wanted = '';
let early = [];
let count = 0;
const page = Math.random().toString(36).slice(2, 10);
const asked = new Map();

/** `send(request)` returns whether it was sent; `changed(conversation, line)` and `alert(conversation, line)` tell the view. */
export function setUp(handlers) {
	app = handlers;
}

export const can = (path) => self.commands.some((command) => command.path === path);
export const unread = () => all.reduce((sum, one) => sum + one.unread, 0);
export const label = (one) => (one.kind === 'room' ? '#' : '') + (one.name || self.server);
/** The rooms that one is in, or was when it ended. */
export const joined = () => all.filter((one) => one.joined || one.isLeft);
const get = (kind, name) => all.find((one) => one.kind === kind && one.name === name);
const room = (name) => all.find((one) => one.kind === 'room' && fold(one.name) === fold(name));
/** The first entry that is known, which need not have a line. */
const firstId = (one) => one.oldest ?? one.lines.find(({ id }) => id)?.id;

/** What a return needs, so that nothing is missed or doubled. */
export const resume = () => ({ epoch: self.epoch, token: self.token, rooms: Object.fromEntries(joined().map((one) => [one.name, one.lastId])), epochs: Object.fromEntries(joined().filter((one) => one.epoch).map((one) => [one.name, one.epoch])) });

/** Whether a line is one of many arrivals; the first of them stands for all. */
export const isFolded = ({ group }) => group && group.size > 3 && !group.open;

function open(kind, name) {
	const known = get(kind, name);
	if (known) return known;
	// `base` counts the lines that stood before the first; `lastId` is that of the last entry; `history` is what is still to come of it.
	const made = { kind, name, lines: [], base: 0, topic: '', members: new Map(), count: 0, joined: false, lastId: 0, history: 0, missed: false,
		unread: 0, mentions: 0, firstUnread: null, pending: [], speakers: [], older: false, isAsking: false, typed: [], draft: '', paste: [] };
	const ranks = ['server', 'room', 'direct'];
	const at = all.findIndex((one) => ranks.indexOf(one.kind) > ranks.indexOf(kind));
	all.splice(at < 0 ? all.length : at, 0, made);
	return made;
}

export const isOpen = (one) => one.kind === 'direct' || one.joined;

export function show(one) {
	if (active && active !== one && !active.unread) active.firstUnread = null;
	active = one;
	look(isSeen);
}

/** Whether somebody looks at the page. */
export function look(seen) {
	isSeen = seen;
	if (active && seen) active.unread = active.mentions = 0;
	else if (active && !active.unread) active.firstUnread = null;
	app.changed();
}

export function close(one) {
	if (!one.joined || !ask({ type: 'leave', room: one.name }, one)) remove(one);
}

function remove(one) {
	const at = all.indexOf(one);
	all.splice(at, 1);
	if (active === one) active = null;
	if (!active && all.length) show(all[at] ?? all[at - 1]);
	app.changed();
}

/** Goes to a room, which is entered where it is not yet. */
export function join(name) {
	const known = room(want(name));
	if (known?.joined) show(known);
	else if (wanted) ask({ type: 'join', room: wanted }, active);
}

/** Which room is shown as soon as it is entered. */
export function want(name) {
	return (wanted = name.trim().replace(/^#+/, ''));
}

export function talk(name) {
	if (name !== self.name) show(open('direct', name));
}

export function askRooms() {
	self.rooms = [];
	ask({ type: 'rooms' });
}

export function run(line, one = active) {
	const [command, rest] = find(self.commands, line);
	if (command?.path === 'join') want(rest);
	if (!ask({ type: 'command', line, room: one.kind === 'room' ? one.name : undefined }, one)) tell('error', t.offline, one);
}

export function say(text, one = active) {
	one.firstUnread = null;
	const pending = { kind: 'say', from: self.name, text, own: true, pending: true, nonce: nonce(), time: Date.now() };
	one.pending.push(pending);
	deliver(one, pending);
	app.changed(one);
}

function deliver(one, pending) {
	const { text, nonce } = pending;
	const request = one.kind === 'room' ? { type: 'say', room: one.name } : { type: 'direct', to: one.name };
	pending.sent = app.send({ ...request, text, nonce });
}

/** Says many lines, each when the one before has arrived, and no faster than a server takes them from a person. */
export function paste(lines, one) {
	let said = 0;
	const next = () => {
		if (one.pending.some(({ failed }) => failed) || !all.includes(one)) one.paste = [];
		if (!one.paste.length) return;
		if (!one.pending.length) {
			say(one.paste.shift(), one);
			said += 1;
		}
		setTimeout(next, said < 20 ? 600 : 2100);
	};
	one.paste.push(...lines);
	if (one.paste.length === lines.length) next();
}

export function discard(one, pending) {
	one.pending = one.pending.filter((other) => other !== pending);
	app.changed(one);
}

export function retry(one, pending) {
	discard(one, pending);
	say(pending.text, one);
}

/** Asks for what was said before. */
export function askOlder(one) {
	const before = firstId(one);
	if (one.older && !one.isAsking && one.joined && before && can('history')) one.isAsking = ask({ type: 'history', room: one.name, before, limit: 100 }, one);
}

const nonce = () => `${page}-${(count += 1)}`;

function ask(request, one) {
	const key = nonce();
	asked.set(key, [request.type, one]);
	// Answers that never came are forgotten with time.
	if (asked.size > 64) asked.delete(asked.keys().next().value);
	return app.send({ ...request, nonce: key });
}

/** The connection is gone: what is on its way may or may not have arrived. */
export function broken() {
	asked.clear();
	for (const one of all) {
		one.isAsking = false;
		for (const pending of one.pending) pending.doubt = pending.sent && !pending.failed;
	}
}

/** It is over: nothing more will be heard. */
export function ended() {
	for (const one of all) {
		one.isLeft ||= one.joined;
		one.joined = false;
		for (const pending of one.pending) pending.failed ??= t.offline;
	}
}

/** The own message with this nonce has arrived. */
function confirm(one, nonce) {
	one.pending = one.pending.filter((pending) => !nonce || pending.nonce !== nonce);
}

/** What was sent before the connection broke, and is not among what was missed, did not arrive. */
function settle(one) {
	for (const pending of one.pending.filter(({ doubt }) => doubt)) {
		pending.doubt = false;
		pending.failed ??= t.broke;
	}
}

function push(one, line) {
	group(one.lines.at(-1), line);
	one.lines.push(line);
	if (one.lines.length < MOST + SLACK) return;
	one.lines.splice(0, SLACK);
	one.base += SLACK;
	const [first] = one.lines;
	if (first.group) first.group.first = first;
	Object.assign(one, { older: one.kind === 'room', oldest: null });
}

/** Arrivals that follow each other share a group. */
function group(before, line) {
	if (!Object.values(ARRIVALS).includes(line.kind)) return;
	const isSameDay = before && new Date(before.time).getDate() === new Date(line.time).getDate();
	line.group = (isSameDay && before.group) || { first: line, size: 0, came: 0, went: 0, renamed: 0 };
	line.group.size += 1;
	line.group[line.kind] += 1;
}

export function take(event) {
	const one = room(event.room ?? '');
	const act = handlers[event.type] ?? entry;
	// What is told of a room that was closed here meanwhile concerns nobody.
	if (one || !event.room || event.type === 'entered') act(event, one);
	app.changed(one);
}

const forgetIds = (one) => {
	Object.assign(one, { lastId: 0, oldest: null });
	for (const line of one.lines) delete line.id;
};

const handlers = {
	welcome({ server, epoch, token, name, message_characters: limit, commands }) {
		// Ids of another epoch mean nothing in this one.
		for (const one of epoch === self.epoch ? [] : all) forgetIds(one);
		Object.assign(self, { server, epoch, token, name, limit, commands });
		for (const one of all) {
			Object.assign(one, { joined: false, isLeft: false, history: 0 });
			if (one.kind === 'direct') settle(one);
			for (const pending of one.pending) if (!pending.sent && !pending.failed) deliver(one, pending);
		}
	},
	commands({ commands }) {
		self.commands = commands;
	},
	entered({ room, topic, members, count, first_id: first, history, epoch }) {
		const one = open('room', room);
		// So do those of another epoch of the room.
		if (one.epoch !== epoch && one.lastId) forgetIds(one);
		one.epoch = epoch;
		one.missed = one.lastId > 0;
		if (one.missed && first > one.lastId + 1) {
			// What lies between is read back from here on, where the server has it.
			if (can('history')) Object.assign(one, { lines: [], oldest: null, firstUnread: null });
			else push(one, { kind: 'error', text: t.gap, time: Date.now() });
		}
		if (!firstId(one)) one.older = first > 1;
		Object.assign(one, { joined: true, history, topic, members: new Map(members.map((name) => [fold(name), name])), count });
		if (!history) settle(one);
		const isWanted = fold(wanted) === fold(room);
		if (isWanted) wanted = '';
		if (isWanted || !active || active.kind === 'server') show(one);
		for (const line of early.splice(0)) push(one, line);
		if (members.length < count) ask({ type: 'members', room, after: members.at(-1) });
	},
	exited(event, one) {
		if (event.reason === 'parted') return remove(one);
		Object.assign(one, { joined: false, members: new Map(), count: 0 });
		tell('error', t.exited(event), one);
	},
	named({ name }) {
		self.name = name;
	},
	members({ room, members, count, more }, one) {
		for (const name of members) one.members.set(fold(name), name);
		one.count = count;
		if (more && one.members.size < MOST_MEMBERS) ask({ type: 'members', room, after: members.at(-1) });
	},
	rooms({ rooms }) {
		self.rooms = rooms;
	},
	history({ entries, older }, one) {
		const first = firstId(one) ?? Infinity;
		const lines = entries.filter(({ id }) => id < first).map(read).filter(Boolean);
		lines.forEach((line, at) => group(lines[at - 1], line));
		one.lines.unshift(...lines);
		one.base -= lines.length;
		Object.assign(one, { older: older && entries.length > 0, oldest: entries[0]?.id, isAsking: false });
	},
	direct({ from, to, text, time, nonce }) {
		const own = from === self.name;
		const name = own ? to : from;
		if (own && to === from && nonce) return confirm(open('direct', name), nonce);
		// Strangers cannot open any number of conversations.
		const one = get('direct', name) || all.length < MOST_CONVERSATIONS ? open('direct', name) : open('server', '');
		const line = { kind: 'say', from, text, own, time: Date.parse(time) };
		add(one, line, true, nonce);
		if (!active) show(one);
	},
	direct_notice({ text }) {
		tell('notice', text);
	},
	reply({ reply, nonce }) {
		if (reply.value) tell('reply', '', asked.get(nonce)?.[1], reply);
		asked.delete(nonce);
	},
	error({ text, nonce }) {
		const [type, one] = asked.get(nonce) ?? [];
		asked.delete(nonce);
		const pending = all.flatMap((one) => one.pending).find((pending) => nonce && pending.nonce === nonce);
		if (pending) pending.failed = text;
		else if (type === 'history') one.older = one.isAsking = false;
		else tell('error', text, one);
	},
	deleted({ id }, one) {
		const line = one.lines.find((line) => line.id === id);
		if (line) Object.assign(line, { kind: 'removed', from: '', text: t.removed, mention: false });
	},
};

/** Shows a text that is for this person alone, where it was asked for or in front. */
export function tell(kind, text, one = active, reply = null) {
	const line = { kind, text, reply, time: Date.now() };
	if (!one && kind === 'notice') return early.push(line);
	const place = all.includes(one) ? one : active ?? open('server', '');
	push(place, line);
	if (!active) show(place);
	app.changed(place, line);
}

function entry(event, one) {
	if (!one || !event.id) return;
	const isHistory = one.history > 0;
	if (event.id > one.lastId) {
		one.lastId = event.id;
		if (!isHistory || (one.missed && event.type === 'topic')) presence(one, event);
		const line = read(event);
		if (line) add(one, line, line.mention, event.nonce, isHistory);
	}
	if (isHistory) one.history -= 1;
	if (isHistory && !one.history) settle(one);
}

function add(one, line, isUrgent, nonce, isHistory) {
	push(one, line);
	if (line.from) one.speakers = [line.from, ...one.speakers.filter((name) => name !== line.from)].slice(0, 100);
	if (line.own) {
		confirm(one, nonce);
		if (!isHistory) one.firstUnread = null;
	} else if (line.from && (!isHistory || one.missed) && !(isSeen && active === one)) {
		one.unread += 1;
		one.firstUnread ??= line;
		if (isUrgent) {
			one.mentions += 1;
			app.alert(one, line);
		}
	}
	app.changed(one, isHistory ? null : line);
}

/** What people read of an entry, if anything. */
function read({ type, id, time, from, text, kind, topic, who }) {
	const at = { id, time: Date.parse(time) };
	const own = from === self.name;
	if (type === 'message') return { ...at, kind: kind ?? 'say', from, text, own, mention: !own && names(text, self.name).length > 0 };
	if (type === 'notice') return { ...at, kind: ARRIVALS[kind] ?? 'notice', text };
	if (type === 'topic') return { ...at, kind: 'notice', text: t.topicSet(who, topic) };
	return type === 'removed' ? { ...at, kind: 'removed', text: t.removed } : null;
}

function presence(one, { type, who, from, members, topic }) {
	const key = fold(who ?? '');
	if (type === 'topic') one.topic = topic;
	else if (type === 'presence') one.count = members;
	else if (type === 'joined') {
		if (!one.members.has(key)) one.count += 1;
		one.members.set(key, who);
	} else if (type === 'left') one.count -= one.members.delete(key);
	else if (type === 'renamed') {
		if (one.members.delete(fold(from))) one.members.set(key, who);
		const direct = get('direct', from);
		if (direct && !get('direct', who)) direct.name = who;
	}
}
