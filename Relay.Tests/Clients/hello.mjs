import WebSocket from 'ws';

const socket = new WebSocket(`${process.env.RELAY_URL ?? 'ws://127.0.0.1:8080'}/ws?user_id=alice`);
const send = (message) => socket.send(JSON.stringify(message));
socket.on('message', (text) => {
  const frame = JSON.parse(text);
  console.log(JSON.stringify(frame));
  if (frame.type === 'welcome') send({ type: 'session_set_state', request_id: '1', data: { state: { theme: 'dark' } } });
  if (frame.type === 'session_state_set') send({ type: 'session_get_state', request_id: '2' });
  if (frame.type === 'session_state') send({ type: 'echo_say', request_id: '3', data: 'goodbye' });
  if (frame.type === 'echo_said') socket.close();
});
