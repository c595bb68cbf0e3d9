// Calls a function now and after each change of the form.
export const onChange = (form, update) => {
  form.addEventListener("input", update);
  update();
};
