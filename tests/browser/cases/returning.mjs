import assert from 'node:assert/strict';
import { UNLIMITED, program, serve, way } from '../server.mjs';

export const cases = [
	{
		name: 'the operator restarts the server, and everybody is back by themselves',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			// From here on it has a port of its own.
			await server.restart();
			const ada = await browser.join(server.url, 'ada');
			await ada.say('before');
			await ada.read('before');
			await server.exec('restart');
			await ada.shows('#status', 'restart');
			await ada.gone('#status');
			await ada.say('after');
			await ada.read('after');
			assert.deepEqual(await ada.texts(), ['before', 'after']);
		},
	},
	{
		name: 'Back leads to the room before, and Forward to the one after',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			await ada.run(async () => (await import('/model.js')).join('attic'));
			await ada.shows('#room', '#attic');
			await ada.run(() => history.back());
			await ada.shows('#room', '#lobby');
			await ada.run(() => history.forward());
			await ada.shows('#room', '#attic');
			assert.equal(await ada.run(() => location.hash), '#attic');
		},
	},
	{
		name: 'after a restart of the server everybody is back, and nothing is lost or doubled',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			await ada.say('before');
			await ada.read('before');
			await server.restart();
			const bob = await program(server, 'bob');
			bob.say('meanwhile');
			await ada.has('meanwhile');
			await ada.say('after');
			await ada.read('after');
			assert.deepEqual(await ada.texts(), ['before', 'meanwhile', 'after']);
			await bob.hear('"text":"after"');
		},
	},
	{
		name: 'a server that stops is said plainly, and tried again now when asked to',
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			const { port } = server;
			server.child.kill('SIGTERM');
			await ada.shows('#status', 'the server has stopped');
			await ada.until(() => /in \d+ s\./.test(document.querySelector('#status').textContent));
			await server.restart();
			assert.equal(server.port, port);
			await ada.run(() => document.querySelector('#again').click());
			await ada.gone('#status');
		},
	},
	{
		name: 'what was missed while the connection was cut comes once, and what was typed meanwhile is sent',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const road = await way(server);
			const bob = await program(server, 'bob');
			const ada = await browser.join(road.url, 'ada');
			bob.say('one');
			await ada.read('one');
			road.cut();
			await ada.see('#status');
			for (const text of ['two', 'three']) bob.say(text);
			await bob.hear('"text":"three"');
			await ada.say('typed meanwhile');
			await ada.see('.row.pending');
			road.open();
			await bob.hear('"text":"typed meanwhile"');
			await ada.read('typed meanwhile');
			assert.deepEqual(await ada.texts(), ['one', 'two', 'three', 'typed meanwhile']);
			await ada.gone('.row.pending');
		},
	},
	{
		name: 'after a sleep, in which the network forgot the connection, it is noticed on waking up',
		async test(browser) {
			const server = await serve();
			const road = await way(server);
			const bob = await program(server, 'bob');
			const ada = await browser.join(road.url, 'ada');
			road.silence();
			await ada.page.setOfflineMode(true);
			bob.say('while you slept');
			await bob.hear('"text":"while you slept"');
			await ada.page.setOfflineMode(false);
			await ada.has('while you slept');
			await ada.say('good morning');
			await bob.hear('"text":"good morning"');
			await ada.read('good morning');
			assert.deepEqual(await ada.texts(), ['while you slept', 'good morning']);
			await ada.shows('#me', 'ada');
		},
	},
	{
		name: 'many messages missed in several rooms come in order, each once',
		async test(browser) {
			const server = await serve(UNLIMITED);
			const road = await way(server);
			const bob = await program(server, 'bob', ['lobby', 'attic']);
			const ada = await browser.join(`${road.url}#lobby`, 'ada');
			await ada.run(async () => (await import('/model.js')).join('attic'));
			await ada.shows('#room', '#attic');
			const said = { lobby: [], attic: [] };
			for (let round = 0; round < 4; round += 1) {
				for (const room of ['lobby', 'attic']) {
					for (let at = 0; at < 50; at += 1) {
						const text = `${room} ${round} ${at}`;
						said[room].push(text);
						bob.say(text, room);
					}
				}
				if (round % 2) await bob.hear(`attic ${round} 49`);
				else await ada.has(`attic ${round} 49`);
				if (round % 2) road.open();
				else road.cut();
				if (round % 2) await ada.has(`attic ${round} 49`);
			}
			assert.deepEqual(await ada.texts(), said.attic);
			await ada.click('#list button[aria-label^="#lobby"]');
			await ada.shows('#room', '#lobby');
			assert.deepEqual(await ada.texts(), said.lobby);
		},
	},
	{
		name: 'what was said before is read back page by page, in order and each line once, also after a restart',
		async test(browser) {
			const server = await serve(UNLIMITED);
			const road = await way(server);
			const said = Array.from({ length: 400 }, (_, at) => `line ${at}`);
			const say = async (lines) => {
				const bob = await program(server, 'bob');
				for (const text of lines) bob.say(text);
				await bob.hear(`"text":"${lines.at(-1)}"`);
			};
			await say(said.slice(0, 150));
			const ada = await browser.join(road.url, 'ada');
			await ada.has('line 149');
			road.cut();
			await server.restart();
			await say(said.slice(150));
			road.open();
			await ada.has('line 399');
			while (!(await ada.texts()).includes('line 0')) {
				const before = (await ada.texts()).length;
				await ada.run(() => { document.querySelector('#log').scrollTop = 0; });
				await ada.until(async (before) => {
					const { active } = await import('/model.js');
					if (!active.isAsking) document.querySelector('#log').scrollTop -= 1;
					return active.lines.filter(({ from }) => from).length > before;
				}, before);
			}
			assert.deepEqual(await ada.texts(), said);
		},
	},
];
