// The browsers, and what a person does in one. Each person has a profile of their own.
import { mkdirSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import { TIMEOUT } from './server.mjs';

export const PICTURES = 'target/browser';
mkdirSync(PICTURES, { recursive: true });
const browsers = {};
const FLAGS = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
	'--disable-sync', '--lang=en-US'];

async function launch(name, options) {
	browsers[name] ??= await puppeteer.launch({ browser: name, headless: true, acceptInsecureCerts: true, ...options });
	const people = [];
	return {
		name,
		isFirefox: name === 'firefox',
		async open(url, options = {}) {
			const person = await Person.open(browsers[name], name, url, options);
			people.push(person);
			return person;
		},
		/** Opens the page and joins. */
		async join(url, name, options) {
			const person = await this.open(url, options);
			await person.join(name, options?.password);
			await person.see('.row');
			return person;
		},
		async transcript() {
			return (await Promise.all(people.map((person) => person.transcript().catch((error) => error.message)))).join('\n');
		},
		leave: () => Promise.all(people.map(({ context }) => context.close().catch(() => {}))),
	};
}

// Without a folder named, each start has a new and empty profile.
export const chromium = () => launch('chrome', { executablePath: '/usr/bin/chromium', args: FLAGS });
export const firefox = () => launch('firefox', { executablePath: '/usr/bin/firefox-esr', extraPrefsFirefox: { 'intl.accept_languages': 'en' } });
export const closeBrowsers = () => Promise.all(Object.values(browsers).map((browser) => browser.close()));

class Person {
	problems = [];

	static async open(browser, browserName, url, { width = 1366, height = 768, phone = false, dark = false, language = 'en', prepare } = {}) {
		const person = new Person();
		person.context = await browser.createBrowserContext();
		const page = await person.context.newPage();
		Object.assign(person, { page, keyboard: page.keyboard, isFirefox: browserName === 'firefox' });
		page.setDefaultTimeout(TIMEOUT);
		page.on('pageerror', (error) => person.problems.push(error.stack ?? String(error)));
		page.on('console', (message) => ['error', 'warn'].includes(message.type()) && person.problems.push(message.text()));
		await page.setViewport({ width, height, ...(phone ? { isMobile: true, hasTouch: true, deviceScaleFactor: 2 } : {}) });
		if (browserName === 'chrome') {
			const session = await page.createCDPSession();
			await session.send('Emulation.setFocusEmulationEnabled', { enabled: true });
			await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }, { name: 'prefers-reduced-motion', value: 'reduce' }]);
			await page.evaluateOnNewDocument((language) => Object.defineProperty(navigator, 'languages', { value: [language] }), language);
		}
		await prepare?.(page);
		await page.goto(url);
		return person;
	}

	async join(name, password) {
		await this.see('#join');
		await this.type('#name', name);
		if (password) await this.type('#password', password);
		await this.keyboard.press('Enter');
	}

	/** Waits until something can be seen. */
	see = (selector) => this.page.waitForSelector(selector, { visible: true });

	gone = (selector) => this.page.waitForSelector(selector, { hidden: true });

	async click(selector) {
		await this.front();
		await (await this.see(selector)).click();
	}

	/** Firefox has one window in front, also where nobody sees it. */
	front = () => (this.isFirefox ? this.page.bringToFront() : undefined);

	/** Types a text in the place of what stands there. */
	async type(selector, text) {
		await this.front();
		await this.see(selector);
		await this.page.$eval(selector, (field) => { field.focus(); field.select(); });
		await this.keyboard.type(text);
	}

	async say(text) {
		await this.type('#line', text);
		await this.keyboard.press('Enter');
	}

	/** Waits until a row shows this text, confirmed by the server. */
	read = (text) => this.until((text) => [...document.querySelectorAll('.row:not(.pending)')].some((row) => row.textContent.includes(text)), text);

	/** Waits until an element has this text. */
	shows = (selector, text) => this.until((selector, text) => document.querySelector(selector)?.textContent.includes(text), selector, text);

	until = (check, ...values) => this.page.waitForFunction(check, { polling: 50 }, ...values);

	run = (act, ...values) => this.page.evaluate(act, ...values);

	/** All texts of the conversation in front that people said, whether they are drawn or not. */
	texts = () => this.run(async () => (await import('/model.js')).active.lines.filter((line) => line.from).map((line) => line.text));

	/** Waits until one of these stands in the conversation in front, drawn or not. */
	has = (text) => this.until(async (text) => (await import('/model.js')).active.lines.some((line) => line.text === text), text);

	press = (...keys) => keys.reduce((before, key) => before.then(() => this.keyboard.press(key)), Promise.resolve());

	async chord(modifier, key) {
		await this.keyboard.down(modifier);
		await this.keyboard.press(key);
		await this.keyboard.up(modifier);
	}

	picture = (name) => this.page.screenshot({ path: `${PICTURES}/${name}.png` });

	async transcript() {
		const text = await this.run(() => document.body.innerText);
		return `--- ${this.page.url()}\n${text.slice(-3000)}\n${this.problems.join('\n')}`;
	}
}
