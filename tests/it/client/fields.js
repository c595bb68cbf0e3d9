document.querySelector('#host').attachShadow({ mode: 'open' }).append(document.createElement('input'));
