// I testi della pagina in italiano.
const reasons = { quit: 'sei uscito', lost: 'la connessione è caduta', too_slow: 'troppo lento', idle: 'nessuna risposta', stopping: 'il server si è fermato', restarting: 'il server si riavvia' };
const reason = ({ reason, by, why }) => (reason === 'kicked' || reason === 'removed' ? `sei stato ${reason === 'kicked' ? 'espulso' : 'allontanato'}${by ? ` da ${by}` : ''}${why ? `: ${why}` : ''}` : reasons[reason] ?? why);

export default {
	lang: 'it', reasons, name: 'Il tuo nome', password: 'Password', join: 'Entra', conversations: 'Conversazioni', settings: 'Impostazioni',
	rooms: 'Stanze', search: 'Cerca', people: 'Persone', close: 'Chiudi', prev: 'Precedente', next: 'Successivo', deep: 'Cerca sul server',
	log: 'Messaggi', words: 'Suggerimenti', message: 'Messaggio', send: 'Invia', filter: 'Trova una persona', down: 'Alla fine', now: 'Riprova ora', cancel: 'Annulla',
	actions: 'Azioni', retry: 'riprova', discard: 'scarta', notSent: 'non inviato', unread: 'Nuovi', removed: 'un messaggio è stato rimosso', connecting: 'Connessione …', offline: 'non c’è connessione', broke: 'la connessione è caduta prima che il server lo ricevesse',
	noServer: 'Il server non risponde, o da qui non fa entrare nessuno.', gap: 'Qui mancano dei messaggi: il server non li ha più.',
	notHere: 'Non sei più in questa conversazione.', tooLong: 'È più lungo di quanto il server accetti.', oneLine: 'Come una riga',
	topicSet: (who = 'Il server', topic) => `${who} ha scelto l’argomento: ${topic || '—'}`,
	exited: (event) => `Non sei più in questa stanza: ${reason(event)}`, ended: (event) => `È finita: ${reason(event)}.`,
	pasteLines: (count) => `Incollare ${count} righe?`, sendLines: (count) => `Invia ${count} messaggi`, stop: (count) => `Ferma: altri ${count} da inviare`,
	left: (characters, limit, bytes) => `${characters} di ${limit} caratteri · ${bytes} byte`,
	slip: (command) => `Intendevi !${command}? Non è stato detto nulla. Per dirlo, comincia con //`,
	folded: ({ came, went, renamed }) => [came && `entrati: ${came}`, went && `usciti: ${went}`, renamed && `nomi cambiati: ${renamed}`].filter(Boolean).join(', '),
	waiting: (seconds, why = 'nessuna connessione') => `Non in linea: ${why}. Nuovo tentativo tra ${seconds} s.`, unreads: (count) => `${count} non letti`, more: (count) => `e altre ${count}`,
	talk: 'Scrivi in privato', mention: 'Menziona', ignore: 'Ignora', unignore: 'Non ignorare più', whois: 'Chi è?', kick: 'Espelli', mute: 'Silenzia', unmute: 'Ridai la parola', ban: 'Bandisci',
	time: 'Per quanto', times: { '10m': '10 minuti', '1h': '1 ora', '1d': '1 giorno', permanently: 'per sempre' }, why: 'Motivo',
	delete: 'Elimina', roomName: 'Un’altra stanza', theme: 'Tema', themes: { auto: 'come il sistema', light: 'chiaro', dark: 'scuro' }, size: 'Dimensione del testo',
	sound: 'Suono quando mi nominano', notify: 'Avvisa quando mi nominano', quit: 'Lascia il server',
};
