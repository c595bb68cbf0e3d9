import { weight } from './weight.js';

const output = document.querySelector('output');

document.querySelector('ul').addEventListener('change', () => {
  const packed = document.querySelectorAll('input:checked');
  output.textContent = weight([...packed].map((input) => Number(input.value)));
});
