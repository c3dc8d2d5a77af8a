// A new token, as long as somebody copies it. The server cannot tell a page that has its socket back from one that is
// loaded anew, which shall not show it: so it is kept here, in the memory of the page that has asked for it.
import { useState } from "react";
import { isOfThisPage } from "./settings_form.jsx";

/** The `secret` of the token `named`, which came of the operation `made`, until its person says to have it. */
export function NewToken({ secret, named, made, onForget }) {
  const [kept, setKept] = useState(null);
  if (secret && kept?.made !== made && isOfThisPage(made)) setKept({ secret, named, made });
  if (!kept?.secret) return null;
  const onClick = () => {
    setKept({ made: kept.made });
    onForget();
  };
  return (
    <div role="status" className="finding" data-kind="good">
      <strong>The token “{kept.named}”. Copy it now: it is not shown again.</strong>
      <code className="token-secret" data-testid="token-secret">
        {kept.secret}
      </code>
      <button type="button" className="button small" onClick={onClick}>
        I have it
      </button>
    </div>
  );
}
