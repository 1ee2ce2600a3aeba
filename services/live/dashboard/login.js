// @ts-check
const form = /** @type {HTMLFormElement} */ (document.querySelector('#login'));
const token = /** @type {HTMLInputElement} */ (document.querySelector('#token'));
const failure = /** @type {HTMLElement} */ (document.querySelector('#failure'));

async function logIn() {
  failure.textContent = '';
  try {
    const answer = await fetch('/login', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token: token.value }),
    });
    if (answer.ok) return location.assign('/');
    failure.textContent = answer.status === 429 ? 'Too many tries: wait a minute.' : 'That is not the token.';
  } catch {
    failure.textContent = 'The service does not answer: try again in a moment.';
  }
  token.select();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void logIn();
});
