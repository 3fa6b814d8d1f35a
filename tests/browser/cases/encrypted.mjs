// The page over TLS, on the port of the server.
import assert from 'node:assert/strict';
import { plain, serve } from '../server.mjs';

export const cases = [
	{
		name: 'a page that came encrypted talks encrypted, beside others who do not',
		everywhere: true,
		async test(browser) {
			const server = await serve('plugins: [(name: "tls")]');
			const bob = await plain(server, 'bob');
			const ada = await browser.join(server.url.replace('http:', 'https:'), 'ada');
			assert.equal(await ada.run(() => location.protocol), 'https:');
			const users = (await server.exec('users')).split('\n');
			const shown = (name) => users.find((line) => line.startsWith(name));
			assert.match(shown('ada'), /\(encrypted\)/);
			assert.doesNotMatch(shown('bob'), /encrypted/);
			bob.say('hello, ada');
			await ada.read('hello, ada');
			await ada.say('hello, bob');
			await bob.hear('ada: hello, bob');
		},
	},
];
