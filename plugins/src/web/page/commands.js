// What a typed line means, and what may complete it, by the list of commands that the server sends.
import { fold } from './text.js';

const words = (line) => line.split(/\s+/).filter(Boolean);
const paths = ({ path, aliases = [] }) => [path, ...aliases].map((one) => one.split(' '));
const isSecret = ({ args = [] }) => args.some(({ kind }) => kind === 'secret');

/** The command that a line begins with, the longest path first, and what follows: `[command, rest]`. */
export function find(commands, line) {
	const typed = words(line);
	let best = [null, line, 0];
	for (const command of commands) {
		for (const path of paths(command)) {
			const fits = path.length > best[2] && path.every((word, at) => word === fold(typed[at] ?? ''));
			if (fits) best = [command, typed.slice(path.length).join(' '), path.length];
		}
	}
	return best;
}

/** `{run}`: a command without its mark; `{slip}`: it looks like one and is none; `{}`: it is said. The server says more of what may hold a password. */
export function read(commands, line) {
	const [, mark, gap, rest] = /^[\s\p{C}]*([!/\\！／]+)([\s\p{C}]*)(.*)$/u.exec(line) ?? [];
	if (!mark || mark.startsWith('//')) return {};
	const [command] = find(commands, rest);
	if (mark.length > 1 || gap || !/[!/]/.test(mark)) return command ? { slip: command.path } : {};
	const isCalled = /^\p{L}/u.test(rest) && !(mark === '/' && /^\S*\//.test(rest));
	return isCalled || (mark === '/' && command) ? { run: rest } : {};
}

/** Whether a line holds what nobody should see or keep. */
export function holdsSecret(commands, line) {
	const [command, rest] = find(commands.filter(isSecret), line.replace(/^[\p{P}\p{S}\s\p{C}]+/u, ''));
	return Boolean(command && rest);
}

/** What can stand in place of the end of `before`: `[from, [[word, insert, note]]]`. `live(kind)` has the names there are. */
export function complete(commands, before, live) {
	const word = /[^\s@]*$/u.exec(before)[0];
	const typed = /^[!/](.*)$/u.exec(before);
	const from = before.length - (typed && !/\s/.test(before) ? word.length - 1 : word.length);
	const found = typed ? ofCommands(commands, typed[1], live)
		: live('member').map((name) => [name, name + (from - (before[from - 1] === '@') ? ' ' : ': ')]);
	const begun = fold(before.slice(from));
	return [from, found.filter(([word]) => fold(word).startsWith(begun)).slice(0, 8)];
}

function ofCommands(commands, typed, live) {
	const [word] = /\S*$/.exec(typed);
	const earlier = words(typed.slice(0, typed.length - word.length));
	const found = new Map();
	for (const command of commands) {
		const { args = [], help } = command;
		const note = [...args.map(usage), `— ${help}`].join(' ');
		const begins = (path) => path[earlier.length]?.startsWith(fold(word)) && earlier.every((word, at) => path[at] === fold(word));
		// An alias is offered to who has begun to type it, not beside the path.
		const path = paths(command).find(begins);
		if (path) found.set(path[earlier.length], path[earlier.length + 1] ? '' : note);
		const [called, rest] = find([command], earlier.join(' '));
		const kind = called && args[words(rest).length]?.kind;
		for (const word of kind?.choice ?? (kind === 'command' ? commands.map(({ path }) => path) : kind ? live(kind) : [])) found.set(word, '');
	}
	return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([word, note]) => [word, `${word} `, note]);
}

function usage({ name, kind, optional }) {
	const word = kind.choice?.join('|') ?? name.toUpperCase();
	return optional ? `[${word}]` : word;
}
