import { distance, other } from './units.js';

const button = document.querySelector('#units');
if (button) {
  let unit = 'km';
  button.hidden = false;
  button.addEventListener('click', () => {
    button.textContent = `Show ${unit}`;
    unit = other(unit);
    for (const cell of document.querySelectorAll('[data-km]')) {
      cell.textContent = distance(cell.dataset.km, unit);
    }
  });
}
