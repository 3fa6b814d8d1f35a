// The connection: a WebSocket that says hello, notices when it is gone, and comes back.

// How often the server is asked whether it is there, how long any answer may take, and how long after a sleep.
const [PING, ANSWER, PROBE, ATTEMPT] = [45_000, 20_000, 5000, 10_000];
// After these it is worth trying again; after a kick or a goodbye it is not.
const PASSING = ['lost', 'idle', 'too_slow', 'full', 'stopping', 'restarting'];

/** idle, connecting, online, waiting or ended. */
export let state = 'idle';
let socket = null;
let app = null;
let failed = 0;
let why = '';
const timers = {};

/** `hello()` is what to say first; `take(event)` and `changed(state, detail)` are told what happens. */
export function setUp(handlers) {
	app = handlers;
	for (const event of ['online', 'offline', 'pageshow']) addEventListener(event, wake);
	document.addEventListener('visibilitychange', () => document.hidden || wake());
}

export function connect() {
	drop();
	set('connecting');
	why = '';
	socket = new WebSocket(new URL('ws', location.origin + location.pathname).href.replace('http', 'ws'));
	after('attempt', ATTEMPT, broken);
	socket.onopen = offer;
	socket.onclose = () => broken();
	socket.onmessage = ({ data }) => message(data);
}

/** Says hello, also a second time with another name or password. */
export function offer() {
	if (socket?.readyState === 1) write(app.hello());
	else connect();
}

/** Returns whether it was sent. */
export function send(request) {
	const isOpen = state === 'online' && socket.readyState === 1;
	if (isOpen) write(request);
	if (isOpen && !timers.probe) after('probe', ANSWER, connect);
	return isOpen;
}

/** It is over until somebody connects again. */
export function end(state = 'idle', detail) {
	drop();
	set(state, detail);
}

/** The machine slept, or the network changed: tries again now, or finds out whether the server is still there. */
function wake() {
	if (state === 'waiting') connect();
	else if (send({ type: 'ping' })) after('probe', PROBE, connect);
}

function message(data) {
	clear('probe');
	const event = JSON.parse(data);
	const { type, reason, code, text } = event;
	if (type === 'ping') write({ type: 'pong' });
	else if (type === 'bye' && PASSING.includes(reason)) broken(event.why ?? reason);
	else if (type === 'bye') end('ended', event);
	else if (type === 'error' && state === 'connecting') {
		clear('attempt');
		why = text;
		if (/password/.test(code)) app.changed('password', { text: code === 'wrong_password' ? text : '' });
		else app.changed('name', { text, code });
	} else if (type === 'welcome') {
		failed = 0;
		clear('attempt');
		set('online');
		after('beat', PING, beat);
		app.take(event);
	} else app.take(event);
}

function beat() {
	send({ type: 'ping' });
	after('beat', PING, beat);
}

/** The connection is gone and is tried again after a while, with jitter, so that a room full of people does not come back in step. */
function broken(reason = why) {
	drop();
	const wait = Math.min(1000 * 2 ** failed, 30_000) * (0.75 + Math.random() / 2);
	failed += 1;
	after('retry', wait, connect);
	set('waiting', { reason, until: Date.now() + wait });
}

function drop() {
	for (const name in timers) clear(name);
	if (!socket) return;
	socket.onopen = socket.onclose = socket.onmessage = null;
	socket.close();
	socket = null;
}

function write(request) {
	socket.send(JSON.stringify(request));
}

function set(next, detail = {}) {
	state = next;
	app.changed(state, detail);
}

function after(name, time, act) {
	clear(name);
	timers[name] = setTimeout(() => act(), time);
}

function clear(name) {
	clearTimeout(timers[name]);
	delete timers[name];
}
