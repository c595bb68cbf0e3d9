document.querySelector('#host').attachShadow({ mode: 'open', delegatesFocus: true }).append(document.createElement('input'));
