// websocket.js - a phone that has nothing but a WebSocket (RFC 7118), as a
// browser has.
//
// usage: node websocket.js URL USER [CALLEE]
//
// It registers USER@phones.example, whose password is "secret", and takes calls
// until it is killed; with CALLEE it calls that instead, and ends once it has
// hung up. What happens is a word a line on standard output. A caller whose
// Subject is "ring" is not answered.
'use strict';
const crypto = require('crypto');
const WebSocket = require('ws');

const [url, user, callee] = process.argv.slice(2);
const domain = 'phones.example';
const here = crypto.randomBytes(6).toString('hex') + '.invalid';
const contact = `<sip:${user}@${here};transport=ws>`;
const instance = `;+sip.instance="<urn:uuid:${crypto.randomUUID()}>";reg-id=1`;
const socket = new WebSocket(url, 'sip', { rejectUnauthorized: false });
let cseq = 0;

function say(word) {
	console.log(word);
}

function parse(octets) {
	const lines = octets.split('\r\n\r\n')[0].split('\r\n');
	const fields = lines.slice(1).map((line) => {
		const colon = line.indexOf(':');
		return [line.slice(0, colon).trim().toLowerCase(),
		    line.slice(colon + 1).trim()];
	});
	const all = (name) =>
	    fields.filter((f) => f[0] === name).map((f) => f[1]);

	return { line: lines[0], word: lines[0].split(' ')[0],
	    status: Number(lines[0].split(' ')[1]),
	    all, one: (name) => all(name)[0] || '' };
}

function send(...lines) {
	socket.send([...lines, 'Content-Length: 0', '', ''].join('\r\n'));
}

function request(method, uri, call, ...more) {
	send(`${method} ${uri} SIP/2.0`,
	    `Via: SIP/2.0/WS ${here};branch=z9hG4bK${crypto.randomUUID()}`,
	    `From: <sip:${user}@${domain}>;tag=1`, `To: ${call.to}`,
	    `Call-ID: ${call.id}`, `CSeq: ${call.cseq} ${method}`,
	    'Max-Forwards: 70', ...more);
}

function answer(message, line, ...more) {
	const to = message.one('to');

	send(`SIP/2.0 ${line}`, ...message.all('via').map((v) => `Via: ${v}`),
	    ...message.all('record-route').map((r) => `Record-Route: ${r}`),
	    `From: ${message.one('from')}`,
	    `To: ${to}${to.includes(';tag=') ? '' : ';tag=2'}`,
	    `Call-ID: ${message.one('call-id')}`,
	    `CSeq: ${message.one('cseq')}`, ...more);
}

// ---- Register (RFC 3261 section 22, RFC 8760)

const registration = { id: crypto.randomUUID(), cseq: 0,
    to: `<sip:${user}@${domain}>` };

function register(...more) {
	registration.cseq++;
	request('REGISTER', `sip:${domain}`, registration,
	    `Contact: ${contact}${instance}`, 'Expires: 600', ...more);
}

function credentials(challenge) {
	const of = (name) => new RegExp(`${name}="([^"]*)"`).exec(challenge)[1];
	const hash = (s) => crypto.createHash('sha256').update(s).digest('hex');
	const a1 = hash(`${user}:${of('realm')}:secret`);
	const a2 = hash(`REGISTER:sip:${domain}`);

	return `Authorization: Digest username="${user}", ` +
	    `realm="${of('realm')}", nonce="${of('nonce')}", ` +
	    `uri="sip:${domain}", algorithm=SHA-256, qop=auth, nc=00000001, ` +
	    'cnonce="c", response="' +
	    hash(`${a1}:${of('nonce')}:00000001:c:auth:${a2}`) + '"';
}

function registering(response) {
	// Asked again, where a host was too slow and another got it.
	if (response.status === 401 && registration.cseq < 4)
		return register(credentials(response.all('www-authenticate')
		    .find((challenge) => challenge.includes('SHA-256'))));
	if (response.status !== 200)
		return say(response.line);
	say('registered');
	if (callee)
		invite();
}

// ---- Call

const call = { id: crypto.randomUUID(), cseq: 1, to: `<${callee}>` };

function invite() {
	request('INVITE', callee, call, `Contact: ${contact}`);
}

function calling(response) {
	const routes = response.all('record-route').reverse()
	    .map((route) => `Route: ${route}`);
	const target = /<([^>]*)>/.exec(response.one('contact'));

	if (response.status < 200)
		return;
	if (response.one('cseq').endsWith(' BYE')) {
		say(response.status === 200 ? 'ended' : response.line);
		return socket.close();
	}
	if (response.status !== 200) {
		say(response.line);
		return socket.close();
	}
	say('answered');
	call.to = response.one('to');
	request('ACK', target[1], call, ...routes);
	call.cseq++;
	request('BYE', target[1], call, ...routes);
}

// ---- Be called

let ringing;

function called(message) {
	switch (message.word) {
	case 'INVITE':
		answer(message, '180 Ringing', `Contact: ${contact}`);
		if (message.one('subject') === 'ring')
			ringing = message;
		else
			answer(message, '200 OK', `Contact: ${contact}`);
		return;
	case 'CANCEL':
		answer(message, '200 OK');
		answer(ringing, '487 Request Terminated');
		return say('cancelled');
	case 'ACK':
		return say('acknowledged');
	default:
		answer(message, '200 OK');
		return say(message.word);
	}
}

socket.on('open', () => register());
socket.on('error', (error) => say(String(error)));
socket.on('close', () => process.exit(0));
socket.on('message', (octets) => {
	const message = parse(String(octets));

	if (message.word !== 'SIP/2.0')
		called(message);
	else if (message.one('call-id') === registration.id)
		registering(message);
	else
		calling(message);
});
