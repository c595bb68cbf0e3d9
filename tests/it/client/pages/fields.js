const add = (id, field) => document.querySelector(id).attachShadow({ mode: 'open', delegatesFocus: true }).append(field);
add('#host', document.createElement('input'));
add('#choice-host', Object.assign(document.createElement('input'), { type: 'checkbox' }));
