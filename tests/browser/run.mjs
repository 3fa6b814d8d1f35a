// Runs all cases, one after the other: they share two cores and some measure. The last line counts them.
import { chromium, closeBrowsers, firefox } from './browsers.mjs';
import { stopServers } from './server.mjs';
import * as joining from './cases/joining.mjs';
import * as talking from './cases/talking.mjs';
import * as returning from './cases/returning.mjs';
import * as moderating from './cases/moderating.mjs';
import * as crowds from './cases/crowds.mjs';
import * as hostile from './cases/hostile.mjs';
import * as looks from './cases/looks.mjs';
import * as encrypted from './cases/encrypted.mjs';
import * as files from './cases/files.mjs';
import * as together from './cases/together.mjs';

const TIMEOUT = 90_000;
const wanted = process.argv.slice(2);
const list = [joining, talking, returning, moderating, crowds, hostile, looks, files, encrypted, together].flatMap(({ cases }) => cases);
const runs = list.flatMap((one) => [
	{ ...one, in: 'chromium', browser: chromium },
	...(one.everywhere ? [{ ...one, in: 'firefox', browser: firefox }] : []),
]).filter(({ name, in: browser }) => wanted.every((word) => `${name} ${browser}`.includes(word)));

// Whether it passes; says so, and with what it failed.
async function passes({ name, in: browser, browser: launch, test }) {
	const start = performance.now();
	const opened = await launch();
	const late = new Promise((_, fail) => setTimeout(fail, TIMEOUT, new Error('it takes too long')).unref());
	let passed = true;
	try {
		await Promise.race([test(opened), late]);
		console.log(`ok    ${name} (${browser}, ${Math.round(performance.now() - start)} ms)`);
	} catch (error) {
		passed = false;
		console.log(`FAIL  ${name} (${browser})\n${error.stack}\n${await opened.transcript()}`);
	}
	await opened.leave();
	await stopServers();
	return passed;
}

let failed = 0;
for (const run of runs) {
	if (await passes(run)) continue;
	// A browser on a busy machine has moods; what fails twice is a fault.
	console.log('      tried again:');
	if (!(await passes(run))) failed += 1;
}
await closeBrowsers();
console.log(`${runs.length - failed} passed, ${failed} failed`);
process.exit(failed || !runs.length ? 1 : 0);
