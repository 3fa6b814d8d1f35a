// The real program, with a configuration in a folder of its own, and who else connects to it.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const PROGRAM = process.env.SALOTTO ?? 'target/debug/salotto';
const running = new Set();
export const TIMEOUT = 20_000;

/** For programs that say more than a person could. */
export const UNLIMITED = `limits: (rate: None, rate_per_address: None), rooms: (timeline_entries: 40000, timeline_bytes: 16777216),
	plugins: [(name: "floods", enabled: false)]`;

/** The hash of a password, for the configuration. */
export const hash = (password) => execFileSync(PROGRAM, ['hash-password'], { input: `${password}\n`, stdio: ['pipe', 'pipe', 'ignore'] }).toString().trim();

/** Starts a server; `config` is what stands in its file beside the address and the socket. */
export async function serve(config = '') {
	const folder = mkdtempSync(join(tmpdir(), 'salotto-browser-'));
	const server = { folder, port: 0, config, people: [], exec: (...commands) => exec(server, commands), restart: () => restart(server), stop: () => stop(server) };
	running.add(server);
	await start(server);
	server.url = `http://127.0.0.1:${server.port}/`;
	return server;
}

async function start(server) {
	const { folder, config, port } = server;
	writeFileSync(join(folder, 'salotto.ron'), `(control: (socket: Some("${folder}/control")), ${config})`);
	const child = spawn(PROGRAM, ['serve', '--listen', `127.0.0.1:${port}`, '--config', 'salotto.ron'], { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
	server.child = child;
	server.log = '';
	server.port = await new Promise((done, fail) => {
		child.stderr.on('data', (data) => {
			server.log += data;
			const port = /listening on 127\.0\.0\.1:(\d+)/.exec(server.log)?.[1];
			if (port) done(Number(port));
		});
		child.on('exit', () => fail(new Error(`the server does not start:\n${server.log}`)));
	});
}

async function halt({ child }) {
	if (!child || child.exitCode !== null || child.signalCode !== null) return;
	const ended = new Promise((done) => child.once('exit', done));
	child.kill('SIGTERM');
	await ended;
}

async function restart(server) {
	await halt(server);
	await start(server);
}

async function stop(server) {
	running.delete(server);
	for (const person of server.people) person.socket.destroy();
	await halt(server);
	rmSync(server.folder, { recursive: true, force: true });
}

/** Executes commands of the console, and resolves to what they print. */
async function exec({ folder }, commands) {
	const { stdout } = await promisify(execFile)(PROGRAM, ['exec', '--control', join(folder, 'control'), ...commands]);
	return stdout;
}

export const stopServers = () => Promise.all([...running].map(stop));

/** Somebody with `nc`: lines in, lines out. */
export async function plain(server, name) {
	const person = await connect(server);
	person.say = (text) => person.write(`${text}\n`);
	person.say(name);
	await person.hear(`Welcome, ${name}`);
	return person;
}

/** A program that speaks JSON. */
export async function program(server, name, rooms = []) {
	const person = await connect(server);
	person.send = (request) => person.write(`${JSON.stringify(request)}\n`);
	person.say = (text, room) => person.send({ type: 'say', text, room });
	person.send({ type: 'hello', version: 2, name, rooms });
	await person.hear('"type":"entered"');
	return person;
}

async function connect({ port, people }) {
	const socket = net.connect(port, '127.0.0.1');
	socket.on('error', () => {});
	socket.setNoDelay(true);
	socket.setEncoding('utf8');
	const person = { socket, heard: '', waiting: [], write: (text) => socket.write(text), leave: () => socket.end() };
	people.push(person);
	socket.on('data', (data) => {
		person.heard += data;
		for (const check of [...person.waiting]) check();
	});
	person.hear = (text) => new Promise((done, fail) => {
		const timer = setTimeout(() => fail(new Error(`\`${text}\` was not heard, but:\n${person.heard.slice(-2000)}`)), TIMEOUT);
		const check = () => {
			if (!person.heard.includes(text)) return;
			clearTimeout(timer);
			person.waiting = person.waiting.filter((other) => other !== check);
			done();
		};
		person.waiting.push(check);
		check();
	});
	await new Promise((done, fail) => socket.once('connect', done).once('error', fail));
	return person;
}

/** A way to the server that can be cut, or go silent as that of a machine that sleeps. */
export async function way(server) {
	const pairs = new Set();
	let state = 'open';
	const listener = net.createServer((from) => {
		const to = net.connect(server.port, '127.0.0.1');
		const pair = [from, to];
		pairs.add(pair);
		if (state === 'cut') pair.forEach((socket) => socket.destroy());
		for (const [one, other] of [[from, to], [to, from]]) {
			one.on('data', (data) => state === 'silent' && pair.old ? undefined : other.write(data));
			one.on('error', () => {});
			one.on('close', () => {
				pairs.delete(pair);
				other.destroy();
			});
		}
	});
	await new Promise((done) => listener.listen(0, '127.0.0.1', done));
	const person = { socket: { destroy: () => { listener.close(); pairs.forEach((pair) => pair.forEach((socket) => socket.destroy())); } } };
	server.people.push(person);
	return {
		url: `http://127.0.0.1:${listener.address().port}/`,
		cut() { state = 'cut'; pairs.forEach((pair) => pair.forEach((socket) => socket.destroy())); },
		/** What is connected hears nothing any more and is not told; who connects anew does. */
		silence() { state = 'silent'; pairs.forEach((pair) => { pair.old = true; }); },
		open() { state = 'open'; },
	};
}
