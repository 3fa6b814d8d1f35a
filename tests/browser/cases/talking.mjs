import assert from 'node:assert/strict';
import { UNLIMITED, program, serve } from '../server.mjs';

export const cases = [
	{
		name: 'private messages are a conversation of their own, with what was not read counted there and in the title',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			const bob = await browser.join(server.url, 'bob');
			await bob.click('#members button[aria-label="ada"]');
			await bob.click('#popup [role=menuitem]:nth-child(2)');
			await bob.shows('#room', 'ada');
			await bob.say('only for you');
			await bob.read('only for you');
			await ada.shows('#list .named', '1');
			await ada.until(() => document.title.startsWith('(1)'));
			await ada.click('#list button[aria-label^="bob"]');
			await ada.read('only for you');
			await ada.say('an answer');
			await bob.read('an answer');
			await ada.until(() => !document.querySelector('#list .badge') && !document.title.startsWith('('));
		},
	},
	{
		name: 'who is named is told so, and finds where the unread lines begin',
		async test(browser) {
			const server = await serve();
			const bot = await program(server, 'robot', ['lobby']);
			const ada = await browser.join(server.url, 'ada');
			await ada.run(async () => (await import('/model.js')).join('attic'));
			await ada.shows('#room', '#attic');
			for (const text of ['first', 'canada and adam', 'Ada, are you there?', 'last']) bot.say(text, 'lobby');
			await ada.shows('#list .badge.named', '4');
			await ada.click('#list button[aria-label^="#lobby"]');
			await ada.see('.row.mention mark.me');
			assert.equal(await ada.run(() => document.querySelectorAll('.row.mention').length), 1);
			assert.match(await ada.run(() => document.querySelector('.line.new').closest('.row').textContent), /first/);
			await ada.say('yes');
			await ada.read('yes');
			await ada.gone('.line.new');
		},
	},
	{
		name: 'who looks elsewhere is notified of a mention, by a sound too, and counts in the title, where that was asked for',
		async test(browser) {
			const server = await serve();
			const bot = await program(server, 'robot');
			const prepare = (page) => page.evaluateOnNewDocument(() => {
				Object.assign(window, { isAway: false, told: [], sounds: 0 });
				Object.defineProperty(document, 'hidden', { get: () => window.isAway });
				window.Notification = class {
					constructor(title, { body }) { window.told.push([title, body]); }
					static requestPermission = async () => 'granted';
				};
				const { start } = OscillatorNode.prototype;
				OscillatorNode.prototype.start = function count(...values) { window.sounds += 1; return start.apply(this, values); };
			});
			const ada = await browser.join(server.url, 'ada', { prepare });
			const away = (isAway) => ada.run((isAway) => {
				window.isAway = isAway;
				document.dispatchEvent(new Event('visibilitychange'));
			}, isAway);
			await away(true);
			bot.say('Ada, not yet');
			await ada.until(() => document.title.startsWith('(1) #lobby'));
			await away(false);
			await ada.until(() => document.title.startsWith('#lobby'));
			await ada.click('#settings');
			await ada.click('#notify');
			await ada.click('#sound');
			await ada.until(() => window.sounds === 1);
			await ada.press('Escape');
			await away(true);
			bot.say('nothing for anybody');
			bot.say('Ada, come here');
			await ada.until(() => document.title.startsWith('(2) #lobby'));
			assert.deepEqual(await ada.run(() => [window.told, window.sounds]), [[['robot · #lobby', 'Ada, come here']], 2]);
		},
	},
	{
		name: 'commands are completed from the list of the server, their answers are shown, and a slip is asked about',
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			await ada.type('#line', '/he');
			await ada.see('#words [aria-selected=true]');
			await ada.press('Tab', 'Enter');
			await ada.see('.reply table');
			await ada.say('!me waves');
			await ada.see('.row.act');
			await ada.say('! help');
			await ada.shows('#note', '!help');
			assert.deepEqual(await ada.texts(), ['waves']);
			await ada.say('!nick countess');
			await ada.shows('#me', 'countess');
		},
	},
	{
		name: 'what a typed line means is what it means in every other client',
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			const meant = [
				['!help', 'run help'], ['/help', 'run help'], ['  !Help me', 'run Help me'], ['/nothing known', 'run nothing known'], ['!important', 'run important'],
				['/?', 'run ?'], ['\u200b!help', 'run help'], ['! help', 'slip help'], ['!!help', 'slip help'], ['！help', 'slip help'], ['\\help', 'slip help'],
				['!!!', 'say'], ['!?', 'say'], ['/ 2', 'say'], ['/path/to/file', 'say'], ['//!help', 'say'], ['// help', 'say'], ['! wow', 'say'], ['hello', 'say'], ['', 'say'],
			];
			const read = await ada.run(async (lines) => {
				const [{ read }, { self }] = await Promise.all([import('/commands.js'), import('/model.js')]);
				return lines.map((line) => Object.entries(read(self.commands, line)).flat().join(' ') || 'say');
			}, meant.map(([line]) => line));
			assert.deepEqual(meant.map(([line], at) => [line, read[at]]), meant);
		},
	},
	{
		name: 'names are completed, the last to speak first, and what was sent comes back',
		async test(browser) {
			const server = await serve();
			await program(server, 'bert');
			const bob = await program(server, 'bob');
			const ada = await browser.join(server.url, 'ada');
			bob.say('hello');
			await ada.read('hello');
			await ada.type('#line', 'b');
			await ada.press('Tab', 'Tab');
			assert.equal(await ada.run(() => document.querySelector('#line').value), 'bob: ');
			await ada.keyboard.type('hi');
			await ada.press('Enter');
			await ada.read('bob: hi');
			await ada.press('ArrowUp');
			assert.equal(await ada.run(() => document.querySelector('#line').value), 'bob: hi');
			await ada.press('ArrowDown');
			assert.equal(await ada.run(() => document.querySelector('#line').value), '');
		},
	},
	{
		name: 'several pasted lines are asked about, and then said in order, none missing',
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			const lines = Array.from({ length: 5 }, (_, at) => `line ${at}`);
			const paste = (text) => ada.run((text) => {
				const data = new DataTransfer();
				data.setData('text/plain', text);
				document.querySelector('#line').dispatchEvent(new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }));
			}, text);
			await paste(lines.join('\n'));
			await ada.shows('#heading', '5');
			await ada.press('Enter');
			await ada.has('line 4');
			assert.deepEqual(await ada.texts(), lines);
			// What goes on for a while can be stopped.
			await paste(Array.from({ length: 100 }, (_, at) => `more ${at}`).join('\n'));
			await ada.press('Enter');
			await ada.has('more 1');
			await ada.shows('#stop', 'more to send');
			await ada.click('#stop');
			await ada.gone('#stop');
			const said = await ada.texts();
			await ada.say('enough');
			await ada.has('enough');
			assert.ok((await ada.texts()).length <= said.length + 2);
			await paste('one\r\ntwo');
			await ada.click('#actions button[value=join]');
			await ada.until(() => document.querySelector('#line').value === 'one two');
		},
	},
	{
		name: 'near the bound characters and bytes are counted, and what is too long is not sent',
		async test(browser) {
			const server = await serve();
			const ada = await browser.join(server.url, 'ada');
			const put = (text) => ada.run((text) => {
				document.querySelector('#line').value = text;
				document.querySelector('#line').dispatchEvent(new Event('input'));
				document.querySelector('#line').focus();
			}, text);
			await put('é'.repeat(1900));
			await ada.shows('#left', '1900 of 2000 characters · 3800 bytes');
			await put('é'.repeat(2001));
			await ada.see('#left.over');
			await ada.press('Enter');
			await ada.see('#note');
			await put('é'.repeat(2000));
			await ada.press('Enter');
			await ada.has('é'.repeat(2000));
			assert.equal((await ada.texts()).length, 1);
		},
	},
	{
		name: 'what the server refuses says so, and can be sent again or thrown away',
		async test(browser) {
			const server = await serve();
			const bob = await program(server, 'bob');
			const ada = await browser.join(server.url, 'ada');
			await ada.run(async () => (await import('/model.js')).talk('bob'));
			bob.leave();
			await ada.until(async () => (await import('/model.js')).all.find(({ name }) => name === 'lobby').count === 1);
			await ada.say('are you there');
			await ada.shows('.row.failed .why', 'not sent');
			await program(server, 'bob').then((bob) => Object.assign(server, { bob }));
			await ada.click('.why button');
			await ada.read('are you there');
			await server.bob.hear('are you there');
			await ada.gone('.row.failed');
		},
	},
	{
		name: 'what is searched for is found among what is loaded, the last first',
		async test(browser) {
			const server = await serve(UNLIMITED);
			const bot = await program(server, 'robot');
			const ada = await browser.join(server.url, 'ada');
			for (let at = 0; at < 300; at += 1) bot.say(at % 100 === 50 ? `a needle ${at}` : `hay ${at}`);
			await ada.has('hay 299');
			await ada.chord('Control', 'f');
			await ada.type('#query', 'NEEDLE');
			await ada.shows('#hits', '3/3');
			await ada.shows('.row.hit mark.found', 'needle');
			await ada.press('Enter');
			await ada.shows('#hits', '1/3');
			await ada.shows('.row.hit', 'a needle 50');
			await ada.press('Escape');
			await ada.gone('#find');
			await ada.read('hay 299');
		},
	},
	{
		name: 'a link opens nothing but the web, and does not tell where it was clicked',
		everywhere: true,
		async test(browser) {
			const server = await serve();
			const bot = await program(server, 'robot');
			const ada = await browser.join(server.url, 'ada');
			bot.say('see (https://example.org/a?b=1), javascript:alert(1) and data:text/html,x');
			await ada.read('javascript:alert(1)');
			const links = await ada.run(() => [...document.querySelectorAll('#log a')].map(({ href, rel, target }) => [href, rel, target]));
			assert.deepEqual(links, [['https://example.org/a?b=1', 'noopener noreferrer', '_blank']]);
		},
	},
];
