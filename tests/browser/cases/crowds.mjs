import assert from 'node:assert/strict';
import { UNLIMITED, program, serve } from '../server.mjs';

export const cases = [
	{
		name: 'three hundred people come and go: all are listed, and their coming is one line',
		async test(browser) {
			const server = await serve(UNLIMITED);
			const ada = await browser.join(server.url, 'ada');
			const people = [];
			for (let at = 0; at < 300; at += 1) people.push(await program(server, `guest${at}`));
			await ada.shows('#count', '301');
			await ada.until(() => document.querySelectorAll('#members li').length === 301);
			await ada.shows('.fold', '300 came');
			await ada.type('#filter', 'guest29');
			await ada.until(() => document.querySelectorAll('#members li').length === 11);
			people.forEach((person) => person.leave());
			await ada.until(() => document.querySelector('#count').textContent === '1');
			await ada.shows('.fold', '300 left');
			await ada.click('.fold');
			// They leave in any order, and the end stays in view.
			await ada.until(async () => {
				const { active } = await import('/model.js');
				return [...document.querySelectorAll('.row')].at(-1).textContent.includes(active.lines.at(-1).text);
			});
			await ada.read(' left (connection lost)');
			assert.ok(await ada.run(() => document.querySelectorAll('.row').length) < 200);
		},
	},
	{
		name: 'of twenty thousand messages only those near the viewport are in the document, and scrolling is smooth',
		everywhere: true,
		async test(browser) {
			const server = await serve(UNLIMITED);
			const bot = await program(server, 'robot');
			const ada = await browser.join(server.url, 'ada');
			const words = 'the quick brown fox jumps over the lazy dog and goes on for a while '.repeat(3);
			for (let at = 0; at < 20_000; at += 1) bot.say(`${at} ${words.slice(0, (at * 37) % 200)}`.trim());
			await ada.has(`19999 ${words.slice(0, (19_999 * 37) % 200)}`.trim());
			const { frames, most, costs, first } = await ada.run(async () => {
				const { active } = await import('/model.js');
				const log = document.querySelector('#log');
				const frame = () => new Promise(requestAnimationFrame);
				const [frames, costs] = [[], []];
				let most = 0;
				for (let round = 0; round < 120; round += 1) {
					const before = performance.now();
					log.scrollTop -= round % 20 ? 120 : 20_000;
					await frame();
					const drawn = performance.now();
					void log.offsetHeight;
					costs.push(performance.now() - drawn);
					frames.push(performance.now() - before);
					most = Math.max(most, document.querySelectorAll('.row').length);
				}
				log.scrollTop = 0;
				await frame();
				await frame();
				return { frames, most, costs, first: [document.querySelector('.row').textContent.length > 0, active.lines.filter(({ from }) => from).length] };
			});
			const sorted = frames.sort((a, b) => a - b);
			const [middle, slow] = [0.5, 0.95].map((part) => Math.round(sorted[Math.floor(sorted.length * part)]));
			console.log(`      at most ${most} rows; a frame takes ${middle} ms, 95 of 100 at most ${slow} ms`);
			assert.deepEqual(first, [true, 20_000]);
			assert.ok(most < 200, `${most} rows`);
			assert.ok(middle <= 40, `${middle} ms`);
			assert.ok(costs.length === 120);
			await ada.press('Escape');
			await ada.read('19999 ');
		},
	},
	{
		name: 'who reads further up is not moved by what comes, and finds the way down',
		async test(browser) {
			const server = await serve(UNLIMITED);
			const bot = await program(server, 'robot');
			const ada = await browser.join(server.url, 'ada');
			for (let at = 0; at < 500; at += 1) bot.say(`line ${at}`);
			await ada.has('line 499');
			await ada.read('line 499');
			const top = () => ada.run(async () => {
				const log = document.querySelector('#log');
				await new Promise(requestAnimationFrame);
				await new Promise(requestAnimationFrame);
				const edge = log.getBoundingClientRect().top;
				const row = [...document.querySelectorAll('.row')].find((row) => row.getBoundingClientRect().bottom > edge);
				return [row.querySelector('.text').textContent, Math.round(row.getBoundingClientRect().top)];
			});
			await ada.run(() => { document.querySelector('#log').scrollTop = 3000; });
			await ada.see('#down');
			const before = await top();
			for (let at = 500; at < 800; at += 1) bot.say(`line ${at}`);
			await ada.has('line 799');
			assert.deepEqual(await top(), before);
			await ada.click('#down');
			await ada.read('line 799');
			await ada.gone('#down');
		},
	},
];
