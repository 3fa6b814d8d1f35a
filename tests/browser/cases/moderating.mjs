import assert from 'node:assert/strict';
import { hash, program, serve } from '../server.mjs';

const roles = (password) => `plugins: [(name: "roles", settings: (accounts: [(name: "ada", role: moderator, password: "${hash(password)}")]))]`;
const menu = (person) => person.run(() => [...document.querySelectorAll('#popup button')].map(({ textContent }) => textContent));

export const cases = [
	{
		name: 'who is kicked is told by whom and why, and comes back only by a click',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			await ada.run(async () => (await import('/model.js')).join('attic'));
			await ada.shows('#room', '#attic');
			await server.exec('kick ada no flooding, please');
			await ada.shows('#status', 'no flooding, please');
			await ada.shows('#status', 'kicked');
			await ada.click('#again');
			await ada.gone('#status');
			await ada.until(async () => (await import('/model.js')).all.filter(({ joined }) => joined).length === 2);
			await ada.say('back');
			await ada.read('back');
		},
	},
	{
		name: 'who is banned is told so, and is not let in again',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			await server.exec('ban ada 1h spam');
			await ada.shows('#status', 'ban');
			await ada.shows('#status', 'spam');
			await ada.click('#again');
			await ada.see('#join');
			await ada.shows('#refusal', 'ban');
			await ada.type('#name', 'grace');
			await ada.press('Enter');
			await ada.read('grace joined');
		},
	},
	{
		name: 'where nobody is let in from, a page says so, at once and when it tries again',
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			const grace = await browser.open(server.url);
			await grace.see('#join');
			await server.exec('ban 127.0.0.1 1h spam');
			await grace.join('grace');
			await grace.shows('#refusal', 'spam');
			assert.ok(await grace.run(() => document.querySelector('#locked').hidden));
			await ada.shows('#status', 'spam');
			await ada.click('#again');
			await ada.until(() => !document.querySelector('#again').hidden && document.querySelector('#status').textContent.includes('spam'));
			await server.exec('unban 127.0.0.1');
			await ada.click('#again');
			await ada.gone('#status');
		},
	},
	{
		name: 'the menu of a person has what this role may, and no more',
		async test(browser) {
			const server = await serve(roles('swordfish'));
			const eve = await program(server, 'eve');
			const ada = await browser.join(server.url, 'guest');
			eve.say('buy this');
			await ada.read('buy this');
			await ada.click('#members button[aria-label=eve]');
			assert.deepEqual(await menu(ada), ['Mention', 'Message privately', 'Ignore', 'Stop ignoring']);
			await ada.press('Escape');
			// Without its mark it is not said either: the server asks about it.
			await ada.say('login ada swordfish');
			await ada.shows('.row.failed .why', '!login');
			await ada.click('.why button:last-child');
			await ada.gone('.row.failed');
			await ada.type('#line', '!login ada swordfish');
			await ada.see('#line.secret');
			await ada.press('Enter');
			await ada.shows('#me', 'ada');
			await ada.press('ArrowUp');
			assert.equal(await ada.run(() => document.querySelector('#line').value), '');
			await ada.see('#members button[aria-label=ada]');
			await ada.click('#members button[aria-label=eve]');
			for (const item of ['Kick', 'Mute', 'Ban']) assert.ok((await menu(ada)).includes(item), item);
			await ada.run(() => [...document.querySelectorAll('#popup button')].find(({ textContent }) => textContent === 'Mute').click());
			await ada.see('#time');
			await ada.type('#why', 'calm down');
			await ada.press('Enter');
			await ada.read('eve is muted for 10m');
			eve.say('why');
			await eve.hear('calm down');
			assert.ok(!eve.heard.includes('swordfish'));
			await ada.until(() => document.querySelector('.row.reply') || document.querySelector('.row.notice'));
			await ada.run(() => [...document.querySelectorAll('.row')].find((row) => row.textContent.includes('buy this')).querySelector('.more').click());
			await ada.run(() => [...document.querySelectorAll('#popup button')].find(({ textContent }) => textContent === 'Delete').click());
			// What is about to be deleted is shown first.
			await ada.shows('#content', 'eve: buy this');
			await ada.click('#actions .main');
			await ada.see('.row.removed');
			assert.ok(!(await ada.texts()).includes('buy this'));
			await eve.hear('"type":"deleted"');
		},
	},
	{
		name: 'who is ignored is not read any more',
		async test(browser) {
			const server = await serve();
			const eve = await program(server, 'eve');
			const bob = await program(server, 'bob');
			const ada = await browser.join(server.url, 'ada');
			await ada.click('#members button[aria-label=eve]');
			await ada.click('#popup button:nth-child(3)');
			await ada.until(() => document.querySelector('.row.reply, .row.notice:last-child'));
			await ada.say('!ignore');
			await ada.read('eve');
			eve.say('can you read this');
			await bob.hear('can you read this');
			bob.say('a marker');
			await ada.read('a marker');
			assert.deepEqual(await ada.texts(), ['a marker']);
		},
	},
];
