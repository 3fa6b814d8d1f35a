// What builds the page. Text is only ever text.
import { parts } from './text.js';

export const $ = (id) => document.getElementById(id);
export const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** An element with properties and children; a child that is no element is text. */
export function make(tag, properties, ...children) {
	const element = document.createElement(tag);
	for (const [key, value] of Object.entries(properties ?? {})) {
		if (key in element) element[key] = value;
		else element.setAttribute(key, value);
	}
	element.append(...children.filter((child) => child));
	return element;
}

/** A text with its links, and with the own name or what was searched for marked. */
export const rich = (text, name, query) => parts(text, name, query).map(([text, link, mark]) =>
	link ? make('a', { href: link, title: link, target: '_blank', rel: 'noopener noreferrer' }, text)
		: mark ? make('mark', { className: mark }, text) : text);

/** A menu at an element; the items are `[text, act]`. Arrows move, Escape leaves. */
export function popup(anchor, label, items) {
	const menu = $('popup');
	const outside = ({ target }) => menu.contains(target) || close();
	const close = () => {
		menu.hidden = true;
		removeEventListener('pointerdown', outside, true);
	};
	menu.setAttribute('aria-label', label);
	menu.replaceChildren(...items.map(([text, act]) => make('button', { role: 'menuitem', tabIndex: -1, onclick() { close(); anchor.focus(); act(); } }, text)));
	menu.onkeydown = (event) => {
		event.stopPropagation();
		if (!/Escape|Tab/.test(event.key)) return rove(menu, event);
		event.preventDefault();
		close();
		anchor.focus();
	};
	menu.hidden = false;
	const { left, bottom, top } = anchor.getBoundingClientRect();
	const fits = bottom + menu.offsetHeight < innerHeight;
	menu.style.left = `${Math.max(8, Math.min(left, innerWidth - menu.offsetWidth - 8))}px`;
	menu.style.top = `${fits ? bottom : Math.max(8, top - menu.offsetHeight)}px`;
	addEventListener('pointerdown', outside, true);
	menu.firstChild.focus();
}

/** Moves the focus among the buttons of a list by the arrow keys. */
export function rove(list, event) {
	const buttons = [...list.querySelectorAll('button')];
	const at = buttons.indexOf(document.activeElement);
	const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
	if (to === undefined || event.altKey) return;
	buttons.at(to % buttons.length).focus();
	event.preventDefault();
}

/** Asks something; resolves to the value of the button that was pressed, or to nothing. */
export function ask(heading, content, actions) {
	const dialog = $('dialog');
	$('heading').textContent = heading;
	$('content').replaceChildren(...content);
	$('actions').replaceChildren(...actions.map(([value, text], at) => make('button', { value, className: at ? '' : 'main' }, text)));
	dialog.returnValue = '';
	dialog.showModal();
	dialog.querySelector('input, select, .main').focus();
	return new Promise((done) => { dialog.onclose = () => done(dialog.returnValue); });
}
