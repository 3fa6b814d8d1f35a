// I testi della pagina in italiano.
const many = (count, one, more) => `${count} ${count === 1 ? one : more}`;
const reasons = { quit: 'sei uscito', lost: 'la connessione è caduta', too_slow: 'troppo lento', idle: 'nessuna risposta', stopping: 'il server si è fermato' };
const reason = ({ reason, by, why }) => (reason === 'kicked' ? `sei stato espulso${by ? ` da ${by}` : ''}${why ? `: ${why}` : ''}` : reasons[reason] ?? why);

export default {
	lang: 'it', reasons, name: 'Il tuo nome', password: 'Password', join: 'Entra', conversations: 'Conversazioni', settings: 'Impostazioni',
	rooms: 'Stanze', search: 'Cerca', people: 'Persone', close: 'Chiudi', prev: 'Precedente', next: 'Successivo', deep: 'Cerca sul server',
	log: 'Messaggi', words: 'Suggerimenti', message: 'Messaggio', send: 'Invia', filter: 'Trova una persona', down: 'Alla fine', now: 'Riprova ora', cancel: 'Annulla',
	actions: 'Azioni', retry: 'riprova', discard: 'scarta', notSent: 'non inviato', unread: 'Nuovi', removed: 'un messaggio è stato rimosso', connecting: 'Connessione …', offline: 'non c’è connessione', broke: 'la connessione è caduta prima che il server lo ricevesse',
	noServer: 'Il server non risponde, o da qui non fa entrare nessuno.', gap: 'Qui mancano dei messaggi: il server non li ha più.',
	notHere: 'Non sei più in questa conversazione.', tooLong: 'È più lungo di quanto il server accetti.', oneLine: 'Come una riga',
	topicSet: (who = 'Il server', topic) => `${who} ha scelto l’argomento: ${topic || '—'}`,
	exited: (event) => `Non sei più in questa stanza: ${reason(event)}`, ended: (event) => `È finita: ${reason(event)}.`,
	pasteLines: (count) => `Incollare ${count} righe?`, sendLines: (count) => `Invia ${count} messaggi`,
	left: (characters, limit, bytes) => `${characters} di ${limit} caratteri · ${bytes} byte`,
	slip: (command) => `Intendevi !${command}? Non è stato detto nulla. Per dirlo, comincia con //`,
	folded: ({ came, went, renamed }) => [came && many(came, 'entrata', 'entrate'), went && many(went, 'uscita', 'uscite'), renamed && many(renamed, 'nome cambiato', 'nomi cambiati')].filter(Boolean).join(', '),
	waiting: (seconds, why = 'nessuna connessione') => `Non in linea: ${why}. Nuovo tentativo tra ${many(seconds, 'secondo', 'secondi')}.`, unreads: (count) => `${count} non letti`, more: (count) => `e altre ${count}`,
	talk: 'Scrivi in privato', mention: 'Menziona', ignore: 'Ignora', unignore: 'Non ignorare più', whois: 'Chi è?', kick: 'Espelli', mute: 'Silenzia', ban: 'Bandisci',
	delete: 'Elimina', roomName: 'Un’altra stanza', theme: 'Tema', themes: { auto: 'come il sistema', light: 'chiaro', dark: 'scuro' }, size: 'Dimensione del testo',
	sound: 'Suono quando mi nominano', notify: 'Avvisa quando mi nominano', quit: 'Lascia il server',
};
