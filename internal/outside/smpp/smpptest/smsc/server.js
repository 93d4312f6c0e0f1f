// An SMSC for the tests: the npm package smpp, which does as it is told in lines of JSON and says in lines of JSON what it sees.
// It listens on a port of its own choice at 127.0.0.1, and ends when its standard input does.
const smpp = require('smpp');

const say = event => process.stdout.write(JSON.stringify(event) + '\n');
const hex = bytes => (Buffer.isBuffer(bytes) ? bytes.toString('hex') : undefined);

// The octets of each PDU stay with it: the package makes a Date of a validity period and an array of a user data header.
// They cannot be enumerated, for the package goes over what can.
const { fromBuffer } = smpp.PDU.prototype;
smpp.PDU.prototype.fromBuffer = function (octets) {
  Object.defineProperty(this, 'raw', { value: octets });
  return fromBuffer.call(this, octets);
};

function rawSubmit(octets) {
  let at = 16;
  const text = () => { const end = octets.indexOf(0, at), s = octets.toString('latin1', at, end); at = end + 1; return s; };
  const byte = () => octets[at++];
  return { service_type: text(), src_ton: byte(), src_npi: byte(), src: text(), dst_ton: byte(), dst_npi: byte(), dst: text(), esm_class: byte(),
    protocol_id: byte(), priority: byte(), schedule: text(), validity: text(), registered_delivery: byte(), replace: byte(), data_coding: byte(),
    default_id: byte(), length: byte() };
}

// What is done; {"cmd":"set",...} changes any of it.
const is = {
  bind: 0, bindBody: false, bindSilent: false, dropAfterBind: '', password: '', // a status; '' is any password
  submit: 'ok', status: smpp.ESME_RTHROTTLED, count: 0, delay: 0, // of submit: ok, refuse, nack, silent, hold, drop, mix; for count messages, then ok
  mix: {}, seed: 1, // of mix: how often of once a message is throttled, dropped, takenDropped, late, silent
  ids: 'm', lastID: 0, hex: false, // how ids begin, the last one's number; in hexadecimal digits, and decimal in receipts
  receipt: '', receiptFirst: false, tlv: true, text: true, // what receipts say, '' is none
  enquire: true, unbind: true, // are answered
};
const sessions = new Map(), parts = new Map();
let lastSession = 0, held = [];

const drop = (session, how) => ({ rst: () => session.socket.resetAndDestroy(), end: () => session.socket.end() })[how || 'rst']();
const STATES = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };

function receipt(session, id, stat, more = {}) {
  const text = `id:${is.hex ? parseInt(id, 16).toString().padStart(10, '0') : id} sub:001 dlvrd:001 submit date:2611271200 done date:2611271201 stat:${stat} err:${more.err || '000'} text:stat:EXPIRED`;
  const pdu = { source_addr_ton: 1, source_addr_npi: 1, source_addr: more.from || '', dest_addr_ton: 5, dest_addr_npi: 0, destination_addr: more.to || '',
    esm_class: 4, data_coding: 0, short_message: is.text ? text : '' };
  if (is.tlv) Object.assign(pdu, { receipted_message_id: id, message_state: STATES[stat] });
  session.deliver_sm(pdu, answer => say({ ev: 'receipt_answer', id, status: answer.command_status }));
}

function accept(session, pdu, id) {
  const tell = () => is.receipt && receipt(session, id, is.receipt, { from: pdu.destination_addr, to: pdu.source_addr });
  if (is.receiptFirst) tell();
  setTimeout(() => {
    session.send(pdu.response({ message_id: id }));
    if (!is.receiptFirst) tell();
  }, is.delay);
}

// The package sends no body with a status. Some SMSCs do.
function refuse(session, pdu, status, body) {
  const octets = Buffer.concat([pdu.response({ command_status: status }).toBuffer(), Buffer.from(body ? [0] : [])]);
  octets.writeUInt32BE(octets.length, 0);
  session.socket.write(octets);
}

function random() { // mulberry32
  let t = (is.seed = (is.seed + 0x6D2B79F5) | 0);
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}

function whatToDo() {
  if (is.submit !== 'mix') return is.submit;
  let r = random();
  for (const how of Object.keys(is.mix)) if ((r -= is.mix[how]) < 0) return how;
  return 'ok';
}

function put(session, pdu) {
  const sm = pdu.short_message || {}, payload = pdu.message_payload, raw = rawSubmit(pdu.raw), how = whatToDo();
  const number = ++is.lastID, id = is.hex ? (0xA0 + number).toString(16).toUpperCase() : is.ids + number;
  const has = ['ok', 'hold', 'silent', 'late', 'takenDropped'].includes(how);
  if (is.count > 0 && --is.count === 0) is.submit = 'ok';
  const udh = (sm.udh || []).map(hex);
  say({ ev: 'submit', session: session.id, number: pdu.sequence_number, how, has, id, ...raw, udh, text: sm.message, payload: payload && payload.message });
  if (has) assemble(raw, sm, payload);
  const dos = {
    ok: () => accept(session, pdu, id),
    hold: () => held.push([session, pdu, id]),
    silent: () => {},
    late: () => setTimeout(() => accept(session, pdu, id), 1500),
    refuse: () => refuse(session, pdu, is.status, is.bindBody),
    throttled: () => refuse(session, pdu, smpp.ESME_RTHROTTLED),
    nack: () => session.send(new smpp.PDU('generic_nack', { sequence_number: pdu.sequence_number, command_status: is.status })),
    drop: () => drop(session), dropped: () => drop(session), takenDropped: () => drop(session),
  };
  dos[how]();
}

// What a telephone shows: parts are put together by the header of each.
function assemble(raw, sm, payload) {
  const element = (sm.udh || []).find(e => e[0] === 0 || e[0] === 8);
  if (!element) return say({ ev: 'message', dst: raw.dst, text: payload ? payload.message : sm.message || '' });
  const wide = element[0] === 8, [total, n] = element.slice(wide ? 4 : 3), key = [raw.src, raw.dst, hex(element.slice(2, wide ? 4 : 3)), total].join();
  const all = parts.get(key) || parts.set(key, []).get(key);
  all[n - 1] = sm.message;
  if (all.filter(p => p !== undefined).length < total) return undefined;
  parts.delete(key);
  return say({ ev: 'message', dst: raw.dst, text: all.join('') });
}

const server = smpp.createServer(session => {
  session.id = ++lastSession;
  sessions.set(session.id, session);
  session.on('error', error => say({ ev: 'error', session: session.id, error: String(error.code || error.message) })); // without it node ends
  session.on('close', () => { sessions.delete(session.id); say({ ev: 'close', session: session.id }); });
  for (const kind of ['bind_transceiver', 'bind_transmitter', 'bind_receiver']) {
    session.on(kind, pdu => {
      say({ ev: 'bind', session: session.id, kind, system_id: pdu.system_id, password: pdu.password, system_type: pdu.system_type, version: pdu.interface_version });
      if (is.bindSilent) return;
      const status = is.password && pdu.password !== is.password ? smpp.ESME_RINVPASWD : is.bind;
      if (status) { refuse(session, pdu, status, is.bindBody); session.close(); return; }
      session.bound = kind;
      session.send(pdu.response({ system_id: 'npm-smpp' }));
      if (is.dropAfterBind) drop(session, is.dropAfterBind);
    });
  }
  session.on('submit_sm', pdu => put(session, pdu));
  session.on('enquire_link', pdu => { say({ ev: 'enquire_link', session: session.id }); if (is.enquire) session.send(pdu.response()); });
  session.on('unbind', pdu => { say({ ev: 'unbind', session: session.id }); if (is.unbind) { session.send(pdu.response()); session.close(); } });
  for (const ev of ['unbind_resp', 'enquire_link_resp', 'generic_nack']) session.on(ev, pdu => say({ ev, session: session.id, status: pdu.command_status }));
});

const all = () => [...sessions.values()];
const hears = () => all().filter(s => s.bound && s.bound !== 'bind_transmitter').slice(-1);
const commands = {
  set: ({ cmd, ref, ...what }) => { for (const k in what) if (!(k in is)) throw Error('no setting ' + k); Object.assign(is, what); },
  release: () => { const h = held; held = []; h.forEach(([session, pdu, id]) => accept(session, pdu, id)); },
  receipt: c => hears().forEach(s => receipt(s, c.id, c.stat, c)),
  deliver: c => hears().forEach(s => s.deliver_sm(c.pdu, answer => say({ ev: 'deliver_answer', status: answer.command_status }))),
  drop: c => all().forEach(s => drop(s, c.how)),
  unbind: () => all().forEach(s => s.unbind()), enquire: () => all().forEach(s => s.enquire_link()),
  pause: () => all().forEach(s => s.pause()), resume: () => all().forEach(s => s.resume()),
  stop: () => { server.close(); all().forEach(s => s.socket.destroy()); }, start: () => listen(port),
};
let port = 0;
const listen = at => server.listen(at, '127.0.0.1', () => { port = server.address().port; say({ ev: 'listening', port }); });
server.on('error', error => say({ ev: 'error', error: error.code }));
require('readline').createInterface({ input: process.stdin }).on('line', line => {
  const c = JSON.parse(line);
  try { commands[c.cmd](c); say({ ev: 'done', ref: c.ref }); } catch (error) { say({ ev: 'failed', ref: c.ref, error: error.message }); }
}).on('close', () => process.exit(0));
listen(0);
