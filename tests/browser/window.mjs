// The real window under an X server that nobody sees, driven by its keyboard. It says in its log what it has.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PICTURES } from './browsers.mjs';
import { TIMEOUT } from './server.mjs';

const PROGRAM = process.env.SALOTTO_GUI ?? 'target/debug/salotto-gui';

/** Starts the window, which joins a server as `name`. */
export async function openWindow(server, name) {
	const home = mkdtempSync(join(tmpdir(), 'salotto-window-'));
	const screen = listen(spawn('Xvfb', ['-displayfd', '1', '-noreset', '-nolisten', 'tcp', '-screen', '0', '1100x800x24'], { stdio: ['ignore', 'pipe', 'ignore'] }), 'stdout');
	const children = [screen.child];
	// Ends with the server's other guests.
	server.people.push({ socket: { destroy() {
		children.reverse().forEach((child) => child.kill());
		rmSync(home, { recursive: true, force: true });
	} } });
	const [, number] = await screen.hear(/^(\d+)$/m);
	const env = { ...process.env, DISPLAY: `:${number}`, XDG_CONFIG_HOME: home, SALOTTO_LOG: 'salotto_gui=trace,warn', TZ: 'UTC' };
	children.push(spawn('openbox', { env, stdio: 'ignore' }));
	const program = listen(spawn(PROGRAM, [`127.0.0.1:${server.port}`, '--name', name], { env, stdio: ['ignore', 'ignore', 'pipe'] }), 'stderr');
	children.push(program.child);
	const xdotool = (...words) => execFileSync('xdotool', words, { env });
	await program.hear(/received an entry/);
	// Refused until the window manager has begun its work.
	for (const end = Date.now() + TIMEOUT; ; await new Promise((done) => setTimeout(done, 100))) {
		try {
			xdotool('search', '--onlyvisible', '--class', 'salotto-gui', 'windowactivate');
			break;
		} catch (error) {
			if (Date.now() > end) throw error;
		}
	}
	await program.hear(/keyboard focused=true/);
	return {
		say(text) {
			xdotool('type', '--delay', '15', text);
			xdotool('key', 'Return');
		},
		/** Waits for the entry with this id. */
		read: (id) => program.hear(new RegExp(`received an entry id=${id} `)),
		/** The ids of all entries, in the order in which they came. */
		entries: () => [...program.said().matchAll(/received an entry id=(\d+) /g)].map(([, id]) => Number(id)),
		picture: (name) => execFileSync('import', ['-window', 'root', `${PICTURES}/${name}.png`], { env }),
	};
}

/** A program whose output can be waited for. */
function listen(child, stream) {
	let said = '';
	const waiting = new Set();
	child[stream].setEncoding('utf8').on('data', (data) => {
		said += data;
		for (const check of waiting) check();
	});
	const hear = (wanted) => new Promise((done, fail) => {
		const timer = setTimeout(() => fail(new Error(`the window did not say ${wanted}, but:\n${said.slice(-2000)}`)), TIMEOUT);
		const check = () => {
			const found = wanted.exec(said);
			if (!found) return;
			clearTimeout(timer);
			waiting.delete(check);
			done(found);
		};
		waiting.add(check);
		check();
	});
	return { child, hear, said: () => said };
}
