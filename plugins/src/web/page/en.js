// The texts of the page in English.
const reasons = { quit: 'you have left', lost: 'the connection was lost', too_slow: 'too slow', idle: 'no answer', stopping: 'the server has stopped', restarting: 'the server restarts' };
const reason = ({ reason, by, why }) => (reason === 'kicked' || reason === 'removed' ? `you were ${reason}${by ? ` by ${by}` : ''}${why ? `: ${why}` : ''}` : reasons[reason] ?? why);

export default {
	lang: 'en', reasons, name: 'Your name', password: 'Password', join: 'Join', conversations: 'Conversations', settings: 'Settings',
	rooms: 'Rooms', search: 'Search', people: 'People', close: 'Close', prev: 'Previous', next: 'Next', deep: 'Search on the server',
	log: 'Messages', words: 'Suggestions', message: 'Message', send: 'Send', filter: 'Find a person', down: 'To the end', now: 'Try now', cancel: 'Cancel',
	actions: 'Actions', retry: 'retry', discard: 'discard', notSent: 'not sent', unread: 'New', removed: 'a message was removed', connecting: 'Connecting …', offline: 'there is no connection', broke: 'the connection broke before the server had it',
	noServer: 'The server cannot be reached, or lets nobody in from here.', gap: 'Some messages are missing here: the server does not have them any more.',
	notHere: 'You are not in this conversation any more.', tooLong: 'This is longer than the server takes.', oneLine: 'As one line',
	topicSet: (who = 'The server', topic) => `${who} set the topic: ${topic || '—'}`,
	exited: (event) => `You are not in this room any more: ${reason(event)}`, ended: (event) => `It is over: ${reason(event)}.`,
	pasteLines: (count) => `Paste ${count} lines?`, sendLines: (count) => `Send ${count} messages`, stop: (count) => `Stop: ${count} more to send`,
	left: (characters, limit, bytes) => `${characters} of ${limit} characters · ${bytes} bytes`,
	slip: (command) => `Did you mean !${command}? Nothing was said. To say it, begin with //`,
	folded: ({ came, went, renamed }) => [came && `${came} came`, went && `${went} left`, renamed && `${renamed} changed their name`].filter(Boolean).join(', '),
	waiting: (seconds, why = 'no connection') => `Offline: ${why}. Next try in ${seconds} s.`, unreads: (count) => `${count} unread`, more: (count) => `and ${count} more`,
	talk: 'Message privately', mention: 'Mention', ignore: 'Ignore', unignore: 'Stop ignoring', whois: 'Who is this?', kick: 'Kick', mute: 'Mute', unmute: 'Unmute', ban: 'Ban',
	time: 'How long', times: { '10m': '10 minutes', '1h': '1 hour', '1d': '1 day', permanently: 'permanently' }, why: 'Reason',
	delete: 'Delete', roomName: 'Another room', theme: 'Theme', themes: { auto: 'as the system', light: 'light', dark: 'dark' }, size: 'Text size',
	sound: 'Sound when I am named', notify: 'Notify me when I am named', quit: 'Leave the server',
};
