import assert from 'node:assert/strict';
import { hash, plain, program, serve } from '../server.mjs';

export const cases = [
	{
		name: 'a browser, another one, nc and a program talk in one room',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			const bob = await browser.join(server.url, 'bob');
			const nc = await plain(server, 'nick');
			const bot = await program(server, 'robot');
			await ada.say('hello from ada');
			for (const person of [ada, bob]) await person.read('hello from ada');
			await nc.hear('ada: hello from ada');
			await bot.hear('"text":"hello from ada"');
			nc.say('hello from nc');
			bot.say('hello from a program');
			await bob.say('hello from bob');
			for (const person of [ada, bob]) for (const text of ['hello from nc', 'hello from a program', 'hello from bob']) await person.read(text);
			await ada.shows('#count', '4');
			assert.deepEqual([...ada.problems, ...bob.problems], []);
		},
	},
	{
		name: 'a name that is taken is said so and another one is let in, and the name is remembered',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			await program(server, 'ada');
			const person = await browser.open(server.url);
			await person.join('ada');
			await person.shows('#refusal', 'ada');
			await person.type('#name', 'grace');
			await person.press('Enter');
			await person.read('grace joined');
			await person.shows('#me', 'grace');
			assert.equal(await person.run(() => JSON.parse(localStorage.salotto).name), 'grace');
		},
	},
	{
		name: 'a name with a space comes back as one without, and one more Enter is enough',
		async test(browser) {
			const server = await serve();
			const person = await browser.open(server.url);
			await person.join('Maria Rossi');
			await person.until(() => document.querySelector('#name').value === 'Maria_Rossi');
			await person.press('Enter');
			await person.read('Maria_Rossi joined');
		},
	},
	{
		name: 'of two who take one name at the same time one is in, and the other takes another',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const people = [await browser.open(server.url), await browser.open(server.url)];
			for (const person of people) await person.see('#join');
			await Promise.all(people.map((person) => person.run(() => {
				document.querySelector('#name').value = 'maria';
				document.querySelector('#join').requestSubmit();
			})));
			await Promise.all(people.map((person) => person.until(() => document.querySelector('#gate').hidden || document.querySelector('#refusal').textContent.includes('taken'))));
			const areIn = await Promise.all(people.map((person) => person.run(() => document.querySelector('#gate').hidden)));
			assert.deepEqual([...areIn].sort(), [false, true]);
			const second = people[areIn.indexOf(false)];
			await second.type('#name', 'luca');
			await second.press('Enter');
			await second.read('luca joined');
		},
	},
	{
		name: 'who comes for a locked room is told so, and offered the others',
		async test(browser) {
			const server = await serve();
			await server.exec('open attic', 'lock attic');
			const person = await browser.open(`${server.url}#attic`);
			await person.join('ada');
			await person.shows('#log', 'attic` is locked');
			await person.click('#content button[value="#lobby"]');
			await person.shows('#room', '#lobby');
			await person.say('here then');
			await person.read('here then');
		},
	},
	{
		name: 'a server with a password asks for it, says that one is wrong, and keeps none in the browser',
		everywhere: true,
		async test(browser) {
			const server = await serve(`server: (password: Some("${hash('open sesame')}"))`);
			const person = await browser.open(server.url);
			await person.join('ada');
			await person.type('#password', 'guess');
			await person.press('Enter');
			await person.until(() => document.querySelector('#refusal').textContent !== '');
			await person.type('#password', 'open sesame');
			await person.press('Enter');
			await person.read('ada joined');
			assert.ok(!(await person.run(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).includes('sesame'));
		},
	},
	{
		name: 'a name that belongs to an account is let in by its password, also when the connection was lost',
		async test(browser) {
			const server = await serve(`plugins: [(name: "roles", settings: (accounts: [(name: "ada", role: moderator, password: "${hash('two words')}")]))]`);
			const person = await browser.open(`${server.url}#garden`);
			await person.join('ada');
			await person.shows('#refusal', 'reserved');
			await person.type('#password', 'two words');
			await person.press('Enter');
			await person.shows('#room', '#garden');
			await person.say('said');
			await person.read('said');
			await server.restart();
			await person.see('#status');
			await person.gone('#status');
			await person.until(async () => (await import('/model.js')).active.joined);
			await person.say('said again');
			await person.read('said again');
			assert.deepEqual(await person.texts(), ['said', 'said again']);
		},
	},
	{
		name: 'the room stands in the address, and follows the one that is shown',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const person = await browser.join(`${server.url}#garden`, 'ada');
			await person.shows('#room', '#garden');
			await person.run(() => { location.hash = '#kitchen'; });
			await person.shows('#room', '#kitchen');
			await person.chord('Alt', 'ArrowUp');
			await person.until(() => location.hash === '#garden');
			assert.equal(await person.run(() => document.title), '#garden – Salotto');
		},
	},
	{
		name: 'the rooms of the server are listed, and one is entered from the list or by its name',
		async test(browser) {
			const server = await serve('rooms: (listed: [(name: "dev", topic: "what we build")])');
			const person = await browser.join(server.url, 'ada');
			await person.click('#more');
			await person.shows('#content', 'what we build');
			await person.click('#content button[value="#dev"]');
			await person.shows('#room', '#dev');
			await person.shows('#topic', 'what we build');
			await person.click('#more');
			await person.shows('#content', 'what we build');
			await person.type('#wanted', 'attic');
			await person.press('Enter');
			await person.shows('#room', '#attic');
			await person.click('#leave');
			await person.until(() => !document.querySelector('#list').textContent.includes('attic'));
		},
	},
	{
		name: 'a page that is loaded anew is in again at once, in its rooms and without a second copy of itself',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			await program(server, 'robot', ['garden']);
			const person = await browser.join(`${server.url}#garden`, 'ada');
			await person.say('before');
			await person.read('before');
			await person.page.reload();
			await person.read('before');
			await person.shows('#room', '#garden');
			await person.say('after');
			await person.read('after');
			assert.deepEqual(await person.texts(), ['before', 'after']);
			assert.deepEqual(person.problems, []);
		},
	},
	{
		name: 'a browser that prefers Italian is spoken to in Italian',
		async test(browser) {
			const server = await serve();
			const person = await browser.open(server.url, { language: 'it-IT' });
			await person.shows('#join', 'Il tuo nome');
			await person.join('ada');
			await person.see('#line[aria-label="Messaggio"]');
			assert.equal(await person.run(() => document.documentElement.lang), 'it');
		},
	},
	{
		name: 'both languages have the same texts',
		async test(browser) {
			const server = await serve();
			const person = await browser.open(server.url);
			const [english, italian] = await person.run(() => Promise.all(['en', 'it'].map(async (one) => {
				const describe = (texts) => Object.entries(texts).map(([key, text]) => [key, typeof text === 'object' ? describe(text) : typeof text]);
				return JSON.stringify(describe((await import(`/${one}.js`)).default));
			})));
			assert.equal(english, italian);
		},
	},
];
