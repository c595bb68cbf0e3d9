// The script of a page that sends requests without a library.
const request = (...args) => (window.fingerpost?.fetch ?? fetch)(...args);
const replace = async (target, response) => {
  if (!response.ok && response.status !== 422) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  document.querySelector(target).replaceWith(page.querySelector(target));
};
document.querySelector('#get').onclick = async () => replace('#target', await request('/fragment'));
document.querySelector('#post').onclick = async () => replace('#target', await request('/sent', { method: 'POST' }));
document.addEventListener('submit', async (event) => {
  if (event.target.id !== 'comment') return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(event.target));
  replace('#comment', await request('/mistakes', { method: 'POST', body }));
});
