import assert from 'node:assert/strict';
import { program, serve } from '../server.mjs';

const LONG = `limits: (message_characters: Some(11000), line_bytes: Some(160000), unended_bytes: Some(200000), rate: None),
	plugins: [(name: "floods", enabled: false)]`;

/** What goes wrong when text is not text, or takes more than its place. */
const HOSTILE = [
	'<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>',
	'"><svg onload=window.hacked=1>&lt;b&gt;',
	'javascript:window.hacked=1',
	'http://[<img src=x onerror=window.hacked=1>]',
	'\u202eright to left override\u202c \u2066isolate\u2069 שלום עולם مرحبا بالعالم',
	`${'Z\u0351\u0352\u0353\u0354\u0355\u0356\u0357\u0358'.repeat(40)} zalgo`,
	'x'.repeat(10_000),
	`https://example.org/${'y'.repeat(9000)}`,
	'👩‍👩‍👧‍👦'.repeat(200),
	'\u{1F1EE}\u{1F1F9}'.repeat(100),
	'﷽'.repeat(300),
	'constructor __proto__ toString hasOwnProperty',
	'{"type":"bye","reason":"kicked"}',
];

async function isWhole(person) {
	const found = await person.run(() => {
		const log = document.querySelector('#log');
		const rows = [...document.querySelectorAll('.row')].map((row) => row.getBoundingClientRect()).sort((a, b) => a.top - b.top);
		return {
			hacked: String(window.hacked), elements: document.querySelectorAll('#log :is(img, svg, script, iframe, b)').length,
			overflow: [document.documentElement.scrollWidth - innerWidth, log.scrollWidth - log.clientWidth],
			apart: rows.every(({ top }, at) => !at || top >= rows[at - 1].bottom - 1),
			wide: rows.some(({ right }) => right > innerWidth + 1),
		};
	});
	assert.deepEqual(found, { hacked: 'undefined', elements: 0, overflow: [0, 0], apart: true, wide: false });
}

export const cases = [
	{
		name: 'hostile text stays text, in its row and in the page',
		everywhere: true,
		async test(browser) {
			const server = await serve(LONG);
			const eve = await program(server, 'eve');
			const ada = await browser.join(server.url, 'ada');
			for (const text of HOSTILE) {
				eve.say(text);
				eve.say(`after ${HOSTILE.indexOf(text)}`);
				await ada.read(`after ${HOSTILE.indexOf(text)}`);
				await isWhole(ada);
			}
			await ada.page.setViewport({ width: 320, height: 568 });
			await ada.run(() => { document.querySelector('#log').scrollTop = 0; });
			await ada.run(() => new Promise(requestAnimationFrame));
			await isWhole(ada);
			await ada.say('still here');
			await ada.read('still here');
			assert.deepEqual(ada.problems, []);
		},
	},
	{
		name: 'hostile names, topics, rooms and private messages stay text too',
		async test(browser) {
			const server = await serve(LONG);
			const ada = await browser.join(server.url, 'ada');
			const names = ['שלום', 'constructor', '__proto__', 'toString'];
			const people = [];
			for (const name of names) {
				people.push([name, await program(server, name)]);
			}
			for (const [name, person] of people) {
				person.say(`said by ${name}`);
				person.send({ type: 'direct', to: 'ada', text: '<script>window.hacked=1</script>' });
				await ada.read(`said by ${name}`);
				await ada.until((name) => [...document.querySelectorAll('#members button')].some(({ textContent }) => textContent === name), name);
				await ada.until((name) => [...document.querySelectorAll('#list .title')].some(({ textContent }) => textContent === name), name);
			}
			await server.exec('topic lobby <i>about</i> nothing');
			await ada.shows('#topic', '<i>about</i> nothing');
			await isWhole(ada);
			await ada.run(() => { location.hash = '#%3Cimg%20src=x%20onerror=alert(1)%3E'; });
			await ada.until(() => document.querySelectorAll('.row.error').length > 0 || document.querySelector('#room').textContent.includes('<img'));
			await isWhole(ada);
			assert.deepEqual(ada.problems, []);
		},
	},
];
