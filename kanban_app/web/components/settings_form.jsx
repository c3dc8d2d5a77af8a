// The form of the settings page: two buttons that send the same fields to two handlers.

/** A new `edition` builds the form anew. A button with `data-fill` and `data-value` writes into the field of that name. */
export function SettingsForm({ edition, onSave, onTest, children }) {
  const onSubmit = (event) => {
    event.preventDefault();
    const fields = Object.fromEntries(new FormData(event.currentTarget));
    (event.nativeEvent.submitter?.value === "test" ? onTest : onSave)(fields);
  };
  const onClick = (event) => {
    const button = event.target.closest("[data-fill]");
    if (!button) return;
    const field = event.currentTarget.elements.namedItem(button.dataset.fill);
    field.value = button.dataset.value;
    field.focus();
  };
  return (
    <form key={edition} className="settings-form" noValidate onSubmit={onSubmit} onClick={onClick}>
      {children}
    </form>
  );
}
