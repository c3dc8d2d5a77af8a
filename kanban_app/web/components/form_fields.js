// Writing into the fields of a form that belong to the browser.

/** What a field of several words listens for: an event of this name on its hidden input, with the new entries. */
export const SET = "kanban-set";

const type = (field, value) => {
  field.value = value;
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
};

const GROUPS = {
  stages: (form, value) => {
    for (const box of form.querySelectorAll('input[name^="stage-"]')) box.checked = value.includes(box.name.slice(6));
  },
  stage_models: (form, value) => {
    for (const field of form.querySelectorAll('select[name^="model-"]')) type(field, value[field.name.slice(6)] ?? "");
  },
};

/** Put a value into the field, or the group of fields, of that name. */
export const setField = (form, name, value) => {
  if (name in GROUPS) {
    GROUPS[name](form, value);
    return;
  }
  const field = form.elements.namedItem(name);
  if (!field) return;
  if (Array.isArray(value)) field.dispatchEvent(new CustomEvent(SET, { detail: value }));
  else type(field, value);
};
