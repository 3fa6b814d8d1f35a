import assert from 'node:assert/strict';
import { firefox } from '../browsers.mjs';
import { plain, program, serve } from '../server.mjs';
import { openWindow } from '../window.mjs';

const ROUNDS = 5;

export const cases = [
	{
		name: 'two browsers, nc and the window talk in one room and see one order',
		async test(browser) {
			const server = await serve('plugins: [(name: "floods", enabled: false)]');
			const other = await firefox();
			try {
				// Who sees the ids of what is said.
				const bot = await program(server, 'robot', ['lobby']);
				const nc = await plain(server, 'nadia');
				const window = await openWindow(server, 'wanda');
				const people = [await browser.join(server.url, 'carla'), await other.join(server.url, 'fiona')];
				for (let round = 1; round <= ROUNDS; round += 1) {
					nc.say(`nadia ${round}`);
					const said = people.map((person, at) => person.say(`${['carla', 'fiona'][at]} ${round}`));
					window.say(`wanda ${round}`);
					await Promise.all(said);
				}
				const names = ['carla', 'fiona', 'nadia', 'wanda'];
				const texts = names.flatMap((name) => Array.from({ length: ROUNDS }, (_, at) => `${name} ${at + 1}`));
				await Promise.all(texts.map((text) => bot.hear(`"text":"${text}"`)));
				const entries = bot.heard.trim().split('\n').map((line) => JSON.parse(line)).filter(({ type, text }) => type === 'message' && texts.includes(text));
				const order = entries.map(({ text }) => text);
				const last = entries.at(-1);
				assert.deepEqual([...order].sort(), [...texts].sort());
				await window.read(last.id);
				for (const person of people) {
					await person.has(last.text);
					assert.deepEqual(await person.texts(), order);
				}
				// Who uses nc is not told what they said themselves.
				await nc.hear(order.findLast((text) => !text.startsWith('nadia')));
				const heard = [...nc.heard.matchAll(/^(?:\S+ )?(\w+): (\1 \d)$/gm)].map(([, , text]) => text);
				assert.deepEqual(heard, order.filter((text) => heard.includes(text)));
				assert.ok(heard.length >= 3 * ROUNDS, nc.heard);
				const ids = window.entries();
				assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
				assert.deepEqual(ids.filter((id) => entries.some((entry) => entry.id === id)), entries.map(({ id }) => id));
				await people[0].picture('together-browser');
				window.picture('together-window');
			} finally {
				await other.leave();
			}
		},
	},
];
