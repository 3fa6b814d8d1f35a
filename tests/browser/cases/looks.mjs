import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { hash, program, serve } from '../server.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

async function isAccessible(person, where) {
	await person.page.evaluate(axe);
	const { violations } = await person.run(() => window.axe.run(document, { resultTypes: ['violations'] }));
	assert.deepEqual(violations.map(({ id, nodes }) => `${where}: ${id} at ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`), []);
}

/** A room in which something goes on. */
async function lively(server) {
	const names = ['Grace', 'Linus', 'Chiara', 'Ḥasan', 'Zoë', 'Ken', 'Barbara', 'Dennis'];
	const people = Object.fromEntries(await Promise.all(names.map(async (name) => [name, await program(server, name, ['lobby'])])));
	await server.exec('topic lobby Friday game night · bring snacks');
	const talk = [
		['Grace', 'Good evening, everybody'], ['Grace', 'The table is set: https://example.org/rules has the rules.'], ['Linus', 'Perfetto. Who deals?'],
		['Chiara', 'I do! Give me two minutes …'], ['Zoë', 'Hello, Grüezi, שלום and γειά σου'], ['Ken', 'I have a long story about the last time that we played this, in which nobody remembered who had the red cards, and which ended with all of us on the floor, laughing.'],
		['Barbara', 'That was the best evening of the year.'], ['Dennis', 'It was'], ['Dennis', 'and it will be again'],
	];
	for (const [name, text] of talk) people[name].say(text, 'lobby');
	await people.Dennis.hear('and it will be again');
	return people;
}

async function fill(browser, options) {
	const server = await serve(`rooms: (listed: [(name: "kitchen", topic: "who cooks what"), (name: "music", topic: "")]), limits: (rate: None),
		plugins: [(name: "roles", settings: (accounts: [(name: "boss", role: moderator, password: "${hash('swordfish')}")]))]`);
	const people = await lively(server);
	const ada = await browser.join(server.url, 'ada', options);
	await ada.run(async () => (await import('/model.js')).join('kitchen'));
	await ada.shows('#room', '#kitchen');
	people.Linus.say('Ada, are you in? We are only waiting for you.', 'lobby');
	people.Chiara.send({ type: 'direct', to: 'ada', text: 'psst, I have the red cards' });
	await ada.until(() => document.querySelectorAll('#list .badge').length === 2);
	await ada.run(async () => {
		const model = await import('/model.js');
		model.show(model.all.find(({ name }) => name === 'lobby'));
	});
	await ada.read('are you in');
	await ada.say('Coming!');
	await ada.say('!me takes a seat');
	await ada.say('Let us begin.');
	await ada.read('Let us begin.');
	return { server, ada, people };
}

const CONTEXTS = [
	['light-1366', {}], ['dark-1366', { dark: true }], ['light-768', { width: 768, height: 1024 }],
	['light-320', { width: 320, height: 568, phone: true }], ['dark-320', { width: 320, height: 568, phone: true, dark: true }],
];

export const cases = [
	...CONTEXTS.map(([look, options]) => ({
		name: `nothing is inaccessible, and nothing sticks out: ${look}`,
		async test(browser) {
			const { server, ada } = await fill(browser, options);
			const isNarrow = (options.width ?? 1366) < 736;
			await ada.picture(`talk-${look}`);
			await isAccessible(ada, 'talk');
			assert.ok(await ada.run(() => document.documentElement.scrollWidth <= innerWidth));
			if (isNarrow) {
				await ada.click('#menu');
				await ada.picture(`rooms-${look}`);
				await isAccessible(ada, 'rooms');
			}
			await ada.click('#more');
			await ada.shows('#content', 'who cooks what');
			await ada.picture(`dialog-${look}`);
			await isAccessible(ada, 'dialog');
			await ada.press('Escape', 'Escape');
			await ada.run(() => document.querySelector('#settings').click());
			await ada.see('#theme');
			await ada.picture(`settings-${look}`);
			await isAccessible(ada, 'settings');
			await ada.press('Escape', 'Escape');
			await ada.type('#line', '!');
			await ada.see('#words');
			await ada.picture(`words-${look}`);
			await isAccessible(ada, 'words');
			await ada.type('#line', '! help');
			await ada.press('Enter');
			await ada.see('#note');
			await ada.type('#line', '!login boss swordfish');
			await ada.press('Enter');
			await ada.run(() => document.querySelector('.name').click());
			await ada.see('#popup');
			await ada.picture(`menu-${look}`);
			await isAccessible(ada, 'menu');
			await ada.press('Escape');
			await ada.say('!help');
			await ada.see('.reply table');
			await ada.run(() => document.querySelector('#look').click());
			await ada.type('#query', 'the');
			await ada.picture(`search-${look}`);
			await isAccessible(ada, 'search');
			await server.exec('kick boss no flooding, please');
			await ada.shows('#status', 'no flooding');
			await isAccessible(ada, 'kicked');
			await ada.page.reload();
			await ada.see('#join');
			await ada.picture(`gate-${look}`);
			await isAccessible(ada, 'gate');
		},
	})),
	{
		name: 'all can be done by the keyboard alone, and where the focus is can be seen',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const bob = await program(server, 'bob');
			const ada = await browser.open(server.url);
			await ada.see('#join');
			await ada.keyboard.type('ada');
			await ada.press('Enter');
			await ada.read('ada joined');
			await ada.until(() => document.activeElement.id === 'line');
			await ada.keyboard.type('typed');
			await ada.press('Enter');
			await bob.hear('typed');
			// From where one writes backwards to the log, and up to the message; its menu mentions the author.
			bob.say('over here');
			await ada.read('over here');
			await ada.chord('Shift', 'Tab');
			await ada.until(() => document.activeElement.id === 'log');
			assert.notEqual(await ada.run(() => getComputedStyle(document.activeElement).outlineStyle), 'none');
			await ada.press('ArrowUp');
			await ada.until(() => document.activeElement.textContent.includes('over here'));
			await ada.press('Enter', 'Enter');
			await ada.until(() => document.querySelector('#line').value === 'bob: ' && document.activeElement.id === 'line');
			await ada.keyboard.type('here I am');
			await ada.press('Enter');
			await bob.hear('bob: here I am');
			// To the people, by Tab, down the list, and into a private talk by the menu.
			for (let presses = 0; presses < 30 && !(await ada.run(() => Boolean(document.activeElement.closest('#members')))); presses += 1) await ada.press('Tab');
			await ada.press('End', 'Enter', 'ArrowDown', 'Enter');
			await ada.shows('#room', 'bob');
			await ada.chord('Alt', 'ArrowUp');
			await ada.shows('#room', '#lobby');
			await ada.chord('Control', 'k');
			await ada.see('#wanted');
			await ada.keyboard.type('attic');
			await ada.press('Enter');
			await ada.shows('#room', '#attic');
			await ada.chord('Control', 'f');
			await ada.until(() => document.activeElement.id === 'query');
			await ada.press('Escape');
			await ada.until(() => document.activeElement.id === 'line');
		},
	},
	{
		name: 'on a phone the rooms and the people are drawers, and what is typed stands above the keyboard',
		async test(browser) {
			const server = await serve();
			const bob = await program(server, 'bob');
			const ada = await browser.join(server.url, 'ada', { width: 320, height: 568, phone: true });
			assert.ok(!(await ada.run(() => document.querySelector('#side').checkVisibility({ visibilityProperty: true }))));
			await ada.click('#menu');
			await ada.click('#list button');
			await ada.gone('#side');
			await ada.click('#who');
			await ada.click('#members button[aria-label=bob]');
			await ada.see('#popup');
			await ada.click('#popup button');
			await ada.until(() => document.querySelector('#line').value === 'bob: ');
			// The keyboard takes the lower half.
			await ada.page.setViewport({ width: 320, height: 290, isMobile: true, hasTouch: true });
			await ada.until(() => document.querySelector('#compose').getBoundingClientRect().bottom <= visualViewport.height + 1 && document.querySelector('#app').offsetHeight <= 291);
			await ada.keyboard.type('from a phone');
			await ada.click('#compose .main');
			await bob.hear('from a phone');
			await ada.read('from a phone');
		},
	},
	{
		name: 'the theme, the size of the text and the people are as they were chosen, also next time',
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			await ada.click('#settings');
			await ada.page.select('#theme', 'dark');
			await ada.page.select('#size', '20');
			await ada.press('Escape');
			await ada.click('#who');
			await ada.gone('#people');
			await ada.page.reload();
			await ada.see('.row');
			const [theme, size] = await ada.run(() => [document.documentElement.dataset.theme, document.documentElement.style.fontSize]);
			assert.deepEqual([theme, size], ['dark', '20px']);
			assert.equal(await ada.run(() => getComputedStyle(document.querySelector('#people')).display), 'none');
		},
	},
	{
		name: 'without JavaScript, modules or WebSocket a sentence says what is needed',
		async test(browser) {
			const server = await serve();
			const prepare = (page) => page.setJavaScriptEnabled(false);
			const ada = await browser.open(server.url, { prepare });
			await ada.see('#old');
			assert.equal(await ada.page.$eval('#old', ({ textContent }) => /WebSocket/.test(textContent)), true);
		},
	},
];
