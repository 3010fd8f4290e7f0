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

let stream = null;
let timer = null;
let isFetching = false;
let isAsked = false;

function showLive(on, words) {
  live.dataset.on = on;
  live.textContent = words;
}

function listen() {
  stream = new EventSource('/events');
  // What happened before we listened, or while nobody did, is not told again.
  stream.onopen = () => {
    showLive('yes', 'live');
    renewSoon();
  };
  stream.onmessage = ({ data }) => {
    const { incidents, halt } = JSON.parse(data);
    if (about === 'all' || halt || incidents.some(({ id }) => id === about)) renewSoon();
  };
  stream.onerror = () => {
    // The browser tries again by itself, unless it was refused.
    const isRefused = stream.readyState === EventSource.CLOSED;
    showLive('no', isRefused ? 'not live: load the page again' : 'not live: trying again');
  };
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
    const response = await fetch(location.href, { headers: { accept: 'text/html' } });
    if (response.redirected) return showLive('no', 'not live: log in again');
    if (!response.ok) throw new Error(`the responder answered ${response.status}`);
    take(new DOMParser().parseFromString(await response.text(), 'text/html'));
    showLive('yes', 'live');
  } catch {
    showLive('no', 'not live: trying again');
    isAsked = true;
  } finally {
    isFetching = false;
    if (isAsked) timer = setTimeout(renew, PAUSE_MS * 5);
  }
}

/** Section by section, so that whoever reads, types or has opened something is not disturbed by what has not changed. */
function take(fresh) {
  const next = fresh.querySelector('main');
  const focused = document.activeElement;
  const wanted = [...next.children].map((section) => kept(section) ?? withOpen(section));
  wanted.forEach((section, i) => {
    if (main.children[i] !== section) main.insertBefore(section, main.children[i] ?? null);
  });
  while (main.children.length > wanted.length) main.lastElementChild.remove();
  document.title = fresh.title;
  if (next.dataset.said !== main.dataset.said) said.textContent = next.dataset.said;
  main.dataset.said = next.dataset.said;
  // Whoever was on a link in a section that is new now stays on it.
  if (focused?.id && !focused.isConnected) document.getElementById(focused.id)?.focus();
  else if (focused?.href && !focused.isConnected)
    main.querySelector(`a[href="${CSS.escape(focused.getAttribute('href'))}"]`)?.focus();
  ready(main);
}

/** The section that stands there, where it is the same or somebody is writing in it. */
function kept(section) {
  const old = section.id && document.getElementById(section.id);
  if (!old) return null;
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

/** A summary by its words and the item that it stands in. */
function nameOf(summary) {
  return `${summary.closest('[id]')?.id} ${summary.textContent}`;
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
    if (document.hidden) stream?.close();
    else listen();
  });
  if (!document.hidden) listen();
}
