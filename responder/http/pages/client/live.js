/**
 * Keeps a page as it is now. The server makes every page whole; whoever has no scripts loads it again. Here, a page that hears
 * of itself by server-sent events is fetched anew, and those of its sections that have changed take the place of the old ones.
 */
const main = document.querySelector('main');
const said = document.getElementById('said');
const live = document.getElementById('live');
/** `all`, or the id of the one incident that the page is about. */
const about = document.body.dataset.live;
const FOR_NAME = 'aegisops.name';
/** Renewed at most so often, in ms: a storm of incidents is not a storm of requests. */
const PAUSE_MS = 400;
/** And at least so often while somebody looks: that a time has run out is no event. */
const ANEW_MS = 60_000;
/** The server gives a sign of life every 15 s. */
const SILENCE_MS = 40_000;
/** The browser itself does not ask again where it was refused. */
const REFUSED_MS = 10_000;
const FETCH_MS = 10_000;
/** Buttons that have just appeared cannot be what somebody meant to press. */
const UNREAD_MS = 2_000;

let stream = null;
let silence = null;
let again = null;
let timer = null;
let isFetching = false;
let isAsked = false;

function showLive(on, words) {
  live.dataset.on = on;
  live.textContent = words;
}

function listen() {
  leave();
  stream = new EventSource('/events');
  hear();
  // What happened before we listened, or while nobody did, is not told again.
  stream.onopen = () => {
    hear();
    renewSoon();
  };
  stream.onmessage = ({ data }) => {
    hear();
    const { incidents, halt } = JSON.parse(data);
    if (about === 'all' || halt || incidents.some(({ id }) => id === about)) renewSoon();
  };
  stream.addEventListener('beat', hear);
  stream.onerror = () => {
    showLive('no', 'not live: trying again');
    if (stream.readyState !== EventSource.CLOSED) return; // the browser tries again by itself
    again = setTimeout(listen, REFUSED_MS);
    renewSoon(); // tells whether one has to log in
  };
}

function leave() {
  stream?.close();
  stream = null;
  clearTimeout(silence);
  clearTimeout(again);
}

/** A connection can be dead for hours before anybody is told. */
function hear() {
  clearTimeout(silence);
  silence = setTimeout(() => {
    showLive('no', 'not live: trying again');
    listen();
  }, SILENCE_MS);
}

function renewSoon() {
  isAsked = true;
  if (timer === null && !isFetching) timer = setTimeout(renew, PAUSE_MS);
}

async function renew() {
  timer = null;
  isAsked = false;
  isFetching = true;
  try {
    const response = await fetch(location.href, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(FETCH_MS),
    });
    if (response.redirected) {
      leave();
      return showLive('no', 'not live: log in again');
    }
    if (!response.ok) throw new Error(`the responder answered ${response.status}`);
    take(new DOMParser().parseFromString(await response.text(), 'text/html'));
    if (stream?.readyState === EventSource.OPEN) showLive('yes', 'live');
  } catch {
    showLive('no', 'not live: trying again');
    isAsked = true;
  } finally {
    isFetching = false;
    if (isAsked && !document.hidden) timer = setTimeout(renew, PAUSE_MS * 5);
  }
}

/** Section by section, so that whoever reads, types or has opened something is not disturbed by what has not changed. */
function take(fresh) {
  const next = fresh.querySelector('main');
  const focused = document.activeElement;
  const [before, now] = [hashIn(main), hashIn(next)];
  const wanted = [...next.children].map((section) => kept(section) ?? withOpen(section));
  // What is kept is never moved: it would lose the focus. Sections stand in the same order on every version of a page.
  for (const section of [...main.children]) if (!wanted.includes(section)) section.remove();
  wanted.forEach((section, i) => {
    if (main.children[i] !== section) main.insertBefore(section, main.children[i] ?? null);
  });
  document.title = fresh.title;
  if (next.dataset.said !== main.dataset.said) said.textContent = next.dataset.said;
  main.dataset.said = next.dataset.said;
  if (now && now !== before) holdBack(document.getElementById('question'), before !== undefined);
  if (focused && !focused.isConnected) focusAgain(focused);
  ready(main);
}

/** Of the action that is asked about, if any is. */
function hashIn(root) {
  return root.querySelector('#question input[name=hash]')?.value;
}

/** A question that comes, or takes the place of another, under somebody's pointer cannot be answered before it can be read. */
function holdBack(question, isAnother) {
  const buttons = question.querySelectorAll('button');
  for (const button of buttons) button.disabled = true;
  setTimeout(() => {
    for (const button of buttons) button.disabled = false;
  }, UNREAD_MS);
  if (!isAnother) return;
  const words = 'The question has changed: this is another one than a moment ago.';
  const note = document.createElement('p');
  note.className = 'lead';
  note.textContent = words;
  question.querySelector('h2').after(note);
  said.textContent = words;
}

/** The section that stands there, where it is the same or somebody is writing in it. */
function kept(section) {
  const old = section.id && document.getElementById(section.id);
  if (!old) return null;
  if (section.id === 'question' && hashIn(main) !== hashIn(section.parentElement)) return null;
  const isWriting = [...old.querySelectorAll('input:not([type=hidden])')].some(
    (input) => input === document.activeElement || input.value !== input.defaultValue,
  );
  const isSame = old.dataset.was === section.outerHTML;
  // Not once there is nothing left to answer: then what is written has nowhere to go.
  return isSame || (isWriting && section.querySelector('form')) ? old : null;
}

function withOpen(section) {
  const was = section.outerHTML;
  const old = section.id && document.getElementById(section.id);
  const open = new Set([...(old ? old.querySelectorAll('details[open] > summary') : [])].map(nameOf));
  for (const summary of section.querySelectorAll('summary'))
    if (open.has(nameOf(summary))) summary.parentElement.open = true;
  section.dataset.was = was;
  return document.importNode(section, true);
}

/** Whoever was on something that is new now stays on it. */
function focusAgain(element) {
  const name = nameOf(element);
  const same = [...main.querySelectorAll(element.localName)].find((one) => nameOf(one) === name);
  same?.focus({ preventScroll: true });
}

/** What one can be on, by its words, where it leads, and the item that it stands in. */
function nameOf(element) {
  const { form } = element;
  const leads = element.getAttribute('href') ?? form?.getAttribute('action');
  const answer = form?.querySelector('input[name=decision]')?.value;
  return [element.closest('[id]')?.id, leads, answer, element.name, element.textContent].join(' ');
}

/** Times in the reader's own zone on hovering, and the name that they gave last. */
function ready(root) {
  for (const time of root.querySelectorAll('time[datetime]'))
    time.title = new Date(time.dateTime).toLocaleString(undefined, {
      dateStyle: 'medium',
      timeStyle: 'long',
    });
  const name = localStorage.getItem(FOR_NAME);
  for (const input of root.querySelectorAll('input[name=by]'))
    if (name && input.value === '') {
      input.value = name;
      input.defaultValue = name;
    }
}

document.addEventListener('submit', ({ target }) => {
  const name = target.elements.by?.value;
  if (name) localStorage.setItem(FOR_NAME, name);
});
// Paper opens nothing.
addEventListener('beforeprint', () => {
  for (const details of main.querySelectorAll('details')) details.open = true;
});

for (const section of main.children) section.dataset.was = section.outerHTML;
ready(document);
if (about) {
  // A browser has few connections to a server: a page that nobody sees holds none.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) leave();
    else listen();
  });
  setInterval(() => {
    if (stream) renewSoon();
  }, ANEW_MS);
  if (!document.hidden) listen();
}
