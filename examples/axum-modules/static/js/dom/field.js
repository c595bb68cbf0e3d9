export const textOf = (form, name) => form.elements[name].value;

export const numberOf = (form, name) => Number(textOf(form, name));
